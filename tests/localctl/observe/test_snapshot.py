"""The snapshot: one immutable picture, the same in JSON and in metrics."""

import json

import pytest

from localctl.observe import catalogue
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox, StationView, snapshot_samples

AWAY = StationView(identity="CS2", connected=False, upstream_connected=False, since_at=2.0, last_loss="half dead")
HERE = StationView(
    identity="CS1", connected=True, upstream_connected=False, since_at=1.0, subprotocol="ocpp1.6", arrivals=3
)
SNAPSHOT = Snapshot(version="1.0", state=ServiceState.DEGRADED, reasons=("CSMS away",), stations=(HERE, AWAY))


def test_a_snapshot_cannot_be_changed():
    with pytest.raises(AttributeError):
        SNAPSHOT.site = "elsewhere"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        HERE.connected = False  # type: ignore[misc]


def test_the_json_says_what_the_snapshot_says():
    shown = json.loads(SNAPSHOT.as_json())
    assert (shown["version"], shown["state"], shown["reasons"]) == ("1.0", "degraded", ["CSMS away"])
    assert shown["stations"][0] == {
        "identity": "CS1", "connected": True, "upstream_connected": False, "since_at": 1.0, "subprotocol": "ocpp1.6",
        "registration": "Unknown", "csms": None, "arrivals": 3, "last_loss": None,
    }  # fmt: skip


def test_the_box_shows_the_newest_and_a_reader_keeps_what_it_took():
    box = SnapshotBox(SNAPSHOT)
    taken = box.get()
    box.put(Snapshot(version="1.0", state=ServiceState.READY))
    assert (taken.state, box.get().state) == (ServiceState.DEGRADED, ServiceState.READY)


def test_metrics_show_each_leg_of_each_station_and_exactly_one_state():
    samples = {(row, labels): figure for row, labels, figure in snapshot_samples(SnapshotBox(SNAPSHOT))}
    assert samples[catalogue.STATION_CONNECTED, ("CS1",)] == 1
    assert samples[catalogue.UPSTREAM_CONNECTED, ("CS1",)] == 0
    assert samples[catalogue.STATION_CONNECTED, ("CS2",)] == 0
    assert samples[catalogue.STATION_ARRIVALS, ("CS1",)] == 3
    states = {labels: figure for (row, labels), figure in samples.items() if row is catalogue.SERVICE_STATE}
    assert states == {("starting",): 0, ("ready",): 0, ("degraded",): 1, ("stopping",): 0}
