"""The defaults an installer gets without a word."""

from routing.policy import Refused, StationPolicy

DEFAULT = StationPolicy(csms="main")


def test_2_3_4b_own_calls_are_given_up_sooner_than_relayed_ones():
    assert DEFAULT.own_call_timeout_s < DEFAULT.call_timeout_s


def test_1_3_4_the_default_is_what_certification_expects():
    assert (DEFAULT.handshake, DEFAULT.no_common_subprotocol) == ("mirror", "refuse")


def test_1_5_5_relayed_calls_wait_no_longer_than_the_recommended_message_timeout():
    assert DEFAULT.call_timeout_s == 30.0


def test_a_refusal_compares_by_what_it_says():
    assert Refused(status=404, reason="x") == Refused(status=404, reason="x")
    assert Refused(status=404, reason="x") != Refused(status=403, reason="x")
