"""The charging figures at a scrape are those of the picture, and what is not known has no sample."""

import pytest

from localctl.observe import catalogue as rows
from localctl.observe.charging_feed import ChargingCounts, charging_samples
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox
from tests.localctl.charging.scene import Scene, busy


def shown(scene: Scene) -> dict[tuple[str, ...], object]:
    """Every sample by its row's name and labels."""
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, charging=scene.picture()))
    return {(row.name, *labels): figure for row, labels, figure in charging_samples(box)}


def test_p5_a_circuit_shows_limit_shares_and_entitlement_on_one_axis():
    found = shown(busy())
    assert found["localctl_circuit_limit_amperes", "main", "L1"] == 13.0
    assert found["localctl_circuit_allocated_amperes", "main", "L1"] == 13.0
    assert found["localctl_circuit_entitled_amperes", "main", "L1"] == 13.0
    assert found["localctl_overdraft_amperes", "main", "L1"] == 0.0


def test_the_source_that_binds_is_1_and_the_next_one_0():
    found = shown(busy())
    assert found["localctl_circuit_binding_limit", "main", "ems-1"] == 1.0
    assert found["localctl_circuit_binding_limit", "main", "fuse"] == 0.0
    assert found["localctl_circuit_binding_limit", "sub", "fuse"] == 1.0


def test_an_unknown_current_has_no_sample_and_a_known_one_has():
    scene = busy()
    assert ("localctl_circuit_current_amperes", "sub", "L1") not in shown(scene)
    assert ("localctl_evse_current_amperes", "CP1", "1") not in shown(scene)
    found = shown(scene.draws("CP1", 6, 5, 0).draws("CP2", 0, 0, 0).goes_on(5))
    assert found["localctl_circuit_current_amperes", "sub", "L1"] == 6.0
    assert found["localctl_evse_current_amperes", "CP1", "1"] == 6.0


def test_evses_show_share_and_waiting_and_stations_lease_and_trust():
    scene = busy().short_of_current()
    found = shown(scene)
    shares = {name: found["localctl_evse_limit_amperes", name, "1"] for name in ("CP1", "CP2")}
    assert sorted(found["localctl_evse_waiting", name, "1"] for name in shares) == [0.0, 1.0]
    waiting = next(name for name in shares if found["localctl_evse_waiting", name, "1"])
    assert shares[waiting] == 0.0
    assert found["localctl_station_distrusted", "CP1"] == 0.0
    charging = next(name for name in shares if name != waiting)
    assert found["localctl_lease_expiry_timestamp_seconds", charging] > scene.now


def test_a_station_without_a_lease_has_no_expiry():
    assert ("localctl_lease_expiry_timestamp_seconds", "CP3") not in shown(busy())


def test_an_overdraft_is_seen_while_stations_have_not_confirmed():
    scene = busy()
    scene.deaf = {"CP1", "CP2"}
    assert shown(scene.limits("main", 19).cycles())["localctl_overdraft_amperes", "main", "L1"] == 1.0


def test_inputs_tell_when_they_were_heard_last():
    scene = busy()
    assert shown(scene)["localctl_input_last_reading_timestamp_seconds", "ems-1"] == scene.now - 40
    assert ("localctl_input_last_reading_timestamp_seconds", "lift") not in shown(scene)
    scene.controller.meter("lift", (1.0, 1.0, 1.0), scene.now)
    assert shown(scene)["localctl_input_last_reading_timestamp_seconds", "lift"] == scene.now


def test_p2_an_input_is_stale_while_its_fallback_holds_for_want_of_news():
    scene = busy()
    assert shown(scene)["localctl_input_stale", "ems-1"] == 0.0
    assert shown(scene)["localctl_input_stale", "lift"] == 1.0, "its meter was never heard"
    scene.controller.meter("lift", (1.0, 1.0, 1.0), scene.now)
    assert shown(scene)["localctl_input_stale", "lift"] == 0.0
    picture = scene.picture()
    picture["external"] = [picture["external"][0] | {"state": state} for state in ("live", "stale", "live")]
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, charging=picture))
    assert [figure for row, _, figure in charging_samples(box) if row is rows.INPUT_STALE] == [1.0, 0.0]


