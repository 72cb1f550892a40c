"""The stations of the live view: one row each, as many columns as the terminal is wide and as many rows as it is high.

Why a station has its amperes stands last and takes what width is left. Where rows are short, stations with a car or
without a connection go before idle ones.
"""

from typing import Literal

from rich.table import Table
from rich.text import Text

from localctl.demo.cast import Role
from localctl.demo.power import station_load, told_a
from localctl.demo.site import Scene
from localctl.demo.station import Station
from localctl.demo.view_site import DISOBEYS, whys

COLUMNS = (
    ("station", 0),
    ("panel", 0),
    ("version", 100),
    ("state", 0),
    ("L1 A", 0),
    ("L2 A", 0),
    ("L3 A", 0),
    ("limit A", 0),
    ("Wh", 90),
    ("up", 120),
    ("down", 120),
    ("because of", 0),
)
"""Headings, and how wide a terminal has to be for each."""
LEFT = {"station", "panel", "version", "state", "because of"}
STATE_STYLES = {"online": "green", "dialling": "yellow", "offline": "red", "off": "dim"}
Cell = str | Text


def stations_table(scene: Scene, *, width: int, rows: int) -> Table:
    """At most so many rows; the last one counts the stations that have none."""
    shown = [heading for heading, least in COLUMNS if width >= least]
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True)
    for heading in shown:
        side: Literal["left", "right"] = "left" if heading in LEFT else "right"
        table.add_column(heading, justify=side, no_wrap=True, ratio=1 if heading == COLUMNS[-1][0] else None)
    reasons = whys(scene.grid.picture) if scene.grid is not None and scene.grid.picture is not None else {}
    chosen = choose(scene.stations, rows)
    for role, station in chosen:
        cells = _cells(scene, role, station, reasons.get(role.model.identity, ""))
        table.add_row(*(cells[heading] for heading in shown))
    if left_out := [one for one in scene.stations if one not in chosen]:
        table.add_row(*[""] * (len(shown) - 1), _rest([station for _, station in left_out]))
    return table


def choose(stations: list[tuple[Role, Station]], rows: int) -> list[tuple[Role, Station]]:
    """Those that get one of so many rows, in their order; a row is kept for the count of the others."""
    if len(stations) <= rows:
        return stations
    wanted = sorted(stations, key=lambda one: not busy(one[1]))[: max(rows - 1, 0)]
    return [one for one in stations if one in wanted]


def busy(station: Station) -> bool:
    """There is a car, or no connection: something to look at."""
    return station.state != "online" or any(evse.car is not None for evse in station.evses.values())


def _liar(because: str) -> str:
    """Of the station that disobeys this is said at all times, also before the box has noticed."""
    return ", ".join(dict.fromkeys(one for one in (because, DISOBEYS) if one))


def _rest(stations: list[Station]) -> Text:
    without = "" if any(map(busy, stations)) else ", without a car"
    return Text(f"and {len(stations)} more{without}", style="dim")


def _cells(scene: Scene, role: Role, station: Station, because: str) -> dict[str, Cell]:
    now_at = scene.clock.now_at()
    limits = [told_a(station, evse, now_at) for evse in station.evses.values() if evse.transaction is not None]
    side = scene.csms.sides.get(role.model.identity)
    flows = (f"{amps:.1f}" if amps else "-" for amps in station_load(role, station, now_at).total)
    return {
        "station": role.model.identity,
        "panel": role.panel,
        "version": role.model.version.removeprefix("ocpp") + (" TLS" if role.tls else ""),
        "state": Text(station.state, style=STATE_STYLES.get(station.state, "")),
        **dict(zip(("L1 A", "L2 A", "L3 A"), flows, strict=True)),
        "limit A": "+".join(f"{limit_a:.1f}" for limit_a in limits) or "-",
        "Wh": f"{sum(evse.energy_wh for evse in station.evses.values()):,.0f}",
        "up": f"{0 if side is None else len(side.tape.heard):,}",
        "down": f"{len(station.tape.heard):,}",
        "because of": because if role.model.obedient else _liar(because),
    }
