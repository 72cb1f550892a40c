"""What looks like an alarm on the page and is only on its way: a box that starts, a limit that has just fallen.

A station counts with its rating until it has confirmed a limit, so on paper every start overdraws every fuse for a
moment, and so does every limit that falls. The page says it as what it is, for a bounded time and only while no meter
shows more than a limit at a start; after that it is told as on any other day. Metrics, alerts and readiness know
nothing of this.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot

Json = Mapping[str, Any]
STARTING_S: Final = 30.0
"""Two time-outs of the box's own orders: who has not confirmed its first limit by then is in trouble."""
FALLING_S: Final = 15.0
"""So long a station that was told less, and its car, may take to follow."""
SLACK_A: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How far the start has come: of `all` stations to be limited, so many are `here` and so many are `limited`."""

    here: int
    limited: int
    all: int


def start_of(snapshot: Snapshot) -> Start | None:
    """How far the start has come; None once it is over, or would hide a current that is really too high."""
    shown, age_s = snapshot.charging, snapshot.taken_at - snapshot.started_at
    if not shown or not 0 <= age_s < STARTING_S or any(map(_overloaded, _lines(shown))):
        return None
    stations = [one for one in _listed(shown, "stations") if one["controllable"] and one["actuator"] != "uncontrolled"]
    met = [one for one in stations if one["online"] or (one["heard_at"] or 0.0) >= snapshot.started_at]
    # Who had a limit and did not follow it starts over with another kind of profile: that is no start of the box.
    limited = sum(one["limited"] or bool(one["failed_actuators"]) for one in met)
    if limited == len(stations) and snapshot.state is not ServiceState.STARTING:
        return None
    return Start(here=len(met), limited=limited, all=len(stations))


def falls(line: Json, at: float, *, starting: bool) -> bool:
    """Whether what stations may draw beyond this limit is on its way down: a start, or a limit that is quite new."""
    over = bool(line.get("over_a") or line.get("over_w"))
    return over and (starting or (line["since"] is not None and 0 <= at - line["since"] < FALLING_S))


def _overloaded(line: Json) -> bool:
    measured, limit = line["measured_a"], line["net_a"]
    return measured is not None and limit is not None and measured > limit + SLACK_A


def _lines(shown: Mapping[str, object]) -> Iterator[Json]:
    return (line for panel in _listed(shown, "panels") for line in panel["phases"].values())


def _listed(shown: Mapping[str, object], name: str) -> list[Json]:
    found = shown.get(name)
    return found if isinstance(found, list) else []
