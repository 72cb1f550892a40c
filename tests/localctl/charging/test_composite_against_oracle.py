"""Thousands of random requests: the engine says of every second what the second-by-second evaluator says."""

import random

import pytest

from localctl.charging.composition.composite_request import calculate
from tests.localctl.charging import composite_oracle as oracle
from tests.localctl.charging.composite_requests import DAY, request


@pytest.mark.parametrize("seed", range(30))
def test_r1_to_r18_every_second_is_what_the_rules_say(seed):
    rng = random.Random(seed)
    for _ in range(100):
        asked = request(rng, span=rng.choice([12, 30, 60]))
        answer = calculate(asked)
        assert "error" not in answer, (answer, asked)
        assert answer["periods"] == oracle.schedule_of(asked), asked


@pytest.mark.parametrize("seed", range(20))
def test_r3_windows_of_days_agree_at_every_change_and_at_random_seconds(seed):
    rng = random.Random(1000 + seed)
    for _ in range(10):
        asked = request(rng, span=4 * 3600) | {"duration_s": rng.choice([1, 3, 15]) * DAY}
        periods = calculate(asked)["periods"]
        begin = oracle.seconds(asked["start"])
        changes = [period["startPeriod"] for period in periods]
        looked_at = {0, asked["duration_s"] - 1, *changes, *(at - 1 for at in changes if at)}
        looked_at |= {rng.randrange(asked["duration_s"]) for _ in range(50)}
        for at in rng.sample(sorted(looked_at), min(80, len(looked_at))):
            said = [period for period in periods if period["startPeriod"] <= at][-1]
            assert {**said, "startPeriod": 0} == {"startPeriod": 0, **oracle.at_second(asked, begin + at)}, (at, asked)


def test_the_generator_reaches_what_it_should():
    """A test that cannot fail is a defect: the random requests must hold the cases the rules are about."""
    rng = random.Random(7)
    seen = set()
    for _ in range(600):
        asked = request(rng, span=30)
        for period in calculate(asked)["periods"]:
            seen |= {asked["protocol"] + asked["unit"], "station" if asked["evseId"] == 0 else "evse"}
            seen |= {f"phases {period.get('numberPhases')}", f"use {period.get('phaseToUse')}"}
        for one in asked["profiles"]:
            seen |= {one["profile"]["chargingProfilePurpose"], one["profile"]["chargingProfileKind"]}
    assert len(seen) == 6 + 2 + 4 + 4 + 6 + 4
