"""What changed from one picture of the site to the next, in the few facts an event needs.

    limit       what a panel may take, from whom, or whether that one's word still holds
    source      a source outside went silent, ended or is heard again
    car         a transaction began or ended
    disobeys    a station draws more than it was told; or obeys again
    over        stations may draw more than a limit until they confirm; or it is over
    fault       something is wrong with the box; or is no longer
    csms_away   no station that is here has this CSMS any more; or one has it again (`csms_back`)

Only plain values of the picture are looked at, and of the stations whose they are and who has its CSMS. The first
picture is where the comparison begins and makes no events, so a restart does not look like a storm.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from localctl.observe.snapshot import StationView

Json = Mapping[str, Any]
Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event to be."""

    kind: str
    subject: str
    facts: Facts = field(default_factory=dict)
    warns: bool = False


class Changes:
    """Compares each picture with the one before."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], Facts] | None = None
        self._reasons: tuple[str, ...] = ()
        self._away: dict[str, bool] = {}

    def of_csmss(self, stations: Iterable[StationView]) -> Iterator[Change]:
        """Which CSMS went away or came back. Of one that no station here should have, nothing new is known."""
        lonely: dict[str, int] = {}
        joined: set[str] = set()
        for one in stations:
            if one.csms is not None and one.upstream_connected:
                joined.add(one.csms)
            elif one.csms is not None and one.connected:
                lonely[one.csms] = lonely.get(one.csms, 0) + 1
        for csms in sorted(joined | lonely.keys()):
            away = csms not in joined
            if away and not self._away.get(csms, False):
                yield Change(kind="csms_away", subject=csms, facts={"stations": str(lonely[csms])}, warns=True)
            elif self._away.get(csms, False) and not away:
                yield Change(kind="csms_back", subject=csms)
            self._away[csms] = away

    def found(self, picture: Json, reasons: tuple[str, ...]) -> list[Change]:
        """What is different now."""
        changes = list(self._faults(reasons))
        if picture.get("cycle_at") is None:
            return changes
        now = dict(_states(picture))
        if self._states is not None:
            for key in now.keys() | self._states.keys():
                old, new = self._states.get(key), now.get(key)
                if old != new:
                    changes.extend(_told(key, old, new))
        self._states = now
        return sorted(changes, key=lambda change: (change.kind, change.subject))

    def _faults(self, reasons: tuple[str, ...]) -> Iterator[Change]:
        for reason in reasons:
            if reason not in self._reasons:
                yield Change(kind="fault", subject="", facts={"reason": reason}, warns=True)
        for reason in self._reasons:
            if reason not in reasons:
                yield Change(kind="fault_over", subject="", facts={"reason": reason})
        self._reasons = reasons


def _states(picture: Json) -> Iterator[tuple[tuple[str, str], Facts]]:
    """Everything whose change is an event, by kind and subject; what is not there is in its usual state."""
    for panel in picture["panels"]:
        if panel["phases"]:
            yield ("limit", panel["id"]), _limit(panel["phases"])
        for phase, line in panel["phases"].items():
            if line["over_a"]:
                yield ("over", f"{panel['id']} {phase}"), {}
    for source in picture["external"]:
        yield ("source", f"{source['source']} · {source['node']}"), {"state": source["state"]}
    for station in picture["stations"]:
        for evse in station["evses"]:
            place = f"{station['identity']}/{evse['id']}"
            if evse["transaction"] is not None:
                yield ("car", place), {"id": evse["transaction"]["id"]}
            if evse["distrusted"]:
                yield ("disobeys", place), {}


def _limit(phases: Json) -> Facts:
    """The panel's limit in words: one figure where its phases have the same, else one for each."""
    amps = ["–" if line["limit_a"] is None else f"{line['limit_a']:.1f}" for line in phases.values()]
    sources = sorted({line["source"] for line in phases.values()})
    states = sorted({line["state"] for line in phases.values()})
    return {
        "limit": (amps[0] if len(set(amps)) == 1 else " / ".join(amps)) + " A",
        "source": ", ".join(sources),
        "state": ", ".join(states),
    }


def _told(key: tuple[str, str], old: Facts | None, new: Facts | None) -> Iterator[Change]:
    kind, subject = key
    match kind:
        case "limit":
            if old is not None and new is not None:
                facts = {**new, "before": old["limit"]}
                yield Change(kind="limit", subject=subject, facts=facts, warns=new["state"] != "live")
        case "source":
            if new is not None:
                yield Change(kind="source", subject=subject, facts=new, warns=new["state"] == "stale")
        case "car":
            if old is not None:
                yield Change(kind="car_over", subject=subject)
            if new is not None:
                yield Change(kind="car", subject=subject)
        case _:
            yield Change(kind=kind if new is not None else f"{kind}_over", subject=subject, warns=new is not None)
