"""Diagrams come from the tables."""

from enum import Enum

from routing.diagram import mermaid
from routing.link_states import MOVES


class Door(Enum):
    OPEN = "open"
    SHUT = "shut"
    GONE = "gone"


class Cause(Enum):
    PUSH = "push"
    FIRE = "fire"


def test_a_table_is_drawn_with_its_start_and_its_ends():
    moves = {(Door.OPEN, Cause.PUSH): Door.SHUT, (Door.SHUT, Cause.FIRE): Door.GONE}
    assert mermaid(moves).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> open",
        "    open --> shut: push",
        "    shut --> gone: fire",
        "    gone --> [*]",
    ]


def test_the_links_machine_can_be_drawn():
    drawn = mermaid(MOVES)
    assert drawn.count("-->") == len(MOVES) + 2
    assert "dialling --> open: join" in drawn
