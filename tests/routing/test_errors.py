"""Two blames: the peer's carries what to answer, ours carries nothing."""

from routing.errors import OurBug, PeerFault


def test_a_peer_fault_carries_the_error_to_answer_with():
    fault = PeerFault("FormatViolation", "not an object", call_id="17")
    assert (fault.code, fault.text, fault.call_id, str(fault)) == (
        "FormatViolation",
        "not an object",
        "17",
        "not an object",
    )


def test_a_bug_is_never_taken_for_a_peers_fault():
    assert not issubclass(OurBug, PeerFault)
    assert not issubclass(PeerFault, OurBug)
