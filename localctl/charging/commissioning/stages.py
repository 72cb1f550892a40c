"""The words of commissioning: a step and its stages, what it asks for, and what came of it.

ready --clear--> clearing --answered--> ready          a profile of the step before is taken away first
ready --ask----> asked ----taken------> watching       the station was asked and said yes
  |                |-------refused----> ready          it said no: that is the finding
  |--watch---> watching --seen | late-> ready          what the step waits for came, or did not come in time
anything --end--> restoring --answered--> restoring --restored--> over
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from localctl.charging.base.phases import PerPhase
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.profile.profiles import RateUnit


class Stage(Enum):
    """Where a trial stands."""

    READY = "ready"
    CLEARING = "clearing"
    ASKED = "asked"
    WATCHING = "watching"
    RESTORING = "restoring"
    OVER = "over"


MOVES: Final[Mapping[tuple[Stage, str], Stage]] = {
    (Stage.READY, "clear"): Stage.CLEARING,
    (Stage.CLEARING, "answered"): Stage.READY,
    (Stage.READY, "ask"): Stage.ASKED,
    (Stage.ASKED, "taken"): Stage.WATCHING,
    (Stage.ASKED, "refused"): Stage.READY,
    (Stage.READY, "watch"): Stage.WATCHING,
    (Stage.WATCHING, "seen"): Stage.READY,
    (Stage.WATCHING, "late"): Stage.READY,
    (Stage.READY, "end"): Stage.RESTORING,
    (Stage.CLEARING, "end"): Stage.RESTORING,
    (Stage.ASKED, "end"): Stage.RESTORING,
    (Stage.WATCHING, "end"): Stage.RESTORING,
    (Stage.RESTORING, "end"): Stage.RESTORING,
    (Stage.RESTORING, "answered"): Stage.RESTORING,
    (Stage.RESTORING, "restored"): Stage.OVER,
}


class Until(StrEnum):
    """What a step waits for."""

    ANSWERED = "answered"
    CHARGING = "charging"
    PAUSED = "paused"
    FALLEN = "fallen"
    RISEN = "risen"
    STEADY = "steady"
    PONG = "pong"
    BACK = "back"


OF_THE_METER: Final = frozenset({Until.CHARGING, Until.PAUSED, Until.FALLEN, Until.RISEN, Until.STEADY})


class LetGo(StrEnum):
    """How the box lets go of a station's connection."""

    CLOSE = "close"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """By which kind of profile a step holds the station. `daily` is the one dispatch writes anyway."""

    actuator: Actuator
    unit: RateUnit
    level: int = 0
    daily: bool = False
    named: bool = True
    relative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """So many amperes per phase at most, never more than the share, as long as the step lasts."""

    amps: float
    lever: Lever


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A CALL to the station, as JSON. `reads_meter`: it makes the station send MeterValues of this EVSE."""

    number: int = 0
    action: str
    payload: str
    reads_meter: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A WebSocket ping, and waiting for its pong."""

    number: int = 0
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Letting go of the connection."""

    number: int = 0
    how: LetGo


Deed = Ask | Ping | Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a deed. `taken` None: nobody knows. `answer` is the decoded payload of an answer."""

    taken: bool | None
    answer: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what it does to the station, what it waits for and how long. `silent`: the box renews nothing."""

    key: str
    title: str
    until: Until
    within_s: float
    hold: Hold | None = None
    deed: Deed | None = None
    amps: float = 0.0
    silent: bool = False


class Came(StrEnum):
    """How a step ended."""

    YES = "yes"
    NO = "no"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a step: after how long, and what was drawn then on the station's conductors and at each meter.

    `blunt`: the station's meter could not be asked, so `took_s` is only the most that it can have been.
    """

    came: Came
    title: str
    until: Until
    ended_at: float
    took_s: float = 0.0
    drawn_a: float | None = None
    currents: dict[int, float] = field(default_factory=dict)
    meters: dict[str, PerPhase] = field(default_factory=dict)
    answer: object = None
    blunt: bool = False
