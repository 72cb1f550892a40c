"""What the terminal shows while the demo plays: live tables, or plain lines where there is no terminal."""

from math import ceil
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from localctl.demo.cast import PANELS
from localctl.demo.ems import PANEL
from localctl.demo.keys import HINT
from localctl.demo.power import loads
from localctl.demo.site import Scene
from localctl.demo.view_site import panels_table
from localctl.demo.view_stations import stations_table

EVENTS_SHOWN, FEWEST_EVENTS = 8, 3
PANELS_HEAD, STATIONS_HEAD, SUMMARY = 2, 1, 1
"""Lines of a frame that are always there: title and headings, headings, the counters."""
SUMMARY_EVERY_S = 10.0
BOX_LOGS = "localctl: "


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
    """Page, slider, panels and stations, the last events below: as much of it as the terminal has room for."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)
        self._above: list[str] = []

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, scene: Scene) -> None:
        """Draw the present. A line to paste that is too long for it goes above, once: a table would break it in two."""
        console = self._live.console
        for line in to_paste(scene):
            if len(line) > console.width and line not in self._above:
                self._above.append(line)
                console.print(line, markup=False, highlight=False, soft_wrap=True)
        above = sum(ceil(len(line) / console.width) for line in self._above)
        self._live.update(frame(scene, width=console.width, height=console.height - above), refresh=True)


def frame(scene: Scene, *, width: int, height: int) -> Group:
    """All that is shown at once on a terminal of this size; one line of it stays free."""
    blocks: list[list[RenderableType]] = [[_line(one, "bold") for one in hints(scene, width)]]
    room = height - 1 - len(blocks[0]) - STATIONS_HEAD - SUMMARY
    if scene.grid is not None and scene.grid.picture is not None:
        blocks.append([panels_table(scene.grid.picture, width=width, starting=scene.grid.starting)])
        room -= len(PANELS) + PANELS_HEAD
    airy = room >= len(scene.stations) + EVENTS_SHOWN + len(blocks) + 1
    events = min(EVENTS_SHOWN, max(FEWEST_EVENTS, room - len(scene.stations)))
    blocks.append([stations_table(scene, width=width, rows=max(room - events, 1))])
    blocks.append([_line(summary(scene), "bold")])
    blocks[-1] += [_line(f"{at_s:6.1f} s  {what}") for at_s, what in _latest(scene, events)]
    apart: list[RenderableType] = [Text()] if airy else []
    return Group(*(one for block in blocks for one in (*apart, *block)))


def _latest(scene: Scene, most: int) -> list[tuple[float, str]]:
    """The last events. Where there is little room, what the box logs does not push them out."""
    told = scene.events if most == EVENTS_SHOWN else [one for one in scene.events if not one[1].startswith(BOX_LOGS)]
    return list(told)[-most:]


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def view_for(console: Console) -> PlainView | LiveView:
    """The live view on a terminal, plain lines elsewhere."""
    return LiveView(console) if console.is_terminal and not console.is_dumb_terminal else PlainView(console)


def summary(scene: Scene) -> str:
    """The counters in one line, the ones that matter most first."""
    heard = sum(len(one.tape.heard) for _, one in scene.stations)
    reached = sum(len(side.tape.heard) for side in scene.csms.sides.values())
    state = "there" if scene.door.is_open else "AWAY"
    parts = [f"CSMS {state}, {scene.csms.connected} of {len(scene.stations)} stations connected"]
    if scene.grid is not None:
        flows = "/".join(f"{amps:.0f}" for amps in loads(scene.stations, scene.clock.now_at())[PANEL].total)
        parts.append(f"{PANEL} {flows} of {scene.grid.ems.limit_a:g} A")
    return " · ".join([*parts, f"{reached:,} messages up, {heard:,} down"])


def hints(scene: Scene, width: int) -> list[str]:
    """Where the page is, and how to turn the EMS's slider, where there is one: no line is longer than it may be."""
    page = "" if scene.page_url is None else f"open {scene.page_url} in a browser; "
    passed = f"localctl demo, {scene.clock.passed_s():.0f}"
    lines = [page + passed + (" s, script held" if scene.encore else f" of {scene.plan.duration_s:.0f} s")]
    if scene.grid is not None:
        slider = f"EMS: {PANEL} may have {scene.grid.ems.limit_a:g} A"
        lines.append(slider + ("" if scene.keys is None else f"; {HINT}"))
    for words in to_paste(scene):
        ways = (f"from another terminal: {words}", words, "from another terminal: see the line above")
        lines.append(next((one for one in ways if len(one) <= width), ways[-1]))
    return lines


def to_paste(scene: Scene) -> list[str]:
    """What turns the slider from another terminal."""
    return [] if scene.grid is None else scene.grid.ems.ways()[1:]
