"""Tables of moves: every one of this package is walked, and an illegal move blames us."""

from enum import Enum

import pytest

from localctl.charging.base.moves import OurBug, after
from localctl.charging.dispatching import capability, pacing


class Door(Enum):
    OPEN = "open"
    SHUT = "shut"


MOVES = {(Door.OPEN, "push"): Door.SHUT}


def test_a_move_in_the_table_is_made():
    assert after(MOVES, Door.OPEN, "push", "door") is Door.SHUT


def test_an_illegal_move_is_our_bug_and_says_which():
    with pytest.raises(OurBug, match="door: no move 'push' from SHUT"):
        after(MOVES, Door.SHUT, "push", "door")


IMPOSSIBLE = {
    ("pacing", "SETTLED", "accepted"), ("pacing", "SETTLED", "refused"), ("pacing", "SETTLED", "lost"),
    ("pacing", "SENT", "send"),
    ("pacing", "REFUSED", "accepted"), ("pacing", "REFUSED", "refused"), ("pacing", "REFUSED", "lost"),
    ("capability", "UNTRIED", "next"), ("capability", "TAKEN", "next"), ("capability", "PROVEN", "next"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "moves"), [("pacing", pacing.MOVES), ("capability", capability.MOVES)])
def test_every_pair_of_state_and_cause_is_a_move_or_listed_as_impossible(name, moves):
    states = type(next(iter(moves))[0])
    causes = {cause for _, cause in moves}
    missing = {(name, state.name, cause) for state in states for cause in causes if (state, cause) not in moves}
    assert missing == {each for each in IMPOSSIBLE if each[0] == name}
