"""What an EMS or the grid operator says, what happens when it falls silent, and what it may not say."""

import pytest

from localctl.charging.base.json_reader import BadMember
from localctl.charging.limiting.external import ExternalLimit, ExternalLimits, Rule, SourceKind
from localctl.charging.limiting.external_json import read_limit
from localctl.charging.limiting.limits import Cap, Covers, State, Step, words

MAIN = ("panel", "main")
NOON = 1_800_000_000.0
EMS = Rule(
    name="ems-1",
    kind=SourceKind.EMS,
    stale_after_s=900.0,
    fallback={MAIN: Cap(a=(16.0, 16.0, 16.0))},
)
RULES = {EMS.name: EMS}


def amps_at(limits: ExternalLimits, instant: float) -> list[tuple[str, float | None, State]]:
    """What every source says about L1 of the main panel at an instant."""
    found = []
    for source in limits.sources(instant):
        word = next(word for word in words(source, instant) if word.since <= instant < word.until)
        found.append((source.name, word.cap.a[0], word.state))
    return found


def put(limits: ExternalLimits, body: dict[str, object], now: float = NOON) -> ExternalLimit:
    limit = read_limit(body, MAIN, limits.rules, now)
    limits.put(limit)
    return limit


def test_k11_a_value_holds_until_it_expires_and_then_the_fallback_does():
    limits = ExternalLimits([EMS])
    put(limits, {"source": "ems-1", "limit_a": 40, "expires_in_s": 600})
    assert amps_at(limits, NOON) == [("ems-1", 40.0, State.LIVE)]
    assert amps_at(limits, NOON + 599) == [("ems-1", 40.0, State.LIVE)]
    assert amps_at(limits, NOON + 600) == [("ems-1", 16.0, State.ENDED)]


def test_a_source_that_was_never_heard_stands_at_its_fallback_from_the_first_second():
    assert amps_at(ExternalLimits([EMS]), NOON) == [("ems-1", 16.0, State.STALE)]


def test_a_source_that_falls_silent_before_its_limit_ends_is_stale():
    limits = ExternalLimits([EMS])
    put(limits, {"source": "ems-1", "limit_a": 40, "expires_in_s": 3600})
    assert amps_at(limits, NOON + 900) == [("ems-1", 16.0, State.STALE)]


def test_a_source_without_a_rule_is_forgotten_when_its_limit_is_over():
    limits = ExternalLimits([])
    put(limits, {"source": "SO", "limit_a": 10, "expires_in_s": 60})
    assert amps_at(limits, NOON) == [("SO", 10.0, State.LIVE)]
    assert amps_at(limits, NOON + 60) == []
    assert limits.limits() == []


def test_k13_fr_01_withdrawing_ends_the_limit_and_is_no_silence():
    limits = ExternalLimits([EMS])
    put(limits, {"source": "EMS", "limit_a": 6, "expires_in_s": 600})
    assert limits.withdraw(MAIN, "ems-1", NOON + 10) == ["ems-1"]
    assert amps_at(limits, NOON + 11) == [("ems-1", None, State.LIVE)]
    assert amps_at(limits, NOON + 911) == [("ems-1", 16.0, State.STALE)]


def test_a_schedule_holds_step_by_step_and_limits_nothing_before_its_first():
    limits = ExternalLimits([])
    put(
        limits,
        {
            "source": "Other",
            "schedule": [
                {"start": "2027-01-15T08:01:00Z", "limit_a": [10, 20, 30]},
                {"start": "2027-01-15T08:02:00Z"},
            ],
            "expires_in_s": 3600,
        },
    )
    assert [amps_at(limits, NOON + s)[0][1] for s in (0, 59, 60, 119, 120)] == [None, None, 10.0, 10.0, None]


def test_limits_survive_a_restart():
    limits = ExternalLimits([EMS])
    put(limits, {"source": "ems-1", "limit_w": 11_000, "expires_in_s": 600, "covers": "charging"})
    again = ExternalLimits([EMS], limits.saved())
    assert again.limits() == limits.limits()
    assert again.limits()[0].covers is Covers.CHARGING
    assert again.limits()[0].steps == (Step(at=NOON, cap=Cap(w=11_000.0)),)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "request: must be an object, is a list"),
        ({}, "source: is missing"),
        ({"source": "sun"}, "source: is not known here; known are ems-1, EMS, SO, Other"),
        ({"source": "SO", "limit_a": 40}, "expires_at: is missing; say until when the limit holds (or expires_in_s)"),
        ({"source": "SO", "limit_a": 40, "expires_at": "2001-01-01T00:00:00Z"}, "expires_at: is in the past"),
        ({"source": "SO", "expires_in_s": 60}, "limit_a: is missing; give limit_a, limit_w or a schedule"),
        ({"source": "SO", "limit_a": -1, "expires_in_s": 60}, "limit_a: must not be negative, is -1"),
        ({"source": "SO", "limit_a": [1, 2], "expires_in_s": 60}, "limit_a: must be one number or three, for L1, L2"),
        ({"source": "SO", "limit_a": "40", "expires_in_s": 60}, "limit_a: must be a number, is '40'"),
        ({"source": "SO", "limit_a": float("nan"), "expires_in_s": 60}, "limit_a: must be a finite number"),
        ({"source": "SO", "limits": 4, "expires_in_s": 60}, "limits: is not known; known are covers, expires_at"),
        ({"source": "SO", "schedule": [], "expires_in_s": 60}, "schedule: must have 1 to 1024 elements, has 0"),
        (
            {"source": "SO", "schedule": [{"start": "2027-01-01T00:00:00Z"}] * 2, "expires_in_s": 60},
            "schedule[1].start: must be later than that of the step before",
        ),
        ({"source": "SO", "limit_a": 1, "expires_in_s": 60, "covers": "x"}, "covers: must be one of all, charging"),
    ],
)
def test_p6_what_is_wrong_with_a_limit_is_named(body: object, complaint: str):
    with pytest.raises(BadMember) as caught:
        read_limit(body, MAIN, RULES, NOON)
    assert str(caught.value).startswith(complaint)


def test_a_kind_with_two_sources_must_be_named():
    rules = {"a": Rule(name="a", kind=SourceKind.EMS), "b": Rule(name="b", kind=SourceKind.EMS)}
    with pytest.raises(BadMember, match="could be any of a, b; name one"):
        read_limit({"source": "EMS", "limit_a": 1, "expires_in_s": 9}, MAIN, rules, NOON)
