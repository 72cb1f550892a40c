"""Everything the installer decided about charging, as one value of the core's own words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.dispatching.fleet import Managed
from localctl.charging.dispatching.orders import Terms
from localctl.charging.limiting.external import Rule
from localctl.charging.limiting.limits import Source
from localctl.charging.limiting.limits_baseload import MeterRules
from localctl.charging.limiting.timetable import Hours
from localctl.charging.tree.topology import Topology


def nobody(_identity: str) -> Managed | None:
    """Adopt no station."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """The site's tree, its stations as dispatch knows them, its standing limits, and how calm control is.

    `meters` are the loads that have a meter, by name.
    `wired` counts every conductor of an EVSE, whatever its car uses. `departures_bind`: cars leave when they said.
    `adopts` says how a station that is not in the plan is steered (None: it is only routed); what all such may draw is
    reserved by the load `adopted_load`.
    """

    topology: Topology
    managed: tuple[Managed, ...]
    fixed: tuple[Source, ...] = ()
    hours: tuple[Hours, ...] = ()
    rules: tuple[Rule, ...] = ()
    meters: dict[str, MeterRules] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    turns: Policy = field(default_factory=Policy)
    zone: tzinfo = UTC
    wired: bool = False
    departures_bind: bool = False
    adopts: Callable[[str], Managed | None] = nobody
    adopted_load: str = ""

    @property
    def horizon_s(self) -> float:
        """How far ahead limits are looked at, in seconds: as far as the longest schedule that is written."""
        return 2 * max(self.terms.lease.lease_s, self.terms.lease.longest_s)
