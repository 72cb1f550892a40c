"""What answers mean."""

import pytest

from localctl.charging.dispatching.answers import Outcome, Verdict, outcome


def test_only_accepted_confirms():
    assert outcome("result", {"status": "Accepted"}) == Outcome(verdict=Verdict.ACCEPTED)
    assert outcome("result", {"status": "Rejected"}).verdict is Verdict.REFUSED
    assert outcome("result", {"status": "NotSupported"}).verdict is Verdict.REFUSED


def test_k01_fr56_a_rate_limit_is_told_apart():
    told = outcome("result", {"status": "Rejected", "statusInfo": {"reasonCode": "RateLimitExceeded"}})
    assert (told.verdict, told.rate_limited, told.reason) == (Verdict.REFUSED, True, "RateLimitExceeded")


@pytest.mark.parametrize("code", ["NotSupported", "NotImplemented", "FormationViolation", "ProtocolError"])
def test_an_error_that_says_i_did_nothing_refuses(code):
    assert outcome("error", error_code=code).verdict is Verdict.REFUSED


@pytest.mark.parametrize("code", ["InternalError", "GenericError", "RpcFrameworkError", None])
def test_any_other_error_leaves_open_what_happened(code):
    assert outcome("error", error_code=code).verdict is Verdict.UNCLEAR


@pytest.mark.parametrize("verdict", ["expired", "dropped"])
def test_no_answer_is_lost(verdict):
    assert outcome(verdict).verdict is Verdict.LOST


@pytest.mark.parametrize("answer", [None, [], "ok", {}, {"status": 1}, {"status": None}])
def test_a_result_that_says_nothing_is_unclear(answer):
    assert outcome("result", answer).verdict is Verdict.UNCLEAR


@pytest.mark.parametrize("member", ["schedule", "chargingSchedule"])
def test_the_first_limit_of_a_composite_schedule_is_read(member):
    answer = {"status": "Accepted", member: {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}}
    assert outcome("result", answer).limit == 16


@pytest.mark.parametrize("periods", [None, {}, [], [{"limit": "x"}], [{"limit": True}], ["x"], [{"limit": 10**400}]])
def test_a_composite_schedule_without_a_limit_says_nothing(periods):
    schedule = {"chargingSchedulePeriod": periods}
    assert outcome("result", {"status": "Accepted", "schedule": schedule}).limit is None
    assert outcome("result", {"status": "Accepted", "schedule": periods}).limit is None
