"""Everything the installer decided about charging, as one value of the core's own words."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from localctl.charging.allocator_turns import Policy
from localctl.charging.dispatch import Terms
from localctl.charging.external import Rule
from localctl.charging.fleet import Managed
from localctl.charging.limits import Source
from localctl.charging.limits_baseload import MeterRules
from localctl.charging.timetable import Hours
from localctl.charging.topology import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """The site's tree, its stations as dispatch knows them, its standing limits, and how calm control is.

    `meters` are the loads that have a meter, by name. `iso15118` names stations whose cars send their needs first.
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
    iso15118: frozenset[str] = frozenset()
