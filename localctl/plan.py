"""The whole plan of a site's charging, from the configuration; None for a box that only routes."""

from functools import partial

from localctl.charging.dispatching.orders import Terms
from localctl.charging.loop.site_plan import SitePlan
from localctl.config.model import Config
from localctl.plan_charging import (
    adopted_of,
    fixed_limits_of,
    hours_of,
    lease_terms_of,
    managed_of,
    meter_rules_of,
    pace_terms_of,
    rules_of,
    turns_of,
    zone_of,
)
from localctl.plan_site import ADOPTED, topology_of


def site_plan_of(config: Config) -> SitePlan | None:
    """Tree, stations, limits and pace as one value; `check` has made sure that the tree holds."""
    topology, _ = topology_of(config)
    if topology is None:
        return None
    return SitePlan(
        topology=topology,
        managed=managed_of(config),
        fixed=fixed_limits_of(config),
        hours=hours_of(config),
        rules=rules_of(config),
        meters=meter_rules_of(config),
        terms=Terms(lease=lease_terms_of(config), pace=pace_terms_of(config)),
        turns=turns_of(config),
        zone=zone_of(config),
        wired=config.charging.phases == "wired",
        departures_bind=config.charging.departures == "binding",
        adopts=partial(adopted_of, config),
        adopted_load=ADOPTED,
    )
