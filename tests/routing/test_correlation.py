"""One lane: one outstanding CALL, order, priorities, deadlines, and whose answer is whose."""

import pytest

from routing.correlation import EXPIRED_S, MAX_ANSWERED, MAX_EXPIRED, Answerer, Call, Lane, Match
from routing.events import Priority
from routing.frames import CALL, SEND
from routing.values import Instant
from tests.routing.playbook import own

T0 = Instant(0.0)


def lane(*calls: Call) -> Lane:
    made = Lane(30.0)
    for call in calls:
        made.wait(call)
    return made


def relayed(message_id: str, kind: int = CALL, size: int = 0) -> Call:
    return Call(kind, message_id, "Heartbeat", b"x" * size, f"text of {message_id}")


def ours(message_id: str, priority: Priority = Priority.ROUTINE, due_at: float = 15.0) -> Call:
    asked = own(priority=priority)
    return Call(CALL, message_id, "Reset", b"", message_id, own=asked, timeout_s=15.0, due_at=due_at)


def next_id(to: Lane, now: float = 0.0, *, own_may: bool = True) -> str | None:
    call = to.release(Instant(now), own_may=own_may)
    return call and call.message_id


def expired_id(to: Lane, now: float) -> str | None:
    call, _ = to.expire(Instant(now))
    return call and call.message_id


def test_fr01_one_call_is_outstanding_and_the_rest_waits_in_order():
    to = lane(relayed("1"), relayed("2"), relayed("3"))
    assert (next_id(to), next_id(to), to.waiting) == ("1", None, 2)
    assert to.answered("1", T0)[0] is Match.OPEN
    assert (next_id(to), next_id(to)) == ("2", None)


def test_2_3_2_a_send_needs_no_slot_but_keeps_its_place():
    to = lane(relayed("1"), relayed("s1", SEND), relayed("2"), relayed("s2", SEND))
    assert [next_id(to) for _ in range(4)] == ["1", "s1", None, None]
    to.answered("1", T0)
    assert [next_id(to) for _ in range(3)] == ["2", "s2", None]


def test_2_3_4_safety_passes_what_waits_and_routine_does_not():
    to = lane(relayed("1"), ours("r"), ours("s", Priority.SAFETY))
    assert next_id(to) == "s"
    to.answered("s", T0)
    assert next_id(to) == "1"
    to.answered("1", T0)
    assert next_id(to) == "r"


def test_2_3_4b_a_waiting_relayed_call_is_passed_once_at_most():
    to = lane(relayed("1"), ours("s1", Priority.SAFETY), ours("s2", Priority.SAFETY))
    order = []
    for _ in range(3):
        order.append(next_id(to))
        to.answered(order[-1], T0)
    assert order == ["s1", "1", "s2"]


def test_safety_calls_follow_each_other_when_nothing_relayed_waits():
    to = lane(ours("s1", Priority.SAFETY), ours("s2", Priority.SAFETY))
    assert next_id(to) == "s1"
    to.answered("s1", T0)
    assert next_id(to) == "s2"


def test_7_1_7_own_calls_stay_when_they_may_not_go():
    to = lane(ours("s", Priority.SAFETY), relayed("1"))
    assert next_id(to, own_may=False) == "1"
    to.answered("1", T0)
    assert next_id(to, own_may=False) is None
    assert next_id(to) == "s"


def test_an_own_call_that_never_got_out_is_given_up_at_its_own_deadline():
    to = lane(relayed("1"), ours("r", due_at=15.0), ours("r2", due_at=16.0))
    next_id(to)
    assert to.due_at() == 15.0
    call, unsent = to.expire(Instant(15.0))
    assert (call, [c.message_id for c in unsent], to.own_waiting) == (None, ["r"], 1)


def test_2_3_3_the_deadline_runs_from_sending_and_frees_the_slot():
    to = lane(relayed("1"), relayed("2"))
    next_id(to, 5.0)
    assert to.due_at() == 35.0
    assert expired_id(to, 34.9) is None
    assert expired_id(to, 35.0) == "1"
    assert next_id(to, 35.0) == "2"


