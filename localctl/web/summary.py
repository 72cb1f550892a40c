"""The head of the page in a few words: the mode, why it is not normal, the CSMS, and what binds now.

    normal     everything is as it should be
    starting   stations have not all been heard and limited yet, and there was no time for it so far
    degraded   the box works, but something is wrong or missing
    failsafe   the site runs on fallbacks: a source was not heard in time, or control itself stands still
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from localctl.charging.showing.picture_text import COUNTED, place, source, when
from localctl.charging.showing.picture_words import Language
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot
from localctl.web.figures import amps
from localctl.web.settling import Start, falls, start_of
from localctl.web.texts import age, text
from localctl.web.told import told

Json = Mapping[str, Any]
Mode = Literal["normal", "starting", "degraded", "failsafe"]
CYCLE_LATE_S: Final = 30.0
"""A control cycle that long ago is a standstill: leases run out meanwhile."""
BINDING: Final = ("row", "waiting", "no_room", "squeezed", "below_min", "imbalance")
UNSTEERED: Final = COUNTED - {"reserved"}
DONE: Final = ("full", "full_yielding")
STRAY_A: Final = 1.0
"""So much flows nowhere by itself."""
MOST_REASONS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the head of the page says."""

    mode: Mode
    reasons: tuple[str, ...]
    csms: str
    csms_good: bool
    now: str


def summary(snapshot: Snapshot, lang: Language) -> Summary:
    """The head of the page for this snapshot."""
    start = start_of(snapshot)
    grave = list(_failsafe(snapshot, lang))
    mild = list(_degraded(snapshot, lang, starting=start is not None))
    here = sum(station.upstream_connected for station in snapshot.stations)
    known = len(snapshot.stations)
    hurt = snapshot.state is not ServiceState.READY or (known > 0 and not here)
    met = any(station.connected or station.arrivals for station in snapshot.stations)
    csms = "csms.none" if not met else "csms.connected" if here else "csms.away"
    usual: Mode = "degraded" if hurt else "normal"
    return Summary(
        mode="failsafe" if grave else "degraded" if mild else usual if start is None else "starting",
        reasons=(*grave, *mild)[:MOST_REASONS],
        csms=text(lang, csms, here=here, all=known) + _each_csms(snapshot),
        csms_good=here == known or start is not None,
        now=binds(snapshot.charging, lang) if start is None else _starts(start, lang),
    )


def _each_csms(snapshot: Snapshot) -> str:
    """Where there are several: for how many of its stations each is there; a sum would hide one that is away."""
    known = Counter(station.csms for station in snapshot.stations if station.csms is not None)
    joined = Counter(station.csms for station in snapshot.stations if station.upstream_connected)
    shares = ", ".join(f"{name} {joined[name]}/{count}" for name, count in sorted(known.items()))
    return f" ({shares})" if len(known) > 1 else ""


def _starts(start: Start, lang: Language) -> str:
    return text(lang, "now.start", here=start.here, limited=start.limited, all=start.all)


def binds(shown: Json, lang: Language) -> str:
    """What limits the site now, in one sentence: the limit that most cars feel."""
    if not shown:
        return text(lang, "now.router")
    if shown.get("cycle_at") is None:
        return text(lang, "now.starting")
    evses = [evse for station in shown["stations"] for evse in station["evses"] if evse["transaction"] is not None]
    felt = [evse["binding"] for evse in evses if evse["binding"] is not None and evse["reason"] in BINDING]
    if not felt:
        return _unbound(shown, evses, lang)
    (key, count), *_ = Counter(map(_alike, felt)).most_common(1)
    return _bound([found for found in felt if _alike(found) == key], count, lang)


def _unbound(shown: Json, evses: list[Json], lang: Language) -> str:
    """No car feels a limit of the site: how many charge, or what else can be said of those that are there."""
    steered = [evse for evse in evses if evse["reason"] not in UNSTEERED]
    charging = sum(bool(evse["share_a"]) and evse["reason"] not in DONE for evse in steered)
    lines = [line for panel in shown["panels"] for line in panel["phases"].values()]
    flows_a = max((line["measured_a"] or 0.0 for line in lines), default=0.0)
    if charging:
        return text(lang, "now.free", count=charging)
    if len(evses) > len(steered):
        return text(lang, "now.unsteered")
    return text(lang, "now.stray", amps=amps(lang, flows_a)) if flows_a >= STRAY_A else text(lang, "now.idle")


def _alike(found: Json) -> tuple[str, str, float | None, float | None]:
    return found["node"], found["source"], found["gross"], found["until"]


def _bound(felt: list[Json], count: int, lang: Language) -> str:
    first = felt[0]
    until = "" if first["until"] is None else text(lang, "now.until", at=when(first["until"], lang=lang))
    limit = first["gross"] if first["gross"] is not None else first["net"]
    watts = first["unit"] == "W"
    return text(
        lang,
        "now.binds",
        source=source(first["source"], lang),
        place=place(first["node"], lang),
        amps=amps(lang, None if limit is None else limit / 1000, unit=False) + " kW" if watts else amps(lang, limit),
        phases=", ".join(sorted({found["phase"] for found in felt})),
        until=until,
        cars=text(lang, "now.car") if count == 1 else text(lang, "now.cars", count=count),
    )


def _failsafe(snapshot: Snapshot, lang: Language) -> Iterator[str]:
    shown = snapshot.charging
    cycle_at = shown.get("cycle_at")
    if not isinstance(cycle_at, int | float):
        return
    late_s = snapshot.taken_at - cycle_at
    if late_s > CYCLE_LATE_S:
        yield text(lang, "why.mode.cycle", age=age(lang, late_s))
    fallen = {
        (line["source"], panel["id"])
        for panel in _listed(shown, "panels")
        for line in panel["phases"].values()
        if line["state"] == "stale"
    }
    for name, panel in sorted(fallen):
        yield text(lang, "why.mode.fallback", source=name, place=place(f"panel:{panel}", lang))


def _degraded(snapshot: Snapshot, lang: Language, *, starting: bool) -> Iterator[str]:
    if not starting or snapshot.state is not ServiceState.STARTING:
        yield from (told(lang, reason) for reason in snapshot.reasons)
    shown = snapshot.charging
    for panel in _listed(shown, "panels"):
        over = [line for line in panel["phases"].values() if line["over_a"]]
        if over and not starting:
            worst = max(over, key=lambda line: float(line["over_a"]))
            since, where = when(worst["over_since"], lang=lang), place(f"panel:{panel['id']}", lang)
            key = "now.falls" if all(falls(line, snapshot.taken_at, starting=False) for line in over) else "now.over"
            yield text(lang, key, amps=amps(lang, worst["over_a"]), place=where, since=since)
    for station in _listed(shown, "stations"):
        for evse in station["evses"]:
            if evse["distrusted"]:
                yield text(lang, "why.mode.disobeys", place=f"{station['identity']}/{evse['id']}")


def _listed(shown: Mapping[str, object], name: str) -> list[Json]:
    found = shown.get(name)
    return found if isinstance(found, list) else []
