"""What a source says when: no limit, zero and stale are three different things."""

from math import inf, nan

import pytest

from localctl.charging.limiting.limits import NO_LIMIT, Cap, Source, State, Step, words

NODE = ("panel", "main")
TEN, ZERO, SIX = Cap(a=(10.0, 10.0, 10.0)), Cap(a=(0.0, 0.0, 0.0)), Cap(a=(6.0, 6.0, 6.0))


def said(source, now=0.0, **more):
    """(since, until, value on L1, state) of each word."""
    return [(word.since, word.until, word.cap.on("L1"), word.state) for word in words(source, now, **more)]


def test_before_its_first_step_a_source_limits_nothing():
    source = Source(name="EMS", node=NODE, steps=(Step(at=100.0, cap=TEN), Step(at=200.0, cap=NO_LIMIT)))
    assert said(source) == [
        (-inf, 100.0, None, State.LIVE),
        (100.0, 200.0, 10.0, State.LIVE),
        (200.0, inf, None, State.LIVE),
    ]


def test_zero_is_a_limit_and_none_is_not():
    assert ZERO.on("L1") == 0.0
    assert NO_LIMIT.on("L1") is None


@pytest.mark.parametrize("value", [nan, -1.0, -inf])
def test_a_value_that_makes_no_sense_lets_nothing_flow(value):
    assert Cap(a=(value, None, None), w=value).on("L1") == 0.0
    assert Cap(w=value).on("W") == 0.0


def test_steps_are_put_in_order():
    source = Source(name="EMS", node=NODE, steps=(Step(at=200.0, cap=ZERO), Step(at=100.0, cap=TEN)))
    assert [value for _, _, value, _ in said(source)] == [None, 10.0, 0.0]


def test_a_schedule_that_ends_leaves_its_fallback():
    source = Source(name="EMS", node=NODE, steps=(Step(at=0.0, cap=TEN),), valid_until=50.0, fallback=SIX)
    assert said(source)[1:] == [(0.0, 50.0, 10.0, State.LIVE), (50.0, inf, 6.0, State.ENDED)]


def test_a_source_not_heard_for_too_long_is_replaced_by_its_fallback_never_by_no_limit():
    source = Source(
        name="LPC", node=NODE, steps=(Step(at=0.0, cap=TEN),), heard_at=0.0, stale_after_s=120.0, fallback=SIX
    )
    assert said(source, now=119.0)[-1] == (0.0, inf, 10.0, State.LIVE)
    assert said(source, now=120.0)[-1] == (120.0, inf, 6.0, State.STALE)


def test_a_source_never_heard_is_stale_from_the_start():
    source = Source(name="LPC", node=NODE, steps=(), stale_after_s=120.0, fallback=ZERO)
    assert said(source) == [(-inf, inf, 0.0, State.STALE)]


def test_silence_can_be_written_ahead():
    source = Source(
        name="LPC", node=NODE, steps=(Step(at=0.0, cap=TEN),), heard_at=0.0, stale_after_s=120.0, fallback=SIX
    )
    assert said(source, foresee_silence=True)[-2:] == [(0.0, 120.0, 10.0, State.LIVE), (120.0, inf, 6.0, State.STALE)]


def test_known_slots_are_kept_until_they_end_even_when_the_silence_began_before():
    source = Source(
        name="EMS", node=NODE, steps=(Step(at=0.0, cap=TEN), Step(at=50.0, cap=ZERO)), valid_until=90.0, fallback=SIX
    )
    assert [(since, value) for since, _, value, _ in said(source, now=60.0)] == [
        (-inf, None),
        (0.0, 10.0),
        (50.0, 0.0),
        (90.0, 6.0),
    ]
