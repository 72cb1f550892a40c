"""The verdict: what it must notice and what it must forgive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.demo.tape import Tape, Verdict, compare, total


def call(call_id, action="X"):
    """A CALL's text."""
    return f'[2,"{call_id}","{action}",{{}}]'


def result(call_id):
    """A CALLRESULT's text."""
    return f'[3,"{call_id}",{{}}]'


def tape(*connections):
    """A tape of (sent, heard) per connection."""
    made = Tape()
    for sent, heard in connections:
        made.connection += 1
        for text in sent:
            made.says(text)
        for text in heard:
            made.hears(text)
    return made


def test_a_faithful_line_is_good():
    station = tape(([call(1), call(2)], [result(1), result(2)]))
    csms = tape(([result(1), result(2)], [call(1), call(2)]))
    assert compare(station, csms) == Verdict(messages=4)
    assert compare(station, csms).good


def test_a_message_that_vanished_is_lost():
    station = tape(([call(1), call(2)], [result(2)]))
    csms = tape(([result(2)], [call(2)]))
    verdict = compare(station, csms)
    assert verdict.lost > 0
    assert not verdict.good


def test_an_answer_that_vanished_is_lost():
    verdict = compare(tape(([call(1), call(2)], [result(2)])), tape(([result(1), result(2)], [call(1), call(2)])))
    assert verdict.lost > 0


def test_another_spelling_is_an_alteration():
    verdict = compare(tape(([call(1)], ['[3,"1", {}]'])), tape(([result(1)], [call(1)])))
    assert (verdict.altered, verdict.good) == (1, False)


def test_a_message_heard_twice_is_an_alteration():
    assert compare(tape(([call(1)], [result(1)])), tape(([result(1)], [call(1), call(1)]))).altered == 1


def test_two_messages_in_the_wrong_order_are_not_good():
    station = tape(([call(1), call(2)], [result(1), result(2)]))
    csms = tape(([result(1), result(2)], [call(2), call(1)]))
    assert not compare(station, csms).good


def test_what_a_cut_swallowed_is_forgiven_once_it_was_sent_again():
    station = tape(([call(1), call(2)], [result(1)]), ([call(2)], [result(2)]))
    csms = tape(([result(1)], [call(1)]), ([result(2)], [call(2)]))
    assert compare(station, csms) == Verdict(messages=4, again=1)


def test_what_a_cut_swallowed_is_lost_when_it_never_came_again():
    station = tape(([call(1), call(2)], [result(1)]), ([call(3)], [result(3)]))
    csms = tape(([result(1)], [call(1)]), ([result(3)], [call(3)]))
    assert compare(station, csms).lost > 0


def test_an_answer_given_twice_around_a_cut_is_not_taken_for_a_gap():
    """Both CSMS answers to CALL 2 have the same text, and only the second arrived; before it a CALL was swallowed."""
    station = tape(([call(1), call(2)], [result(1)]), ([call(2)], [result(2), call("c")]))
    station.says(result("c"))
    csms = tape(
        ([result(1), call("c"), result(2)], [call(1), call(2)]), ([result(2), call("c")], [call(2), result("c")])
    )
    assert compare(station, csms).good


def test_a_connection_that_only_one_end_saw_does_not_matter():
    station = tape(([call(1)], [result(1)]))
    csms = tape(([], []), ([result(1)], [call(1)]))
    assert compare(station, csms).good


def test_a_tail_missing_at_the_very_end_is_lost():
    sent = ['[6,"s1","NotifyPeriodicEventStream",{}]', '[6,"s2","NotifyPeriodicEventStream",{}]']
    assert compare(tape((sent, [])), tape(([], sent[:1]))).lost == 1


def test_the_boxs_own_call_is_set_aside_with_its_answer():
    station = tape(([call(1), result("own")], [call("own", "GetVariables"), result(1)]))
    csms = tape(([result(1)], [call(1)]))
    assert compare(station, csms) == Verdict(messages=2, own=1)


def test_an_answer_to_the_box_that_leaks_to_the_csms_is_not_good():
    station = tape(([call(1), result("own")], [call("own", "GetVariables"), result(1)]))
    csms = tape(([result(1)], [call(1), result("own")]))
    assert compare(station, csms).altered == 1


def test_an_answer_may_pass_a_call_that_waits_for_the_boxs_own_and_nothing_else_may():
    said = ([result(1), call("c1"), result(2), call("c2")], [call(1), call(2), result("c1"), result("c2")])
    answered = [call(1), result("own"), call(2), result("c1"), result("c2")]

    def heard(*texts):
        return compare(tape((answered, [call("own", "GetVariables"), *texts])), tape(said))

    assert heard(result(1), result(2), call("c1"), call("c2")) == Verdict(messages=8, own=1)
    assert heard(result(1), result(2), call("c2"), call("c1")).altered == 1
    assert heard(result(2), result(1), call("c1"), call("c2")).altered == 1
    assert heard(result(1), call("c1"), call("c2")).lost >= 1
    assert heard(result(1), result(2), call("c2")).lost >= 1


def test_without_a_call_of_the_boxs_own_nothing_may_pass_anything():
    csms = tape(([result(1), call("c1"), result(2)], [call(1), call(2), result("c1")]))
    station = tape(([call(1), call(2), result("c1")], [result(1), result(2), call("c1")]))
    assert compare(station, csms).altered == 1


def test_silence_is_not_good():
    assert not compare(Tape(), Tape()).good
    assert total([]) == Verdict()


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.data())
def test_any_cuts_with_everything_sent_again_are_good_and_any_single_loss_is_not(sizes, data):
    station, csms, pending, number = Tape(), Tape(), [], 0
    for size in sizes:
        station.connection += 1
        csms.connection += 1
        fresh = [call(number + n) for n in range(size)]
        number += size
        sent = pending + fresh
        last = station.connection == len(sizes)
        arrived = len(sent) if last else data.draw(st.integers(0, len(sent)))
        answered = arrived if last else data.draw(st.integers(0, arrived))
        for text in sent:
            station.says(text)
        for text in sent[:arrived]:
            csms.hears(text)
            csms.says(text.replace("[2,", "[3,").replace(',"X"', ""))
        for text in sent[:answered]:
            station.hears(text.replace("[2,", "[3,").replace(',"X"', ""))
        pending = sent[answered:]
    assert compare(station, csms).good
    victim = data.draw(st.integers(0, len(csms.heard) - 1))
    if csms.heard[victim].connection == csms.connection:
        del csms.heard[victim]
        assert not compare(station, csms).good


@pytest.mark.parametrize("text", ["", "not json", "{}", "[3]", "null"])
def test_a_text_that_is_no_frame_is_an_alteration_and_no_error(text):
    assert compare(tape(([call(1)], [result(1), text])), tape(([result(1)], [call(1)]))).altered == 1
