"""The envelope of one slot: what may be drawn after any order of orders and answers."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base import steps
from localctl.charging.base.steps import ALWAYS, constant
from localctl.charging.dispatching import entitlement
from localctl.charging.dispatching.entitlement import Sent, Slot

REACTION_S = 5.0


def order(token, amps, lapse_s=None):
    return Sent(token=token, entitled=constant(amps), lapse_s=lapse_s)


def holding(amps):
    return Slot(unlimited_a=32.0, confirmed=constant(amps))


def test_with_nothing_confirmed_the_rating_counts_and_nothing_is_sure():
    slot = Slot(unlimited_a=32.0)
    assert (slot.most(0), slot.least(0)) == (32, 0)


def test_a_rise_counts_from_the_moment_it_is_sent():
    slot = entitlement.sending(holding(6.0), order(1, 16.0))
    assert (slot.most(0), slot.least(0)) == (16, 6)


def test_a_fall_counts_only_after_accepted_and_the_reaction_time():
    slot = entitlement.sending(holding(16.0), order(1, 6.0))
    assert slot.most(0) == 16
    slot = entitlement.accepted(slot, 1, 100.0, REACTION_S)
    assert (slot.most(100.0), slot.most(104.9), slot.most(105.0)) == (16, 16, 6)


def test_a_refusal_leaves_things_as_they_were():
    slot = entitlement.refused(entitlement.sending(holding(6.0), order(1, 16.0)), 1)
    assert slot == holding(6.0)


def test_an_order_without_an_answer_leaves_both_values_counted():
    slot = entitlement.sending(entitlement.sending(holding(10.0), order(1, 16.0)), order(2, 6.0))
    assert (slot.most(0), slot.least(0)) == (16, 6)


def test_an_accepted_order_settles_every_older_one_but_not_a_newer_one():
    slot = entitlement.sending(entitlement.sending(holding(10.0), order(1, 16.0)), order(2, 6.0))
    later = entitlement.accepted(slot, 2, 0.0, REACTION_S)
    assert (later.most(REACTION_S), later.open) == (6, ())
    earlier = entitlement.accepted(slot, 1, 0.0, REACTION_S)
    assert (earlier.most(REACTION_S), earlier.least(0)) == (16, 6)


def overtaken():
    """A rise to 16 A without an answer, then a fall to 6 A that was taken."""
    slot = entitlement.sending(entitlement.sending(holding(10.0), order(1, 16.0)), order(2, 6.0))
    return entitlement.accepted(slot, 2, 0.0, REACTION_S)


def test_a_doubled_answer_to_a_settled_order_and_a_late_no_change_nothing_that_counts():
    slot = overtaken()
    assert entitlement.accepted(slot, 2, 9.0, REACTION_S) == slot
    refused = entitlement.refused(slot, 1)
    assert (refused.most(9.0), refused.overtaken) == (6, ())
    assert entitlement.accepted(refused, 1, 9.0, REACTION_S) == refused


def test_p2_a_late_yes_to_an_order_that_was_overtaken_makes_both_count_until_one_more_is_taken():
    slot = entitlement.accepted(overtaken(), 1, 9.0, REACTION_S)
    assert (slot.most(9.0), slot.least(9.0), slot.overtaken) == (16, 6, ())
    assert entitlement.accepted(slot, 1, 9.0, REACTION_S) == entitlement.refused(slot, 1) == slot
    slot = entitlement.accepted(entitlement.sending(slot, order(3, 6.0)), 3, 20.0, REACTION_S)
    assert (slot.most(24.9), slot.most(25.0), slot.open) == (16, 6, ())


def test_orders_that_were_overtaken_are_remembered_within_bounds():
    slot = holding(6.0)
    for token in range(1, 40, 2):
        slot = entitlement.sending(entitlement.sending(slot, order(token, 16.0)), order(token + 1, 6.0))
        slot = entitlement.accepted(slot, token + 1, float(token), REACTION_S)
    assert [sent.token for sent in slot.overtaken] == [33, 35, 37, 39]


def test_a_lease_falls_by_itself():
    lease = Sent(token=1, entitled=((ALWAYS, 16.0), (300.0, 6.0)))
    slot = entitlement.accepted(entitlement.sending(holding(6.0), lease), 1, 0.0, REACTION_S)
    assert (slot.most(0), slot.most(299, 300), slot.most(299, 301), slot.most(300)) == (16, 16, 16, 6)
    assert (slot.least(299, 301), slot.most(inf, inf)) == (6, 6)


def test_what_is_sure_counts_as_the_least_and_stays_so_when_orders_are_merged():
    lease = Sent(token=1, entitled=((ALWAYS, 16.0), (335.0, 6.0)), sure=((ALWAYS, 16.0), (270.0, 6.0)))
    slot = entitlement.accepted(entitlement.sending(holding(6.0), lease), 1, 0.0, REACTION_S)
    assert (slot.least(269, 269), slot.least(270, 270), slot.most(334, 334)) == (16, 6, 16)
    slot = holding(6.0)
    for token, amps in enumerate([6.0, 0.0, 6.0, 6.0, 6.0, 6.0], 1):
        slot = entitlement.sending(slot, order(token, amps))
    assert (slot.least(0), len(slot.open)) == (0, entitlement.MOST_OPEN)


def test_k28_fr13_a_dynamic_value_lapses_so_long_after_its_acceptance():
    dynamic = Sent(token=1, entitled=((ALWAYS, 16.0), (365.0, 0.0)), lapse_s=300.0)
    slot = entitlement.sending(Slot(unlimited_a=0.0), dynamic)
    assert slot.most(364) == 16
    slot = entitlement.accepted(slot, 1, 2.0, REACTION_S)
    assert (slot.most(306), slot.most(307)) == (16, 0)


def test_a_profile_that_vanished_is_no_limit_any_more():
    assert entitlement.undone(holding(6.0), 32.0).most(0) == 32


def test_after_its_transaction_a_top_only_fades():
    slot = entitlement.ended(holding(16.0), 50.0, REACTION_S)
    assert (slot.most(54.9), slot.most(55.0), slot.unlimited_a) == (16, 0, 0)


def test_p2_after_our_own_clock_jumped_any_step_may_hold_and_what_fades_takes_as_long_as_before():
    lease = Slot(unlimited_a=32.0, confirmed=((ALWAYS, 16.0), (300.0, 6.0)))
    assert (lease.most(400), entitlement.jumped(lease, 600.0).most(900)) == (6, 16)
    fallen = entitlement.accepted(entitlement.sending(holding(16.0), order(1, 6.0)), 1, 100.0, REACTION_S)
    jumped = entitlement.jumped(fallen, 600.0)
    assert (jumped.most(704.9), jumped.most(705.0)) == (16, 6)


def test_without_a_clock_a_schedule_may_not_have_begun_and_a_constant_one_still_holds():
    lease = ((ALWAYS, 16.0), (300.0, 6.0))
    floor = Slot(unlimited_a=32.0, confirmed=lease, open=(Sent(token=1, entitled=constant(10.0)),))
    assert entitlement.timeless(floor, 32.0, top=False).most(400) == 32
    assert entitlement.timeless(floor, 0.0, top=True).most(400) == 16
    assert entitlement.timeless(holding(6.0), 32.0, top=False).most(0) == 6


def test_what_is_kept_is_bounded_and_never_counts_less():
    slot = holding(6.0)
    for token in range(1, 40):
        slot = entitlement.sending(slot, order(token, 6.0 + token % 13))
        slot = entitlement.accepted(slot, token, token * 0.1, REACTION_S) if token % 3 == 0 else slot
    assert len(slot.open) <= entitlement.MOST_OPEN
    assert len(slot.fading) <= entitlement.MOST_FADING
    assert slot.most(3.9) == 18


@given(st.lists(st.tuples(st.sampled_from([0.0, 6.0, 10.0, 16.0]), st.sampled_from("arlxs")), max_size=12), st.data())
def test_whatever_really_arrived_is_inside_the_envelope(orders, data):
    """a: taken and said so, x: taken and the answer late, s: taken after a newer one, r: refused, l: lost."""
    slot, holds, now, late, asleep = holding(6.0), 6.0, 0.0, [], []
    for token, (amps, fate) in enumerate(orders, 1):
        slot = entitlement.sending(slot, order(token, amps))
        assert slot.least(now) <= holds <= slot.most(now)
        before = holds
        holds = amps if fate in "ax" else holds
        assert before <= slot.most(now)
        if fate == "x":
            late.append(token)
        if fate == "s":
            asleep.append((token, amps))
        if fate == "a":
            slot = entitlement.accepted(slot, token, now, REACTION_S)
        if fate == "r":
            slot = entitlement.refused(slot, token)
        # Older ones cannot be told apart any more.
        asleep = [one for one in asleep if token - one[0] < entitlement.MOST_OPEN - 1]
        if asleep and fate == "a":
            woken, holds = asleep.pop()
            slot = entitlement.accepted(slot, woken, now, REACTION_S)
            late.append(woken)
        # Answers that were late come in any order, also after newer ones and twice.
        for old in data.draw(st.lists(st.sampled_from(late), max_size=2)) if late else ():
            slot = entitlement.accepted(slot, old, now, REACTION_S)
        now += data.draw(st.sampled_from([0.0, 3.0, 10.0]))
        assert slot.least(now) <= holds <= slot.most(now)


def test_the_whole_and_its_parts():
    whole = entitlement.Envelope(station_a=20.0, evse_a={1: 32.0, 2: 16.0})
    assert (whole.of(1), whole.of(2)) == (20, 16)
    assert entitlement.Envelope(evse_a={1: 32.0}).of(1) == 32
    assert steps.constant(1.0)[0][1] == 1
