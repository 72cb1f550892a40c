"""What people read: plain sentences with the numbers of the picture, for every reason there is."""

import pytest

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.showing.picture_text import WHY, explain, find, limit, when, why
from tests.localctl.charging.scene import START, busy


def told(scene, name="CP1", evse=None):
    found = find(scene.picture(), name)
    assert found is not None
    return explain(found, evse)


def test_p5_amperes_node_phase_source_since_until_and_next_are_all_in_it():
    lines = told(busy())
    assert lines[0] == (
        "CP1 on panel sub is connected, speaks ocpp2.0.1, limited by max_profile, one limit for the whole station "
        "(accepted, not yet seen to work)."
    )
    assert lines[1] == "CP1/1 gets 6.5 A per phase: a limit of the site is used up."
    assert lines[2] == (
        "Limit: panel main L1, 13.0 A for charging by ems-1 (20.0 A less other loads and reserve), "
        "since 2027-01-15 08:00:20 UTC, until 2027-01-15 08:15:20 UTC; 13.0 A are given out or reserved there."
    )
    assert lines[3].startswith("Next would bind: panel sub L1, 22.0 A for charging by fuse")


def test_a_current_that_nobody_measured_is_not_known_and_not_zero():
    scene = busy()
    assert any("what it draws is not known" in line for line in told(scene))
    scene.draws("CP1", 6, 5.5, 0).goes_on(5)
    assert any("it draws 6.0 A on its L1, 5.5 A on its L2, 0.0 A on its L3" in line for line in told(scene))


def test_the_lease_is_explained_as_what_happens_without_this_box():
    assert any("falls back to 6.0 A by itself by 2027-01-15 08:" in line for line in told(busy()))


def test_a_waiting_car_is_told_its_turn():
    scene = busy().short_of_current()
    name = next(name for name in ("CP1", "CP2") if scene.evse(name)["waiting"])
    lines = told(scene, name)
    assert any("it waits for its turn" in line for line in lines)
    assert any(line.startswith("Its turn: at about 2027-01-15") for line in lines)


def test_a_station_that_is_away_and_one_that_disobeys_are_told():
    scene = busy()
    for _ in range(5):
        scene.goes_on(20).draws("CP1", 20, 20, 20)
    scene.controller.unlinked("CP1", scene.now)
    lines = told(scene.cycles())
    assert lines[0].startswith("CP1 on panel sub is away")
    assert lines[1].startswith("CP1/1 is counted at 32.0 A per phase: nobody can steer the station now")
    why = "It draws more than it was told, or has yet to show that it obeys: it is counted at 32.0 A until it does."
    assert why in lines


def test_a_clock_that_is_off_is_told_and_a_good_one_is_not():
    assert "Its clock is off by +40 s." in told(busy().shows_its_clock("CP1", 40))
    assert not any("clock" in line for line in told(busy().shows_its_clock("CP1", 1)))


def test_a_stale_source_is_named_as_such():
    found = {"node": "panel:main", "phase": "L1", "unit": "A", "source": "ems", "state": "stale", "net": 10.0,
             "gross": 10.0, "load": 1.0, "since": None, "until": None}  # fmt: skip
    assert limit(found) == "panel main L1, 10.0 A for charging by ems [stale: fallback]"
    assert limit(found | {"net": None}) == "panel main L1, no limit"


def test_one_evse_can_be_asked_for_and_a_wrong_one_is_named():
    scene = busy()
    assert told(scene, "cp1", 1) == told(scene, "CP1")
    with pytest.raises(LookupError, match="CP1 has no EVSE 7; it has 1"):
        told(scene, "CP1", 7)


def test_a_station_that_is_not_in_the_picture_is_not_found():
    assert find(busy().picture(), "CP9") is None


def test_every_reason_of_the_allocator_has_its_sentence():
    assert {reason.name.lower() for reason in Reason} - {"fixed"} <= set(WHY)
    assert why({"reason": "row", "binding": None}) == WHY["row"]


def test_the_short_why_names_the_limit():
    assert why(busy().evse("CP1")).startswith("a limit of the site is used up: panel main L1, 13.0 A")


def test_instants_are_written_in_utc_and_unknown_ones_as_a_dash():
    assert (when(START), when(None)) == ("2027-01-15 08:00:00 UTC", "–")


def test_an_instant_beyond_every_calendar_is_no_bug():
    assert (when(1e12), when(-1e12), when(1e300)) == ("far away", "far away", "far away")
