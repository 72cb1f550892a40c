"""The states of a link and the moves between them: the whole machine, as a table.

    mirror: HELD ─> DIALLING ─> OPEN ─> ENDING ─> GONE      early: GREETED ─> JOINING ─> OPEN ─> ENDING ─> GONE

Where the policy lets a station stay while its CSMS is away, OPEN goes to CARRYING and back by way of REDIALLING; one
that arrives meanwhile gets there from HELD or DIALLING. A move that is not in `MOVES` is our bug.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class State(Enum):
    """Where a link stands."""

    NEW = "new"
    HELD = "held"
    DIALLING = "dialling"
    GREETED = "greeted"
    JOINING = "joining"
    OPEN = "open"
    CARRYING = "carrying"
    REDIALLING = "redialling"
    ENDING = "ending"
    GONE = "gone"


class Move(Enum):
    """Why a link changes its state."""

    HOLD = "hold"
    GREET = "greet"
    DIAL = "dial"
    JOIN = "join"
    STAY = "stay"
    END = "end"
    FORGET = "forget"


MOVES: Mapping[tuple[State, Move], State] = MappingProxyType(
    {
        (State.NEW, Move.HOLD): State.HELD,
        (State.NEW, Move.DIAL): State.DIALLING,
        (State.NEW, Move.GREET): State.GREETED,
        (State.NEW, Move.STAY): State.CARRYING,
        (State.NEW, Move.END): State.ENDING,
        (State.HELD, Move.HOLD): State.HELD,
        (State.HELD, Move.DIAL): State.DIALLING,
        (State.HELD, Move.STAY): State.CARRYING,
        (State.HELD, Move.END): State.ENDING,
        (State.DIALLING, Move.JOIN): State.OPEN,
        (State.DIALLING, Move.STAY): State.CARRYING,
        (State.DIALLING, Move.END): State.ENDING,
        (State.GREETED, Move.HOLD): State.GREETED,
        (State.GREETED, Move.DIAL): State.JOINING,
        (State.GREETED, Move.STAY): State.CARRYING,
        (State.GREETED, Move.END): State.ENDING,
        (State.JOINING, Move.JOIN): State.OPEN,
        (State.JOINING, Move.STAY): State.CARRYING,
        (State.JOINING, Move.END): State.ENDING,
        (State.OPEN, Move.STAY): State.CARRYING,
        (State.OPEN, Move.END): State.ENDING,
        (State.CARRYING, Move.HOLD): State.CARRYING,
        (State.CARRYING, Move.DIAL): State.REDIALLING,
        (State.CARRYING, Move.END): State.ENDING,
        (State.REDIALLING, Move.STAY): State.CARRYING,
        (State.REDIALLING, Move.JOIN): State.OPEN,
        (State.REDIALLING, Move.END): State.ENDING,
        (State.ENDING, Move.FORGET): State.GONE,
    }
)


TALKING = frozenset({State.OPEN, State.CARRYING, State.REDIALLING})
"""The station is let in and there is a conversation with it."""
