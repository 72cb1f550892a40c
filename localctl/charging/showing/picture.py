"""The whole site in one picture: plain JSON values for the page, the API, the command line and the metrics (P5).

All four show this one value, so they cannot tell different stories. It is made after a cycle, from what that cycle
found and from what stations are entitled to at this moment; it never changes afterwards.

    {"at", "cycle_at", "panels": [...], "stations": [...], "adopted": [...], "external": [...], "loads": [...]}

Amperes are per phase. None means "not known" or "no such limit", never 0. Instants are seconds since 1970.
"""

from collections.abc import Iterator
from typing import Any

from localctl.charging.limiting.limits import Cap, Source, Word, words
from localctl.charging.loop.controller import Controller
from localctl.charging.showing.picture_rows import Overdrafts, finite, panels, rounded, sums, told
from localctl.charging.showing.picture_stations import adopted, stations
from localctl.charging.tree.rows import RowKind
from localctl.charging.tree.topology import Path

Json = dict[str, Any]


def picture(controller: Controller, now: float, overdrafts: Overdrafts | None = None) -> Json:
    """What there is to see at `now`. Before the first cycle nothing is known and the lists are empty.

    `overdrafts` remembers since when a conductor is overdrawn: give the same one every time.
    """
    last = controller.last
    if last is None:
        return {"at": now, "cycle_at": None, "panels": [], "stations": [], "adopted": [], "external": [], "loads": []}
    held = controller.dispatcher.held(now, now)
    entitled = {name: held[name] for name in controller.managed}
    found = sums(controller, last, entitled, now)
    return {
        "at": now,
        "cycle_at": last.at,
        "panels": panels(controller, last, found, overdrafts or Overdrafts(), now),
        "stations": stations(controller, last, entitled, now),
        "adopted": adopted(controller, held),
        "external": list(external(controller, now)),
        "loads": list(_loads(controller, now)),
    }


def name_of(node: Path) -> str:
    """A node as people write it: `panel:main`, `station:CP1`."""
    return ":".join(node)


def external(controller: Controller, now: float, node: Path | None = None) -> Iterator[Json]:
    """What each source outside says, about every node or about one, and how fresh its word is."""
    for source in sorted(controller.limits.sources(now), key=lambda source: (source.node, source.name)):
        if node is None or source.node == node:
            rule = controller.limits.rules.get(source.name)
            yield _source(source, now) | {"kind": rule.kind.value if rule is not None else source.name}


def _source(source: Source, now: float) -> Json:
    word = _word(source, now)
    stale_at = finite(source.stale_at())
    return {
        "source": source.name,
        "node": name_of(source.node),
        "state": word.state.value,
        "heard_at": source.heard_at,
        "age_s": None if source.heard_at is None else rounded(now - source.heard_at),
        "stale_at": stale_at,
        "expires_at": source.valid_until,
        "covers": source.covers.value,
        "until": finite(word.until),
    } | _cap(word.cap)


def _word(source: Source, now: float) -> Word:
    return next(word for word in words(source, now) if word.since <= now < word.until)


def _cap(cap: Cap) -> Json:
    amps = [rounded(value) for value in cap.a]
    return {"limit_a": None if amps == [None, None, None] else amps, "limit_w": rounded(cap.w)}


def _loads(controller: Controller, now: float) -> Iterator[Json]:
    """Other consumers and what they are taken to draw."""
    meters = controller.metered_loads(now)
    for name, load in sorted(controller.topology.loads.items()):
        other = meters.get(name)
        amps, how = (load.reserved_a, "reserved") if other is None else (other.a, other.source)
        yield {
            "name": name, "panel": load.panel, "current_a": [rounded(value) for value in amps], "known": how,
            "metered": other is not None, "read_at": controller.ground.loads.read_at(name),
        }  # fmt: skip


def in_force(controller: Controller, node: Path, now: float) -> Json:
    """What limits one node at this moment, row by row, with everything said about it until now."""
    bounds, rows = controller.horizon(now).at(now).bounds, {}
    for number, row in enumerate(controller.network().rows):
        if row.node == node and row.kind is RowKind.CURRENT:
            rows[row.phase] = told(bounds[number], "a")
        elif row.node == node and row.kind is RowKind.POWER and bounds[number].value is not None:
            rows[row.phase] = told(bounds[number], "w")
    return {"node": name_of(node), "at": now, "limits": rows, "external": list(external(controller, now, node))}
