"""The worked example of docs/decides.md, computed by the product: the page's own site under the real controller.

`make docs` writes every block anew, and the drawings of the sites that other pages show. The stations are those of the
controller's tests: they answer at once and keep the profiles they are given.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from localctl.charging.allocation.topology_failsafe import failsafe_a
from localctl.charging.allocation.waterfill import book
from localctl.charging.base.instants import read_instant
from localctl.charging.base.phases import PHASES
from localctl.charging.loop.controller import Controller
from localctl.charging.showing.picture import picture
from localctl.charging.showing.picture_rows import Overdrafts
from localctl.charging.showing.picture_text import WHY, explain, find
from localctl.charging.tree.rows import RowKind, compile_rows
from localctl.charging.tree.topology_render_svg import as_svg
from localctl.config.load import parse
from localctl.config.model import Config
from localctl.plan import site_plan_of
from localctl.plan_site import check_topology, topology_of
from tests.localctl.charging.played import START, Box, Play
from tests.repo.handbook import DOCS, WRITTEN, fences

PAGE = DOCS / "decides.md"
EVERY_S = 5.0


def config_of(text: str) -> Config:
    """The configuration in a block of a page, which has no mistake."""
    loaded = check_topology(parse(text.encode(), file="config.toml", folder=DOCS, environ={}))
    assert loaded.config is not None, loaded.problems
    return loaded.config


def example() -> str:
    """The page's own site."""
    return next(fence.body for fence in fences(PAGE) if "complete" in fence.words)


