"""Pictures of state machines, printed from their tables so that they cannot lie."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

S = TypeVar("S", bound=Enum)
M = TypeVar("M", Enum, str)


def mermaid(moves: Mapping[tuple[S, M], S]) -> str:
    """A Mermaid state diagram of a table of moves; the first state is the start, states without moves are ends."""
    states = [state for state, _ in moves]
    lines = ["stateDiagram-v2", f"    [*] --> {states[0].value}"]
    lines += [f"    {here.value} --> {there.value}: {_word(move)}" for (here, move), there in moves.items()]
    ends = dict.fromkeys(there for there in moves.values() if there not in states)
    lines += [f"    {end.value} --> [*]" for end in ends]
    return "\n".join(lines)


def _word(move: Enum | str) -> str:
    return str(move.value) if isinstance(move, Enum) else move
