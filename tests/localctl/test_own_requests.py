"""Which requests of a station the CSMS must not see, because they are about what this box put there."""

import base64
import json

import pytest

from localctl.own_requests import REJECTED, own_answer

PULL = "PullDynamicScheduleUpdate"


def payload(profile_id):
    return json.dumps({"chargingProfileId": profile_id}).encode()


def test_6_4_a_pull_for_one_of_our_profiles_is_rejected_here():
    assert own_answer(PULL, payload(2_000_000_001)) == REJECTED
    assert json.loads(REJECTED) == {"status": "Rejected"}


def test_6_4_a_signed_pull_is_read_as_well():
    inner = base64.urlsafe_b64encode(payload(2_000_000_001)).decode().rstrip("=")
    assert own_answer(PULL + "-Signed", json.dumps({"payload": inner, "signature": "x"}).encode()) == REJECTED


@pytest.mark.parametrize("profile_id", [0, 7, -3, 1_999_999_999, 2_100_000_001, "2000000001", None, 2e9 + 0.5])
def test_a_pull_for_a_profile_of_the_csms_is_the_csmss(profile_id):
    assert own_answer(PULL, payload(profile_id)) is None


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"null", b"{", b"[" * 100_000, b"\xff"])
def test_what_cannot_be_read_is_the_csmss(raw):
    assert own_answer(PULL, raw) is None
    assert own_answer(PULL + "-Signed", raw) is None


@pytest.mark.parametrize("action", ["Heartbeat", "ReportChargingProfiles", "ClearedChargingLimit"])
def test_everything_else_is_the_csmss(action):
    assert own_answer(action, payload(2_000_000_001)) is None
