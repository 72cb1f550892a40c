"""The journal's settings and what it tells of itself. Values only."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from routing.carrying.items import Item
from routing.values import Value

DAY_S: Final = 86_400.0
MIB: Final = 1024 * 1024
FIRST_INVENTED: Final = 2_000_000_000
LAST_INVENTED: Final = 2_147_483_646
"""Invented transaction numbers are positive and high. OCPP 1.6 says integer, and stations and CSMSs keep it in signed
32 bits; -1 and 0 mean "no transaction" to many stations; a CSMS counts up from small numbers, so near the top none of
its own is met; the topmost value of all is a mark in some firmware and is left out."""
SANE_UNIX: Final = 1_704_067_200.0
"""2024: a box whose clock was not set yet when it kept a row does not know that row's age, so it does not go by age."""


class Limits(Value, frozen=True, kw_only=True):
    """How much the journal may hold. What is over is dropped in the order of `shedding`."""

    max_rows: int = 20_000
    """Messages of one station."""
    max_bytes: int = 512 * MIB
    """Messages of all stations together; the file may be half as much again."""
    max_age_s: float = 30 * DAY_S
    """Older messages go, but never begin and end of a transaction."""


class QueueRow(Value, frozen=True, kw_only=True):
    """What waits for one station's CSMS."""

    identity: str
    waiting: int
    oldest_at: float
    """Unix seconds by the box's clock when it was kept."""
    bytes: int


class DeadLetter(Value, frozen=True, kw_only=True):
    """A message the CSMS would not take, after all attempts."""

    id: int
    identity: str
    item: Item
    kept_at: float
    buried_at: float
    """Both in Unix seconds by the box's clock."""
    attempts: int
    code: str
    """The CSMS's last CALLERROR code, or a word of ours such as `timeout`."""
    text: str


@dataclass(slots=True, kw_only=True)
class JournalStats:
    """Figures for metrics; written by the trio loop, read by anybody."""

    waiting: dict[str, int] = field(default_factory=dict)
    """Messages per station (identity as it writes it); stations without any are not there."""
    oldest_at: dict[str, float] = field(default_factory=dict)
    """When the oldest of them was kept, in Unix seconds."""
    bytes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """By reason: `update`, `event`, `latest` for want of room; `age`; `alias`; `dead letter`; `operator`."""
    replaced: int = 0
    """Messages that a newer one with the same merge key took the place of."""
    refused: int = 0
    """Messages that could not be kept: their stations were not answered."""
    dead_letters: int = 0
    commits: int = 0
    jobs: int = 0
    """Changes and questions carried out; divided by `commits` it is the size of a group."""
    commit_s: float = 0.0
    """Seconds spent in transactions, all together."""
    failures: int = 0
    """Transactions that the disk refused."""
