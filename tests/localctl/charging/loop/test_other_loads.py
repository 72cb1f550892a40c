"""Loads with meters, loads without, and what adopted stations may draw beyond their place."""

import pytest

from localctl.charging.limiting.limits_baseload import MeterRules
from localctl.charging.loop.other_loads import OtherLoads
from localctl.charging.tree.topology import Load
from tests.localctl.charging.sites import panel, station, tree

LIFT = MeterRules(worst_a=(9.0, 9.0, 9.0), stale_after_s=60.0)
SITE = tree(
    panel("main", None, 63.0), panel("sub", "main", 32.0), station("A", "sub"),
    loads=[
        Load(id="lift", panel="sub", reserved_a=(9.0, 9.0, 9.0)), Load(id="light", panel="main", reserved_a=(2.0, 0, 0))
    ],
)  # fmt: skip


def test_without_meters_reservations_count_upwards():
    others = OtherLoads(SITE, {}, None).on_panels(0.0)
    assert (others["sub"].a, others["main"].a) == ((9.0, 9.0, 9.0), (11.0, 9.0, 9.0))


def test_a_meter_takes_the_place_of_its_loads_reservation_on_every_panel_above():
    loads = OtherLoads(SITE, {"lift": LIFT}, None)
    loads.metered("lift", (3.0, 0.0, 0.0), 100.0)
    others = loads.on_panels(100.0)
    assert (others["sub"].a, others["main"].a) == ((4.0, 1.0, 1.0), (6.0, 1.0, 1.0))
    assert (others["sub"].source, others["main"].source) == ("meter", "meter + reserved")


def test_a_silent_meter_is_the_worst_case_and_says_so():
    loads = OtherLoads(SITE, {"lift": LIFT}, None)
    assert loads.on_panels(0.0)["sub"].source == "meter not heard: worst case"
    loads.metered("lift", (3.0, 3.0, 3.0), 100.0)
    assert loads.estimates(200.0)["lift"].a == (9.0, 9.0, 9.0)


def test_what_is_drawn_beyond_a_place_is_added_there():
    others = OtherLoads(SITE, {}, None).on_panels(0.0, {"light": 24.0, "unknown": 7.0})
    assert others["main"].a == (35.0, 33.0, 33.0)
    assert others["sub"].a == (9.0, 9.0, 9.0)


def test_a_new_plan_takes_over_what_meters_have_shown():
    before = OtherLoads(SITE, {"lift": LIFT}, None)
    before.metered("lift", (3.0, 3.0, 3.0), 100.0)
    assert OtherLoads(SITE, {"lift": LIFT}, before).estimates(100.0)["lift"].source == "meter"


def test_a_load_without_a_meter_cannot_be_read():
    with pytest.raises(KeyError):
        OtherLoads(SITE, {}, None).metered("light", (1.0, 1.0, 1.0), 0.0)


def test_what_a_meter_showed_last_can_be_had_as_it_is():
    loads = OtherLoads(SITE, {"lift": LIFT}, None)
    assert loads.reading("lift") is None
    loads.metered("lift", (3.0, 0.0, 1.0), 100.0)
    loads.metered("lift", (4.0, 0.0, 1.0), 105.0)
    assert loads.reading("lift") == (105.0, (4.0, 0.0, 1.0))
