"""Building a site and saying everything that is wrong with it, all at once.

Names first (two things of one name cannot be told apart), then the tree (one root, nothing hangs in the air or in a
ring), then phases and ratings along its edges, last the failsafe sum of promise P3, which needs a sound tree.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from math import isfinite

import networkx as nx

from localctl.charging.base.phases import PHASES, ROTATIONS, UNKNOWN, conductors
from localctl.charging.tree.topology import (
    Group,
    Load,
    Panel,
    Path,
    Problem,
    Severity,
    Site,
    Station,
    Topology,
    draw,
)


def build(
    site: Site,
    panels: Iterable[Panel],
    stations: Iterable[Station],
    loads: Iterable[Load] = (),
    groups: Iterable[Group] = (),
) -> tuple[Topology | None, tuple[Problem, ...]]:
    """The site as a checked tree, and every problem found; no tree where a problem is an error.

    The failsafe sum is not done here: it is `topology_failsafe.check_failsafe` on the tree this returns.
    """
    panels, stations, loads, groups = tuple(panels), tuple(stations), tuple(loads), tuple(groups)
    problems = [*_names(panels, stations, loads), *_tree(panels, stations, loads), *_values(site, panels, stations)]
    problems += [*_edges(panels, stations, loads), *_groups(stations, groups)]
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, tuple(problems)
    topology = Topology(
        site=site,
        root=next(panel.id for panel in panels if panel.parent is None),
        panels={panel.id: panel for panel in panels},
        stations={station.identity: station for station in stations},
        loads={load.id: load for load in loads},
        groups=groups,
        graph=draw(panels, stations, loads),
    )
    return topology, tuple(problems)


def _names(panels: tuple[Panel, ...], stations: tuple[Station, ...], loads: tuple[Load, ...]) -> Iterator[Problem]:
    kinds: tuple[tuple[str, list[str]], ...] = (
        ("panel", [panel.id for panel in panels]),
        ("station", [station.identity for station in stations]),
        ("load", [load.id for load in loads]),
    )
    for kind, names in kinds:
        for name in _twice(names):
            message = f"{kind} {name!r} is there more than once"
            yield Problem(code="duplicate", path=(kind, name), message=message, hint="give each its own name")
    for station in stations:
        for number in _twice([str(evse.id) for evse in station.evses]):
            path = ("station", station.identity, "evse", number)
            message = f"station {station.identity!r} has EVSE {number} more than once"
            yield Problem(code="duplicate", path=path, message=message, hint="number the EVSEs 1, 2, 3 …")


def _twice(names: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _tree(panels: tuple[Panel, ...], stations: tuple[Station, ...], loads: tuple[Load, ...]) -> Iterator[Problem]:
    known = {panel.id for panel in panels}
    yield from _root(panels)
    fed = [(panel.id, panel.parent) for panel in panels if panel.parent is not None]
    hanging: list[tuple[Path, str]] = [(("panel", name), parent) for name, parent in fed]
    hanging += [(("station", station.identity), station.panel) for station in stations]
    hanging += [(("load", load.id), load.panel) for load in loads]
    for path, parent in hanging:
        if parent not in known:
            message = f"{path[0]} {path[1]!r} hangs on panel {parent!r}, which does not exist"
            hint = f"panels are: {', '.join(sorted(known)) or 'none'}"
            yield Problem(code="orphan", path=path, other=("panel", parent), message=message, hint=hint)
    for ring in nx.simple_cycles(draw(panels, (), ())):
        first = min(ring)
        names = " - ".join(path[1] for path in [*ring[ring.index(first) :], *ring[: ring.index(first) + 1]])
        message = f"panels feed each other in a ring: {names}"
        yield Problem(code="cycle", path=first, message=message, hint="remove the parent of the one nearest the grid")


def _root(panels: tuple[Panel, ...]) -> Iterator[Problem]:
    roots = [panel.id for panel in panels if panel.parent is None]
    if not roots:
        message = "no panel is connected to the grid" if panels else "the site has no panel"
        yield Problem(code="no-root", path=("panel",), message=message, hint="leave out `parent` of the main panel")
    for extra in roots[1:]:
        message = f"panel {extra!r} has no parent, but {roots[0]!r} is the site's main panel already"
        hint = f"set its parent, for example parent = {roots[0]!r}"
        yield Problem(code="two-roots", path=("panel", extra), other=("panel", roots[0]), message=message, hint=hint)


def _values(site: Site, panels: tuple[Panel, ...], stations: tuple[Station, ...]) -> Iterator[Problem]:
    if not (isfinite(site.nominal_voltage_v) and site.nominal_voltage_v > 0):
        yield _bad(("site",), "the nominal voltage must be above 0 V", "230 in most of the world, 120 in North America")
    for panel in panels:
        numbers = [*(amps for amps in panel.fuse_a if amps is not None), panel.reserve_a, panel.limit_w or 0.0]
        numbers.append(panel.imbalance_limit_a or 0.0)
        if not panel.phases or not all(isfinite(number) and number >= 0 for number in numbers):
            message = f"panel {panel.id!r} needs at least one fuse, and no number below 0"
            yield _bad(("panel", panel.id), message, "fuse_a is the rating of each phase in ampere")
        if panel.transformer_ratio is not None and not panel.transformer_ratio > 0:
            yield _bad(("panel", panel.id), "a transformer ratio must be above 0", "primary over secondary voltage")
    for station in stations:
        yield from _station_values(station)


def _station_values(station: Station) -> Iterator[Problem]:
    path = ("station", station.identity)
    if station.phase_rotation not in ROTATIONS and station.phase_rotation != UNKNOWN:
        message = f"station {station.identity!r} has phase rotation {station.phase_rotation!r}"
        yield _bad(path, message, f"one of {', '.join(ROTATIONS)} or {UNKNOWN}")
    if not (station.weight > 0 and isfinite(station.weight) and station.failsafe_a >= 0):
        yield _bad(
            path, f"station {station.identity!r} needs a weight above 0 and a failsafe of 0 or more", "weight = 1"
        )
    if station.max_a is not None and not (isfinite(station.max_a) and station.max_a >= 0):
        yield _bad(
            path, f"station {station.identity!r} has a rating of {station.max_a} A", "0 or more, or leave it out"
        )
    for evse in station.evses:
        if not (0 <= evse.min_a <= evse.max_a and isfinite(evse.max_a) and 0 < evse.efficiency <= 1):
            message = f"EVSE {evse.id} of {station.identity!r}: {evse.min_a} A to {evse.max_a} A is no range"
            yield _bad((*path, "evse", str(evse.id)), message, "0 <= min_a <= max_a, and an efficiency up to 1")
        if not evse.phases or len(set(evse.phases)) < len(evse.phases) or not set(evse.phases) <= {1, 2, 3}:
            message = f"EVSE {evse.id} of {station.identity!r} has phases {evse.phases}"
            yield _bad((*path, "evse", str(evse.id)), message, "the station's conductors 1, 2, 3, each once")


def _bad(path: Path, message: str, hint: str) -> Problem:
    return Problem(code="value", path=path, message=message, hint=hint)


def _edges(panels: tuple[Panel, ...], stations: tuple[Station, ...], loads: tuple[Load, ...]) -> Iterator[Problem]:
    known = {panel.id: panel for panel in panels}
    for panel in panels:
        if panel.parent in known:
            yield from _panel_edge(panel, known[panel.parent])
    for station in stations:
        if station.panel in known and station.phase_rotation in {*ROTATIONS, UNKNOWN}:
            yield from _station_edge(station, known)
    for load in loads:
        phases = [phase for phase, amps in enumerate(load.reserved_a) if amps]
        if load.panel in known:
            yield from _missing(("load", load.id), phases, known[load.panel])


def _panel_edge(child: Panel, parent: Panel) -> Iterator[Problem]:
    yield from _missing(("panel", child.id), child.phases, parent)
    for phase in set(child.phases) & set(parent.phases):
        below, above = child.fuse_a[phase] or 0.0, (parent.fuse_a[phase] or 0.0) * (child.transformer_ratio or 1.0)
        if below > above:
            message = f"{PHASES[phase]}: panel {child.id!r} is fused {below:g} A below {parent.id!r} with {above:g} A"
            hint = "the parent binds first; check that the two ratings are not swapped"
            path, other = ("panel", child.id), ("panel", parent.id)
            yield Problem(code="rating", path=path, other=other, message=message, hint=hint, severity=Severity.WARNING)
            return


def _station_edge(station: Station, panels: dict[str, Panel]) -> Iterator[Problem]:
    path, panel = ("station", station.identity), panels[station.panel]
    if station.phase_rotation == UNKNOWN:
        if station.line_to_line or _behind_transformer(panel, panels):
            message = f"station {station.identity!r} needs a known phase rotation: angles matter where it is connected"
            hint = "set phase_rotation, for example 'RST'"
            yield Problem(code="rotation", path=path, other=("panel", panel.id), message=message, hint=hint)
        return
    for evse in station.evses:
        numbers = tuple(number for number in evse.phases if number in {1, 2, 3})
        wired = conductors(station.phase_rotation, numbers) or ()
        if len(wired) < len(numbers):
            message = f"EVSE {evse.id} of {station.identity!r} uses {len(numbers)} conductors, rotation "
            message += f"{station.phase_rotation!r} names {len(wired)} of them"
            yield Problem(code="phase", path=path, message=message, hint="name as many as it uses, such as 'RST'")
        if station.line_to_line:
            wired = tuple({*wired, *((phase + 1) % 3 for phase in wired)})
        yield from _missing(path, wired, panel)


def _behind_transformer(panel: Panel, panels: dict[str, Panel]) -> bool:
    seen: set[str] = set()
    while panel.id not in seen:
        seen.add(panel.id)
        if panel.transformer_ratio is not None:
            return True
        panel = panels.get(panel.parent or "", panel)
    return False


def _missing(path: Path, phases: Iterable[int], panel: Panel) -> Iterator[Problem]:
    absent = sorted(set(phases) - set(panel.phases))
    if absent:
        names = ", ".join(PHASES[phase] for phase in absent)
        message = f"{path[0]} {path[1]!r} uses {names}, which panel {panel.id!r} does not have"
        hint = f"panel {panel.id!r} has {', '.join(PHASES[phase] for phase in panel.phases) or 'no phase'}"
        yield Problem(code="phase", path=path, other=("panel", panel.id), message=message, hint=hint)


def _groups(stations: tuple[Station, ...], groups: tuple[Group, ...]) -> Iterator[Problem]:
    known = {(station.identity, evse.id) for station in stations for evse in station.evses}
    for group in groups:
        for evse, weight in group.weights:
            if evse not in known or not (isfinite(weight) and weight >= 0):
                message = f"group {group.id!r}: {evse[0]!r} EVSE {evse[1]} with weight {weight:g}"
                hint = "name EVSEs of the site, with weights of 0 or more"
                yield Problem(code="group", path=("group", group.id), message=message, hint=hint)
