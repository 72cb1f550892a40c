"""Which limit is in force when, and since when it could be known."""

from datetime import datetime
from math import inf
from zoneinfo import ZoneInfo

from localctl.simulate.in_force import ALWAYS, Amount, InForce, Said
from tests.localctl.simulate.sites import config, station

TEXT = (
    '[[panel]]\nid = "main"\nphases = "RS"\nfuse_a = [80, 63, 80]\nlimit_a = 70\n'
    'schedule = [{ start = "17:00", end = "20:00", days = ["mon"], limit_a = 40 },'
    ' { start = "22:00", end = "06:00", days = ["mon"], limit_w = 5000 }]\n'
    + station(evses="{ id = 1, phases = [1, 2], max_a = 32 }")
)
SOURCE = '[[limit_source]]\nname = "ems"\nstale_after_s = 300\nfallback_a = { main = 20 }\n'
L1 = ("main", "L1")


def at(clock, day=1):
    hour, minute = clock.split(":")
    return datetime(2026, 6, day, int(hour), int(minute), tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


def test_fuses_are_where_the_panel_has_phases():
    limits = InForce(config(TEXT))
    assert [limits.fuse(("main", line)) for line in ("L1", "L2", "L3", "W")] == [80, 63, None, None]
    assert limits.bound(("main", "L3"), at("18:00")) is None


def test_a_schedule_holds_from_its_first_minute_to_its_last_in_local_time():
    limits = InForce(config(TEXT))
    values = [limits.bound(L1, at(clock)).value for clock in ("16:59", "17:00", "19:59", "20:00")]
    assert values == [70, 40, 40, 70]
    assert limits.bound(L1, at("18:00")).known_at == ALWAYS


def test_a_schedule_over_midnight_ends_on_a_day_that_it_does_not_name():
    limits = InForce(config(TEXT))
    spot = ("main", "W")
    assert [limits.bound(spot, at(*moment)) is not None for moment in (
        ("21:59", 1), ("22:00", 1), ("05:59", 2), ("06:00", 2), ("22:00", 2),
    )] == [False, True, True, False, False]  # fmt: skip


def test_the_next_change_is_the_next_hour_of_a_schedule():
    assert InForce(config(TEXT)).next_change(at("12:00")) == at("17:00")
    assert InForce(config(TEXT)).next_change(at("17:00")) == at("20:00")


def test_a_fallback_holds_until_its_source_speaks_and_again_when_it_is_silent():
    limits, now = InForce(config(TEXT + SOURCE)), at("12:00")
    assert limits.bound(L1, now).value == 20
    limits.put("ems", "main", Said(amount=Amount(amps=(50, 50, 50)), said_at=now))
    assert limits.bound(L1, now + 299).value == 50
    assert limits.bound(L1, now + 300).value == 20
    assert limits.bound(L1, now + 300).known_at == now + 300
    assert limits.next_change(now) == now + 300


def test_the_end_of_a_limit_was_known_when_it_was_put():
    limits, now = InForce(config(TEXT + SOURCE)), at("12:00")
    limits.put("ems", "main", Said(amount=Amount(amps=(50, 50, 50)), said_at=now, expires_at=now + 60))
    assert limits.bound(L1, now + 60) == limits.bound(L1, now + 90)
    assert (limits.bound(L1, now + 60).value, limits.bound(L1, now + 60).known_at) == (20, now)


def test_what_is_taken_back_limits_nothing_until_the_source_is_stale():
    limits, now = InForce(config(TEXT + SOURCE)), at("12:00")
    limits.put("ems", "main", Said(amount=Amount(), said_at=now))
    assert limits.bound(L1, now).value == 70
    assert limits.bound(L1, now + 300).value == 20


def test_a_stranger_may_limit_too_and_is_never_stale():
    limits, now = InForce(config(TEXT)), at("12:00")
    limits.put("someone", "main", Said(amount=Amount(amps=(1, 2, 3)), said_at=now))
    assert limits.bound(("main", "L2"), now + 1e6).value == 2


def test_a_panel_without_limits_changes_never():
    assert InForce(config('[[panel]]\nid = "main"\nfuse_a = 40\n' + station())).next_change(0) == inf
