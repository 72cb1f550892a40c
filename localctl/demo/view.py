"""What the terminal shows while the demo plays: live tables, or plain lines where there is no terminal."""

from types import TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from localctl.demo.cast import Role
from localctl.demo.ems import PANEL
from localctl.demo.keys import HINT
from localctl.demo.power import loads, station_load, told_a
from localctl.demo.site import Scene
from localctl.demo.station import Station
from localctl.demo.view_site import panels_table, whys

EVENTS_SHOWN = 8
SUMMARY_EVERY_S = 10.0
STATE_STYLES = {"online": "green", "dialling": "yellow", "offline": "red", "off": "dim"}


class PlainView:
    """One line per event, and a summary now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = 0
        self._next_summary_s = SUMMARY_EVERY_S

    def __enter__(self) -> "PlainView":
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        pass

    def show(self, scene: Scene) -> None:
        """Print what is new."""
        new = min(scene.said - self._printed, len(scene.events))
        for at_s, what in list(scene.events)[len(scene.events) - new :]:
            self._line(at_s, what)
        self._printed = scene.said
        if scene.clock.passed_s() >= self._next_summary_s:
            self._next_summary_s += SUMMARY_EVERY_S
            self._line(scene.clock.passed_s(), summary(scene))

    def _line(self, at_s: float, what: str) -> None:
        self._console.print(f"{at_s:6.1f} s  {what}", markup=False, highlight=False, soft_wrap=True)


class LiveView:
    """Panels and stations as tables that move, the last events below."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, scene: Scene) -> None:
        """Draw the present."""
        events = Text("\n".join(f"{at_s:6.1f} s  {what}" for at_s, what in list(scene.events)[-EVENTS_SHOWN:]))
        events.truncate(self._live.console.width * EVENTS_SHOWN)
        events.no_wrap, events.overflow = True, "ellipsis"
        tables = [stations_table(scene)]
        if scene.grid is not None and scene.grid.picture is not None:
            tables.insert(0, panels_table(scene.grid.picture))
        now = Text(summary(scene), style="bold", no_wrap=True, overflow="ellipsis")
        # On top: a low terminal cuts the end off, a narrow one must not cut what is to be typed.
        self._live.update(Group(Text("\n".join(hints(scene)), style="bold"), *tables, now, events), refresh=True)


def view_for(console: Console) -> PlainView | LiveView:
    """The live view on a terminal, plain lines elsewhere."""
    return LiveView(console) if console.is_terminal and not console.is_dumb_terminal else PlainView(console)


def summary(scene: Scene) -> str:
    """The counters in one line."""
    heard = sum(len(one.tape.heard) for _, one in scene.stations)
    reached = sum(len(side.tape.heard) for side in scene.csms.sides.values())
    state = "there" if scene.door.is_open else "AWAY"
    parts = [f"CSMS {state}, {scene.csms.connected} of {len(scene.stations)} stations connected"]
    parts.append(f"{reached:,} messages up, {heard:,} down")
    if scene.grid is not None:
        flows = "/".join(f"{amps:.0f}" for amps in loads(scene.stations, scene.clock.now_at())[PANEL].total)
        parts.append(f"{PANEL} {flows} of {scene.grid.ems.limit_a:g} A")
    return " · ".join(parts)


def hints(scene: Scene) -> list[str]:
    """Where the page is, and how to turn the EMS's slider, where there is one."""
    page = [] if scene.page_url is None else [f"open {scene.page_url} in a browser"]
    if scene.grid is None:
        return page
    _, words = scene.grid.ems.ways()
    slider = f"the EMS lets {PANEL} have {scene.grid.ems.limit_a:g} A per phase"
    return [*page, slider + ("" if scene.keys is None else f"; {HINT}"), f"from another terminal: {words}"]


def stations_table(scene: Scene) -> Table:
    """One row per station."""
    end = "" if scene.encore else f" of {scene.plan.duration_s:.0f}"
    title = f"localctl demo, {scene.clock.passed_s():.0f}{end} s"
    table = Table(title=title, title_justify="left", expand=False, box=SIMPLE_HEAD)
    for heading in ("station", "panel", "version", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("L1 A", "L2 A", "L3 A", "limit A"):
        table.add_column(heading, justify="right", min_width=4)
    table.add_column("because of", no_wrap=True, min_width=12)
    for heading in ("Wh", "up", "down"):
        table.add_column(heading, justify="right", min_width=4)
    reasons = whys(scene.grid.picture) if scene.grid is not None and scene.grid.picture is not None else {}
    for role, station in scene.stations:
        table.add_row(*_row(scene, role, station, reasons.get(role.model.identity, "")))
    return table


def _row(scene: Scene, role: Role, station: Station, because: str) -> list[str | Text]:
    now_at = scene.clock.now_at()
    amperes = [f"{amps:.1f}" if amps else "-" for amps in station_load(role, station, now_at).total]
    limits = [told_a(station, evse, now_at) for evse in station.evses.values() if evse.transaction is not None]
    energy_wh = sum(evse.energy_wh for evse in station.evses.values())
    side = scene.csms.sides.get(role.model.identity)
    return [
        role.model.identity + ("" if role.model.obedient else " (disobeys)"),
        role.panel,
        role.model.version.removeprefix("ocpp") + (" TLS" if role.tls else ""),
        Text(station.state, style=STATE_STYLES.get(station.state, "")),
        *amperes,
        " + ".join(f"{limit_a:.1f}" for limit_a in limits) or "-",
        because,
        f"{energy_wh:,.0f}",
        f"{0 if side is None else len(side.tape.heard):,}",
        f"{len(station.tape.heard):,}",
    ]
