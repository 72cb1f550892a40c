"""Config to the charging core's values, and that core's judgement of the site back to lines of the file.

`localctl.charging` knows no configuration; it names what it complains about by paths such as ("panel", "main") or
("station", "CP1", "evse", "2"). Here, and only here, those become places in config.toml.
"""

from collections.abc import Iterator

from localctl.charging.allocation.topology_failsafe import check_failsafe
from localctl.charging.tree import topology as domain
from localctl.charging.tree.rows import compile_rows
from localctl.charging.tree.topology_check import build
from localctl.config.load import Loaded
from localctl.config.locate import Path
from localctl.config.model import Config, Panel, Station, StationSettings
from localctl.config.problems import Finding, Severity

_KEY_OF = {
    ("panel", "rating"): "fuse_a",
    ("panel", "failsafe"): "fuse_a",
    ("panel", "phase"): "phases",
    ("station", "rotation"): "phase_rotation",
    ("station", "phase"): "phase_rotation",
    ("load", "phase"): "current_a",
}
_PANEL_PHASES = "RST"
ADOPTED = "adopted stations"
"""Name of the load that stands for stations of `unknown_stations = "adopt"`; no [[load]] may be called so."""


def panels_of(config: Config) -> tuple[domain.Panel, ...]:
    """The panels as the topology wants them: no ampere on a conductor that is not there."""
    return tuple(_panel(panel) for panel in config.panel)


def _panel(panel: Panel) -> domain.Panel:
    fuses = [amps if letter in panel.phases else None for letter, amps in zip(_PANEL_PHASES, panel.fuse_a, strict=True)]
    return domain.Panel(
        id=panel.id,
        parent=panel.parent,
        fuse_a=(fuses[0], fuses[1], fuses[2]),
        reserve_a=panel.reserve_a,
        limit_w=panel.limit_w,
        imbalance_limit_a=panel.imbalance_limit_a,
        imbalance=domain.Imbalance(panel.imbalance),
        transformer_ratio=panel.transformer_ratio,
    )


def stations_of(config: Config) -> tuple[domain.Station, ...]:
    """The stations that hang on a panel; those without one are only routed."""
    return tuple(
        _station(station, station.panel, config.settings(station.identity))
        for station in config.station
        if station.panel is not None
    )


def _station(station: Station, panel: str, settings: StationSettings) -> domain.Station:
    evses = tuple(
        domain.Evse(
            id=evse.id,
            phases=evse.phases,
            min_a=evse.min_a,
            max_a=evse.max_a,
            current=domain.Current(evse.current),
            max_w=evse.max_w,
            efficiency=evse.efficiency,
        )
        for evse in station.evses
    )
    return domain.Station(
        identity=station.identity,
        panel=panel,
        evses=evses,
        phase_rotation=station.phase_rotation,
        failsafe_a=settings.failsafe_current_a,
        max_a=station.max_a,
        weight=station.weight,
        priority=station.priority,
        controllable=settings.control not in {"observe", "uncontrolled"},
        line_to_line=station.line_to_line,
        keeps_profiles=settings.keeps_profiles,
    )


def loads_of(config: Config) -> tuple[domain.Load, ...]:
    """Other consumers, with what is kept free for them; stations that may be adopted are one of them."""
    loads = (domain.Load(id=load.name, panel=load.panel, reserved_a=load.current_a) for load in config.load)
    return (*loads, *_adopted(config))


def _adopted(config: Config) -> Iterator[domain.Load]:
    """Room for every station that may be adopted, each on all phases: nobody knows its rotation."""
    defaults = config.defaults
    for panel in config.panel:
        if defaults.unknown_stations == "adopt" and panel.id == defaults.adopt_into:
            total_a = defaults.adopt_count * defaults.adopt_current_a
            r, s, t = (total_a if letter in panel.phases else None for letter in _PANEL_PHASES)
            yield domain.Load(id=ADOPTED, panel=panel.id, reserved_a=(r, s, t))


def topology_of(config: Config) -> tuple[domain.Topology | None, tuple[domain.Problem, ...]]:
    """The site's tree with all problems; None for a pure router (no panel) and for a tree that does not hold.

    The failsafe sum (P3) is among the problems: what stations draw by themselves must fit every fuse.
    """
    if not config.panel:
        return None, ()
    site = domain.Site(nominal_voltage_v=config.site.nominal_voltage_v)
    topology, problems = build(site, panels_of(config), stations_of(config), loads_of(config))
    if topology is None:
        return None, problems
    return topology, (*problems, *check_failsafe(compile_rows(topology)))


def check_topology(loaded: Loaded) -> Loaded:
    """The loaded file with the tree's problems at their lines. A file with errors is given back as it is."""
    if loaded.config is None:
        return loaded
    _, problems = topology_of(loaded.config)
    return loaded.with_findings([_finding(problem, loaded.config) for problem in problems])


def _finding(problem: domain.Problem, config: Config) -> Finding:
    path = _place(problem.path, config)
    key = _KEY_OF.get((str(path[0]), problem.code))
    written = key is not None and len(path) == 2
    room_a = sum(max(amps or 0.0 for amps in load.reserved_a) for load in _adopted(config))
    adopted = f"; {room_a:g} A are kept for adopted stations" if problem.code == "failsafe" and room_a else ""
    return Finding(
        path=(*path, key) if written and key is not None else path,
        what=problem.message,
        hint=problem.hint + adopted,
        severity=Severity(problem.severity.value),
        at_value=written,
        other=_place(problem.other, config) if problem.other else None,
    )


def _place(path: domain.Path, config: Config) -> Path:
    """Where the thing that the charging core names stands in the file."""
    kind, *names = path
    rows = {
        "panel": [panel.id for panel in config.panel],
        "station": [station.identity for station in config.station],
        "load": [load.name for load in config.load],
    }.get(kind, [])
    if not names or names[0] not in rows:
        return (kind,)
    row = len(rows) - 1 - rows[::-1].index(names[0])
    if kind == "station" and len(names) == 3:
        numbers = [str(evse.id) for evse in config.station[row].evses]
        return (kind, row, "evses", len(numbers) - 1 - numbers[::-1].index(names[2]))
    return (kind, row)