class Yard(Play):
    """The site of the page, with an EMS that repeats itself once a minute."""

    def __init__(self, text: str) -> None:
        plan = site_plan_of(config_of(text))
        assert plan is not None
        self.boxes = {one.identity: Box(one, plan.topology.stations[one.identity]) for one in plan.managed}
        self.plan, self.controller = plan, Controller(plan)
        self.now, self.orders, self.allowed_a = START, [], 80.0

    def settles(self, seconds: float = 60.0) -> "Yard":
        """Time passes until everybody has what it gets."""
        list(self.watches(seconds))
        return self

    def watches(self, seconds: float) -> Iterator[tuple[float, str, list[tuple[int, float]]]]:
        """Every profile that is written meanwhile: when, to whom, and its periods from now on."""
        began = self.now
        while self.now < began + seconds:
            if (self.now - START) % 60 == 0:
                self.ems(self.allowed_a, lasts_s=86_400.0)
            self.now += EVERY_S
            self.cycles()
            for order in self.orders:
                if order.action == "SetChargingProfile":
                    (schedule,) = json.loads(order.payload)["chargingProfile"]["chargingSchedule"]
                    begins_s = read_instant(schedule["startSchedule"]) - int(self.now)
                    told = [(begins_s + one["startPeriod"], one["limit"]) for one in schedule["chargingSchedulePeriod"]]
                    past = sum(at <= 0 for at, _ in told)
                    yield self.now - began, order.identity, [(0, told[past - 1][1]), *told[past:]]

    def hears(self, amps: float) -> "Yard":
        """The EMS says another limit."""
        self.allowed_a = amps
        self.ems(amps, lasts_s=86_400.0)
        return self

    def draws_on_one_phase(self, *names: str) -> "Yard":
        """For two minutes the meters of these show current on the first conductor alone."""
        for _ in range(12):
            for name in names:
                self.meters(name, self.share(name), 0, 0)
            self.settles(10.0)
        return self

    def told(self, name: str) -> str:
        """What `localctl explain` prints."""
        found = find(picture(self.controller, self.now, Overdrafts()), name)
        assert found is not None
        return "\n".join(explain(found)) + "\n"

    def shares(self) -> str:
        """Everybody's share and why, as a table."""
        allocation = self.controller.last.allocation
        rows = []
        for (name, evse), amps in allocation.amps.items():
            shown = next(
                one
                for station in picture(self.controller, self.now, Overdrafts())["stations"]
                if station["identity"] == name
                for one in station["evses"]
                if one["id"] == evse
            )
            rows.append((name, f"{amps:.1f} A", WHY[shown["reason"]]))
        return table(("station", "gets", "why"), rows)

    def panels(self) -> str:
        """What is left for charging on each panel and phase, whose word that is, and how much is given out."""
        allocation = self.controller.last.allocation
        rows = []
        for number, (row, bound) in enumerate(zip(allocation.network.rows, allocation.capacities.bounds, strict=True)):
            if row.phase in PHASES and bound.value is not None and bound.gross is not None:
                given = f"{allocation.load(number):.1f} A"
                rows.append((row.node[1], row.phase, f"{bound.gross:g} A", bound.source, f"{bound.value:g} A", given))
        return table(("panel", "phase", "limit", "of", "for charging", "given out"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Columns of plain text."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "".join(line.rstrip() + "\n" for line in lines)


def orders(seen: Iterator[tuple[float, str, list[tuple[int, float]]]]) -> str:
    """Profiles as a table: when, to whom, from which second on how many amperes."""
    rows = []
    for after, name, periods in seen:
        told = ", ".join(f"{limit:g} A" if not start else f"from {start} s on {limit:g} A" for start, limit in periods)
        rows.append((f"{after:g} s", name, told))
    return table(("after", "to", "profile"), rows)


def dead_man(text: str) -> str:
    """The sum of the failsafe currents on every panel and phase, beside the room there is."""
    topology, _ = topology_of(config_of(text))
    assert topology is not None
    network = compile_rows(topology)
    used = [0.0] * network.lane_count
    for name, station in topology.stations.items():
        for evse in station.evses:
            book(network, used, network.footprint((name, evse.id)), failsafe_a(topology, station, evse.id))
    rows = []
    for number, row in enumerate(network.rows):
        if row.kind is RowKind.CURRENT and row.node[0] == "panel":
            panel = topology.panels[row.node[1]]
            phase = PHASES.index(row.phase)
            loads = sum(load.reserved_a[phase] or 0.0 for load in topology.loads.values() if load.panel == panel.id)
            room = (panel.fuse_a[phase] or 0.0) - panel.reserve_a - loads
            rows.append((panel.id, row.phase, f"{network.load(number, used):g} A", f"{room:g} A"))
    return table(("panel", "phase", "failsafe together", "room"), rows)


def refused(text: str, old: str, new: str) -> str:
    """What `localctl check` says of the site with one line changed."""
    assert old in text
    loaded = check_topology(parse(text.replace(old, new).encode(), file="config.toml", folder=DOCS, environ={}))
    return "".join(f"{problem.path}: {problem.text}\n" for problem in loaded.problems)


def story(text: str) -> dict[str, str]:
    """Every block of the page, by name, as the product computes it now."""
    blocks = {"failsafe": dead_man(text)}
    blocks["refused"] = refused(text, "failsafe_current_a = 6", "failsafe_current_a = 10")
    yard = Yard(text).hears(80.0)
    yard.joins(*yard.boxes)
    blocks["start"] = orders(yard.watches(15.0))
    blocks["panels"] = yard.settles().panels()
    yard.plugs_in("A1").plugs_in("A2")
    blocks["two-orders"] = orders(yard.watches(15.0))
    blocks["two"] = yard.settles().shares()
    yard.plugs_in("A3")
    blocks["third-orders"] = orders(yard.watches(15.0))
    blocks["third"] = yard.settles().shares()
    yard.plugs_in("B2").plugs_in("B3")
    blocks["weights"] = yard.settles(120.0).shares()
    yard.plugs_in("B1")
    blocks["classes"] = yard.settles().shares()
    blocks["classes-panels"] = yard.panels()
    blocks["explain"] = yard.told("B1")
    yard.hears(40.0)
    blocks["cut-orders"] = orders(yard.watches(15.0))
    blocks["cut"] = yard.settles(45.0).shares()
    blocks["explain-waiting"] = yard.told("B2")
    single = Yard(text).hears(80.0)
    single.joins(*single.boxes).settles().plugs_in("A1").plugs_in("A2").settles()
    blocks["one-phase"] = single.draws_on_one_phase("A1", "A2").shares()
    depot = Yard(text + '[charging]\ndepartures = "binding"\n').hears(80.0)
    depot.joins(*depot.boxes).settles().plugs_in("A1").plugs_in("A2").settles()
    depot.needs("A1", 20_000, hours=3).needs("A2", 20_000, hours=9)
    blocks["departures"] = depot.settles().shares()
    return blocks


def drawings() -> dict[str, Callable[[], str]]:
    """The sites that pages show as drawings: file name, and what draws it."""
    found: dict[str, Callable[[], str]] = {}
    for page in WRITTEN:
        for fence in fences(page):
            for word in fence.words:
                if word.startswith("site-"):
                    found[f"{word}.svg"] = lambda text=fence.body: drawing(text)  # type: ignore[misc]
    return found


def drawing(text: str) -> str:
    """What `localctl topology --format svg` prints."""
    topology, _ = topology_of(config_of(text))
    assert topology is not None
    return as_svg(topology)


def filled(page: str, blocks: dict[str, str]) -> str:
    """The page with every named block as it is computed now."""

    def block(found: re.Match[str]) -> str:
        return f"```text {found[1]}\n{blocks[found[1]]}```"

    return re.sub(r"^```text ([a-z-]+)\n.*?^```$", block, page, flags=re.MULTILINE | re.DOTALL)


def write(folder: Path = DOCS) -> None:
    """Blocks and drawings anew."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), story(example())), encoding="utf-8")
    for name, draw in drawings().items():
        (folder / "img" / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    write()