def test_own_calls_have_their_own_deadline():
    to = lane(ours("r"))
    next_id(to, 5.0)
    assert to.due_at() == 20.0


def test_2_3_4e_a_late_answer_belongs_to_its_call_and_only_once():
    to = lane(relayed("1"), relayed("2"))
    next_id(to)
    to.expire(Instant(30.0))
    next_id(to, 30.0)
    match, call = to.answered("1", Instant(31.0))
    assert match is Match.LATE
    assert call is not None
    assert call.message_id == "1"
    assert to.answered("1", Instant(32.0)) == (Match.DUPLICATE, None)
    assert to.open is not None
    assert to.open.message_id == "2"


def test_a_late_answer_is_waited_for_ten_minutes():
    to = lane(relayed("1"), relayed("2"))
    next_id(to)
    to.expire(Instant(30.0))
    assert to.answered("1", Instant(30.0 + EXPIRED_S + 0.1)) == (Match.UNKNOWN, None)


@pytest.mark.parametrize("expires", [True, False])
def test_2_2_2_an_id_used_again_belongs_to_its_newest_call(expires):
    to = lane(relayed("1"), relayed("1"))
    next_id(to)
    if expires:
        to.expire(Instant(30.0))
    else:
        to.answered("1", T0)
    assert next_id(to, 30.0) == "1"
    assert to.answered("1", Instant(31.0))[0] is Match.OPEN
    assert to.answered("1", Instant(32.0))[0] is Match.DUPLICATE


def test_quirk_13_answers_nobody_asked_for_match_nothing():
    to = lane(relayed("1"))
    next_id(to)
    assert to.answered("other", T0) == (Match.UNKNOWN, None)
    assert to.open is not None


def test_quirk_9_unanswered_calls_are_counted_until_anything_is_answered():
    to = lane(relayed("1"), relayed("2"))
    next_id(to)
    to.expire(Instant(30.0))
    next_id(to, 30.0)
    to.expire(Instant(60.0))
    assert to.unanswered == 2
    to.answered("whatever", Instant(61.0))
    assert to.unanswered == 0


def test_fr06_an_answer_may_be_disputed_once():
    to = lane(relayed("1"))
    next_id(to)
    to.answered("1", T0)
    to.remember("f", Answerer.BOX)
    assert [to.dispute("1"), to.dispute("1"), to.dispute("f"), to.dispute("x")] == [
        Answerer.PEER,
        Answerer.DISPUTED,
        Answerer.BOX,
        None,
    ]


def test_p6_memories_are_bounded_in_number():
    to = lane()
    for number in range(3 * MAX_ANSWERED):
        to.wait(relayed(f"a{number}"))
        next_id(to)
        to.answered(f"a{number}", T0)
        to.wait(relayed(f"e{number}"))
        next_id(to)
        to.expire(Instant(30.0))
    assert to.remembered == MAX_ANSWERED + MAX_EXPIRED
    assert to.answered("e0", Instant(31.0))[0] is Match.UNKNOWN
    assert to.answered(f"e{3 * MAX_ANSWERED - 1}", Instant(31.0))[0] is Match.LATE


def test_p6_memories_are_bounded_in_bytes():
    to = lane()
    for number in range(5):
        to.wait(relayed(str(number), size=100_000))
        next_id(to)
        to.expire(Instant(30.0))
    assert to.remembered == 2
    to.wait(relayed("huge", size=1_000_000))
    next_id(to)
    to.expire(Instant(30.0))
    assert to.remembered == 0


def test_p6_the_text_of_an_expired_call_is_let_go():
    to = lane(relayed("1"))
    next_id(to)
    to.expire(Instant(30.0))
    _, call = to.answered("1", Instant(31.0))
    assert call is not None
    assert call.text == ""


def test_p6_waiting_text_is_counted():
    to = lane(relayed("1"), relayed("2"))
    assert to.waiting_chars == len("text of 1") * 2
    next_id(to)
    assert to.waiting_chars == len("text of 1")


def test_own_calls_of_a_lane_are_named_at_its_end():
    to = lane(ours("r"), ours("s", Priority.SAFETY), relayed("1"))
    next_id(to)
    assert {call.message_id for call in to.own_calls()} == {"r", "s"}
