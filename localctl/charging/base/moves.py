"""What every state machine of this package shares: transitions are data, an illegal one is our bug.

A machine is a table `MOVES` from (state, cause) to the next state. `after` looks a move up; tests walk the tables.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

S = TypeVar("S", bound=Enum)


class OurBug(Exception):
    """Something that cannot happen unless this program is wrong; never a peer's fault."""


def after(moves: Mapping[tuple[S, str], S], state: S, cause: str, machine: str) -> S:
    """The state that `cause` leads to.

    Raises OurBug naming machine, cause and state where the table has no such move.
    """
    try:
        return moves[state, cause]
    except KeyError:
        raise OurBug(f"{machine}: no move {cause!r} from {state.name}") from None