def test_p5_since_when_a_limit_holds_is_told_where_it_has_a_beginning():
    scene = busy()
    found = shown(scene)
    assert found["localctl_circuit_limit_since_timestamp_seconds", "main", "L1"] == scene.now - 40
    assert ("localctl_circuit_limit_since_timestamp_seconds", "sub", "L1") not in found


@pytest.mark.parametrize(
    ("evse", "on_failsafe"),
    [
        ({}, 1.0),
        ({"lease_until": 9.0}, 0.0),
        ({"transaction": None}, 0.0),
        ({"reason": "row"}, 0.0),
    ],
)
def test_p3_a_station_is_on_its_failsafe_when_it_charges_out_of_reach_without_a_lease(evse, on_failsafe):
    picture = busy().picture()
    first = picture["stations"][0]["evses"][0]
    first |= {"transaction": {"id": "t"}, "reason": "away", "lease_until": None} | evse
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, charging=picture))
    found = {labels: figure for row, labels, figure in charging_samples(box) if row is rows.ON_FAILSAFE}
    assert found["CP1",] == on_failsafe
    assert found["CP2",] == 0.0


def test_a_source_heard_about_two_nodes_was_heard_last_at_the_later():
    scene = busy()
    scene.now += 10
    heard = shown(scene.limits("sub", 20).cycles())["localctl_input_last_reading_timestamp_seconds", "ems-1"]
    assert heard == scene.now
    scene = busy().limits("sub", 20)
    scene.now += 10
    heard = shown(scene.limits("main", 20).cycles())["localctl_input_last_reading_timestamp_seconds", "ems-1"]
    assert heard == scene.now


def test_a_stations_lease_ends_where_the_first_of_its_evses_falls_back():
    picture = busy().picture()
    (first, *_), (second, *_) = (one["evses"] for one in picture["stations"][:2])
    first["lease_until"], second["lease_until"] = 50.0, 40.0
    picture["stations"][0]["evses"] = [first, second]
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, charging=picture))
    ends = {labels: figure for row, labels, figure in charging_samples(box) if row is rows.LEASE_EXPIRY}
    assert ends["CP1",] == 40.0


def test_before_the_first_cycle_and_on_a_pure_router_there_is_nothing():
    assert shown(Scene()) == {}
    assert list(charging_samples(SnapshotBox(Snapshot(version="1", state=ServiceState.READY)))) == []


def test_the_last_cycle_is_told():
    scene = busy()
    assert shown(scene)["localctl_allocation_last_success_timestamp_seconds",] == scene.now


def counted(counts: ChargingCounts) -> dict[tuple[str, ...], object]:
    return {(row.name, *labels): figure for row, labels, figure in counts.samples()}


def test_orders_count_by_reason_and_end_and_writes_by_station():
    counts = ChargingCounts()
    counts.order_ended("CP1", "SetChargingProfile", "fall", "accepted")
    counts.order_ended("CP1", "GetCompositeSchedule", "check", "lost")
    found = counted(counts)
    assert found["localctl_orders_total", "fall", "accepted"] == 1
    assert found["localctl_orders_total", "check", "lost"] == 1
    assert found["localctl_orders_total", "rise", "refused"] == 0
    assert found["localctl_profile_writes_total", "CP1"] == 1


def test_the_number_of_counted_stations_is_bounded():
    counts = ChargingCounts(max_stations=2)
    for name in ("A", "B", "C", "A"):
        counts.order_ended(name, "SetChargingProfile", "rise", "accepted")
    assert {key[0]: value for key, value in counts.writes.cells.items()} == {"A": 2, "B": 1}


def test_cycles_go_into_a_histogram():
    counts = ChargingCounts()
    counts.cycle_took(0.004)
    counts.cycle_took(-0.1)
    assert counts.cycles.counts[rows.CYCLE_S.index(0.005)] == 1
    assert counts.cycles.total == 0.004
