"""Limits by the clock on the wall: over midnight, at weekends, and when the clocks change."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from localctl.charging.limiting.limits import Cap, words
from localctl.charging.limiting.timetable import Hours, source_of

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = Hours(
    name="evening peak",
    node=("panel", "main"),
    start=time(17),
    end=time(20),
    days=frozenset(range(5)),
    cap=Cap(a=(20.0, 20.0, 20.0)),
)


def limit_at(hours: Hours, *when: int, zone: ZoneInfo = BERLIN) -> float | None:
    """What the entry says on L1 at a local time, seen from noon of that day."""
    moment = datetime(*when, tzinfo=zone)
    noon = moment.replace(hour=12, minute=0).timestamp()
    at = moment.timestamp()
    source = source_of(hours, zone, noon, 86_400.0)
    return next(word.cap.a[0] for word in words(source, noon) if word.since <= at < word.until)


def test_it_holds_at_its_hours_and_not_outside():
    assert limit_at(EVENING, 2026, 11, 23, 16, 59) is None
    assert limit_at(EVENING, 2026, 11, 23, 17, 0) == 20.0
    assert limit_at(EVENING, 2026, 11, 23, 19, 59) == 20.0
    assert limit_at(EVENING, 2026, 11, 23, 20, 0) is None


def test_it_holds_on_its_days_only():
    assert limit_at(EVENING, 2026, 11, 22, 18, 0) is None  # a Sunday


def test_over_midnight_it_belongs_to_the_day_it_began():
    night = Hours(
        name="night", node=("panel", "main"), start=time(22), end=time(6), days=frozenset({5}), cap=EVENING.cap
    )
    assert limit_at(night, 2026, 11, 21, 23, 0) == 20.0  # Saturday evening
    assert limit_at(night, 2026, 11, 22, 5, 59) == 20.0  # Sunday morning
    assert limit_at(night, 2026, 11, 22, 22, 30) is None


def test_all_day_every_day_has_no_gap_at_midnight():
    always = Hours(
        name="contract", node=("panel", "main"), start=time(0), end=time(0), days=frozenset(range(7)), cap=EVENING.cap
    )
    now = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    source = source_of(always, BERLIN, now, 86_400.0)
    spoken = [word for word in words(source, now) if now - 3600 < word.until and word.since < now + 86_400]
    assert {word.cap.a[0] for word in spoken} == {20.0}


def test_17_hours_is_17_hours_on_the_wall_in_summer_and_winter():
    for month, utc_hour in ((1, 16), (7, 15)):
        day = datetime(2026, month, 15, 12, tzinfo=UTC).timestamp()
        source = source_of(EVENING, BERLIN, day, 86_400.0)
        begins = [datetime.fromtimestamp(step.at, UTC).hour for step in source.steps if step.cap.a[0]]
        assert set(begins) == {utc_hour}


def test_an_hour_that_is_skipped_in_spring_does_not_lose_the_limit():
    early = Hours(
        name="early", node=("panel", "main"), start=time(2, 30), end=time(4), days=frozenset({6}), cap=EVENING.cap
    )
    assert limit_at(early, 2026, 3, 29, 3, 45) == 20.0


def test_a_window_inside_the_skipped_hour_keeps_what_is_real_of_it():
    inside = Hours(
        name="inside", node=("panel", "main"), start=time(2, 30), end=time(3, 30), days=frozenset({6}), cap=EVENING.cap
    )
    assert limit_at(inside, 2026, 3, 29, 3, 15) == 20.0


def test_an_hour_that_comes_twice_is_limited_both_times():
    autumn = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN)
    night = Hours(name="n", node=("panel", "main"), start=time(2), end=time(3), days=frozenset({6}), cap=EVENING.cap)
    source = source_of(night, BERLIN, autumn.replace(hour=1).timestamp(), 86_400.0)
    for fold in (0, 1):
        at = autumn.replace(fold=fold).astimezone(UTC).timestamp()
        assert next(word.cap.a[0] for word in words(source, at) if word.since <= at < word.until) == 20.0
