"""What the site's limits are worth at any moment: the compiled rows, all who limit them, and what others draw.

One `Ground` belongs to one plan of the site; a changed plan gets a new one, which takes over what meters have shown.
"""

from collections.abc import Iterator, Mapping

from localctl.charging.dispatching.fleet import Ceiling
from localctl.charging.limiting.external import ExternalLimits
from localctl.charging.limiting.limits import Source
from localctl.charging.limiting.limits_effective import Capacities, Horizon, Other, effective
from localctl.charging.limiting.timetable import source_of
from localctl.charging.loop.ceilings import Ceilings, Used
from localctl.charging.loop.other_loads import OtherLoads
from localctl.charging.loop.site_plan import SitePlan
from localctl.charging.tree.rows import Network, compile_rows
from localctl.charging.tree.topology import EvseId, Path


class Ground:
    """Rows and limits of one plan. `of_csms` are the CSMS's limits for stations, `beyond_a` is what adopted stations
    may draw on top of the place that is kept for them: both are set by whoever knows, before each cycle.
    """

    def __init__(self, plan: SitePlan, limits: ExternalLimits, before: "Ground | None" = None) -> None:
        self.plan, self.limits = plan, limits
        known: OtherLoads | None = None if before is None else before.loads
        self.loads: OtherLoads = OtherLoads(plan.topology, plan.meters, known)
        self.of_csms: tuple[Source, ...] = ()
        self.beyond_a = 0.0
        self._watts: frozenset[Path] = frozenset()
        self._compile()

    def network(self) -> Network:
        """The compiled rows; anew when somebody limits a node that had no row for it."""
        watts = {node for node in self.limits.nodes() if self._exists(node)}
        watts |= {hours.node for hours in self.plan.hours if hours.cap.w is not None}
        if not watts <= self._watts:
            self._watts |= watts
            self._compile()
        return self._network

    def horizon(self, now: float, ahead_s: float | None = None) -> Horizon:
        """The limits of every row from now on, by all that was said until now; as far ahead as control looks."""
        ahead_s = self.plan.horizon_s if ahead_s is None else ahead_s
        return effective(self.network(), self._sources(now, ahead_s), self.others(now), now, now + ahead_s)

    def ceilings(self, horizon: Horizon, used: Mapping[EvseId, Used]) -> list[Ceiling]:
        """The rows as dispatch needs them."""
        return self._ceilings.under(horizon, self._standing, used)

    def others(self, now: float) -> dict[str, Other]:
        """What flows on each panel beside the EVSEs of the plan."""
        return self.loads.on_panels(now, {self.plan.adopted_load: self.beyond_a})

    def _compile(self) -> None:
        self._network = compile_rows(self.plan.topology, self._watts)
        self._ceilings = Ceilings(self._network)
        # What the rows are worth when nobody is there to watch them (P3).
        self._standing: Capacities = effective(self._network, (), {}, 0.0, 1.0).at(0.0)

    def _sources(self, now: float, ahead_s: float) -> Iterator[Source]:
        yield from self.plan.fixed
        yield from (source_of(hours, self.plan.zone, now, ahead_s) for hours in self.plan.hours)
        yield from (source for source in self.limits.sources(now) if self._exists(source.node))
        yield from self.of_csms

    def _exists(self, node: Path) -> bool:
        return node in self.plan.topology.graph
