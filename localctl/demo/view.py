"""What the terminal shows while the demo plays: a live table, or plain lines where there is no terminal."""

from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from localctl.demo.cast import Role
from localctl.demo.site import Scene
from localctl.demo.station import Station

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
    """The stations as a table that moves, the last events below."""

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
        self._live.update(Group(stations_table(scene), Text(summary(scene), style="bold"), events), refresh=True)


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
    if scene.metrics_url is not None:
        parts.append(scene.metrics_url)
    return " · ".join(parts)


def stations_table(scene: Scene) -> Table:
    """One row per station."""
    title = f"localctl demo, {scene.clock.passed_s():.0f} of {scene.plan.duration_s:.0f} s"
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("station")
    table.add_column("version")
    table.add_column("TLS")
    table.add_column("state", min_width=8)
    for heading in ("L1 A", "L2 A", "L3 A", "limit A", "Wh", "up", "down"):
        table.add_column(heading, justify="right", min_width=5)
    for role, station in scene.stations:
        table.add_row(*_row(scene, role, station))
    return table


def _row(scene: Scene, role: Role, station: Station) -> list[str | Text]:
    currents = [evse.currents_a() for evse in station.evses.values()]
    amperes = [f"{sum(phase):.1f}" if sum(phase) else "-" for phase in zip(*currents, strict=True)]
    limits = [evse.limit_a(scene.clock.now_at()) for evse in station.evses.values() if evse.transaction is not None]
    energy_wh = sum(evse.energy_wh for evse in station.evses.values())
    side = scene.csms.sides.get(role.model.identity)
    return [
        role.model.identity + ("" if role.model.obedient else " (disobeys)"),
        role.model.version.removeprefix("ocpp"),
        "yes" if role.tls else "",
        Text(station.state, style=STATE_STYLES.get(station.state, "")),
        *amperes,
        " + ".join(f"{limit_a:.0f}" for limit_a in limits) or "-",
        f"{energy_wh:,.0f}",
        f"{0 if side is None else len(side.tape.heard):,}",
        f"{len(station.tape.heard):,}",
    ]
