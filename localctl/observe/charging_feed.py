"""The charging side's figures: counted as orders end and cycles finish, and read from the newest picture at a scrape.

The picture comes with the snapshot, so the page, the API and Prometheus show the same figures (P5). It is plain JSON;
what is None there has no sample here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from localctl.observe import catalogue as rows
from localctl.observe.snapshot import SnapshotBox
from localctl.observe.tally import Distribution, Sample, Tally

Json = Mapping[str, Any]
ON_CIRCUITS = (
    (rows.CIRCUIT_LIMIT, "net_a"),
    (rows.CIRCUIT_ALLOCATED, "allocated_a"),
    (rows.CIRCUIT_ENTITLED, "entitled_a"),
    (rows.CIRCUIT_CURRENT, "measured_a"),
    (rows.OVERDRAFT, "over_a"),
)
WRITE = "SetChargingProfile"


class ChargingCounts:
    """What only an onlooker can count. Called by the control loop."""

    def __init__(self, max_stations: int = 2000) -> None:
        self.orders = Tally(rows.ORDERS)
        self.writes = Tally(rows.PROFILE_WRITES)
        self.cycles = Distribution(rows.CYCLE_S)
        self._max_stations = max_stations

    def order_ended(self, station: str, action: str, why: str, verdict: str) -> None:
        """An order met its end."""
        self.orders.add(why, verdict)
        if action == WRITE and (len(self.writes.cells) < self._max_stations or (station,) in self.writes.cells):
            self.writes.add(station)

    def cycle_took(self, seconds: float) -> None:
        """A control cycle has finished."""
        self.cycles.add(max(0.0, seconds))

    def samples(self) -> Iterator[Sample]:
        """For a scrape."""
        yield from self.orders.samples()
        yield from self.writes.samples()
        yield rows.CONTROL_CYCLE, (), self.cycles


def charging_samples(box: SnapshotBox) -> Iterator[Sample]:
    """What a scrape shows of the newest picture; nothing before the first cycle or on a pure router."""
    shown: Json = box.get().charging
    if shown.get("cycle_at") is None:
        return
    yield rows.ALLOCATION_SUCCESS_AT, (), shown["cycle_at"]
    for panel in shown["panels"]:
        yield from _circuit(panel)
    for station in shown["stations"]:
        yield from _station(station)
    yield from _inputs(shown)


def _circuit(panel: Json) -> Iterator[Sample]:
    binding: dict[str, float] = {}
    for phase, line in panel["phases"].items():
        for row, member in ON_CIRCUITS:
            if line[member] is not None:
                yield row, (panel["id"], phase), line[member]
        if line["since"] is not None:
            yield rows.CIRCUIT_LIMIT_SINCE, (panel["id"], phase), line["since"]
        if line["next_source"] is not None:
            binding.setdefault(line["next_source"], 0.0)
        binding[line["source"]] = 1.0
    for source, holds in binding.items():
        yield rows.CIRCUIT_BINDING, (panel["id"], source), holds


def _station(station: Json) -> Iterator[Sample]:
    name, evses = station["identity"], station["evses"]
    yield rows.DISTRUSTED, (name,), float(any(evse["distrusted"] for evse in evses))
    yield rows.ON_FAILSAFE, (name,), float(any(map(_on_failsafe, evses)))
    leases = [evse["lease_until"] for evse in evses if evse["lease_until"] is not None]
    if leases:
        yield rows.LEASE_EXPIRY, (name,), min(leases)
    for evse in evses:
        labels = (name, str(evse["id"]))
        yield rows.EVSE_LIMIT, labels, evse["share_a"]
        yield rows.EVSE_WAITING, labels, float(evse["waiting"])
        if evse["measured_a"]:
            yield rows.EVSE_CURRENT, labels, max(evse["measured_a"].values())


def _on_failsafe(evse: Json) -> bool:
    """A car charges where nobody steers it any more: out of reach, and the last lease is over."""
    return evse["transaction"] is not None and evse["reason"] == "away" and evse["lease_until"] is None


def _inputs(shown: Json) -> Iterator[Sample]:
    """One source may have a word on several nodes: it was heard with the newest, it is stale with any of them."""
    heard: dict[str, float] = {}
    stale: dict[str, bool] = {}
    for source in shown["external"]:
        name = source["source"]
        stale[name] = stale.get(name, False) or source["state"] == "stale"
        if source["heard_at"] is not None:
            heard[name] = max(source["heard_at"], heard.get(name, 0.0))
    for load in shown["loads"]:
        if load["metered"]:
            stale[load["name"]] = load["known"] != "meter"
        if load["read_at"] is not None:
            heard[load["name"]] = load["read_at"]
    for name, at in heard.items():
        yield rows.INPUT_READ_AT, (name,), at
    for name, silent in stale.items():
        yield rows.INPUT_STALE, (name,), float(silent)
