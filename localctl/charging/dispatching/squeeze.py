"""What every station is to get in every cell, made to fit also when some of them do not follow.

The allocator's shares fit every ceiling as long as all stations do as told. A station that is silent, failing or
distrusted counts with what it may draw instead, and the others are cut until the sum fits again: first what lies above
the minimum, all alike; then whole EVSEs, lowest priority first, because a car cannot charge below its minimum.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from localctl.charging.base import steps
from localctl.charging.base.steps import Steps
from localctl.charging.base.units import NOISE_A
from localctl.charging.dispatching import actuators
from localctl.charging.dispatching.actuators import Place
from localctl.charging.dispatching.desk import rated
from localctl.charging.dispatching.entitlement import Envelopes
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Share, Sight
from localctl.charging.dispatching.headroom import Amounts, Headroom


@dataclass(slots=True, kw_only=True)
class Unit:
    """One EVSE, or a whole station (0), that is ordered as one: its places with their wishes, its target per cell.

    The target is `asked` itself until something is cut from it; then it is another list. `cut_by` is the ceiling that
    took the most back from what it is to get now.
    """

    identity: str
    evse_id: int
    min_a: float
    priority: int
    places: list[tuple[Place, Steps]] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    target: list[float] = field(default_factory=list)
    cut_by: int | None = None

    def outlets_of(self, station: Managed) -> list[Outlet]:
        """The outlets it stands for."""
        return [outlet for outlet in station.outlets if self.evse_id in (0, outlet.id)]

    def uncut(self) -> None:
        """It is to get what was asked for."""
        self.target, self.cut_by = self.asked, None

    def cut(self, cell: int, amps: float, row: int) -> None:
        """Take back what it is to get in a cell, for the sake of a ceiling."""
        if cell == 0 and amps < self.target[0]:
            self.cut_by = row
        self.target = [*self.target[:cell], amps, *self.target[cell + 1 :]]

    def is_cut(self) -> bool:
        """Whether anything keeps it below its wishes; without that no limit is needed."""
        return self.target != self.asked or self.asked[-1] < self.asked[-2]

    def limits(self, edges: Sequence[float], most: Sequence[float]) -> Steps:
        """The lower of target and `most`, cell by cell, as steps; the end of all leases binds the last cell too.

        Room that only shows up later is left to others: without the wish rising there, the limit doesn't either.
        """
        amps = [min(target_a, most_a) for target_a, most_a in zip(self.target, most, strict=True)]
        amps[-2] = min(amps[-2:])
        for cell in range(1, len(amps)):
            if self.asked[cell] <= self.asked[cell - 1]:
                amps[cell] = min(amps[cell], amps[cell - 1])
        return steps.tidy([(steps.ALWAYS, amps[0]), *zip(edges[1:], amps[1:-1], strict=True)])


def units_of(
    station: Managed,
    actuator: Actuator,
    shares: dict[int, Share],
    sight: Sight,
    leases: Mapping[str, float],
    now: float,
    room: Headroom,
) -> list[Unit]:
    """The units of a station with their wishes. `leases` is how long the next lease of each place is."""
    found: dict[int, Unit] = {}
    for place in actuators.places(station, actuator, sight.running):
        lease_s = leases[place.key]
        leased = actuators.has_lease(place, station, actuator, sight)
        wish = actuators.wish(place, station, actuator, shares, now=now, lease_s=lease_s, leased=leased)
        if place.evse_id not in found:
            outlets = [each for each in station.outlets if place.evse_id in (0, each.id)]
            found[place.evse_id] = Unit(
                identity=station.identity,
                evse_id=place.evse_id,
                min_a=min(each.min_a for each in outlets),
                priority=max((shares[each.id].priority for each in outlets if each.id in shares), default=0),
            )
        found[place.evse_id].places.append((place, wish))
    for unit in found.values():
        unit.asked = [max(steps.highest(wish, *window) for _, wish in unit.places) for window in room.windows]
        unit.uncut()
    return list(found.values())


def targets(station: Managed, units: Iterable[Unit], count: int) -> Envelopes:
    """What the station would draw at most if it followed, in each of so many cells."""
    rating, by_evse = rated(station, count), {unit.evse_id: unit.target for unit in units}
    if 0 in by_evse:
        return Envelopes(by_evse[0], rating.evse_a)
    each = rating.evse_a.items()
    return Envelopes(None, {evse_id: list(map(min, full_a, by_evse.get(evse_id, full_a))) for evse_id, full_a in each})


def squeeze(
    room: Headroom,
    stations: Mapping[str, Managed],
    units: Mapping[str, list[Unit]],
    stuck: Set[str],
    amounts: Mapping[str, Amounts],
) -> set[str]:
    """Cut targets until every ceiling holds in every cell; the stations that were cut.

    `amounts`: what everybody adds, the `stuck` with what they may draw, the others with their targets.
    """
    room.book_all(amounts)
    found: set[str] = set()
    for row, free in enumerate(room.free):
        for cell, free_a in enumerate(free):
            if free_a < -NOISE_A:
                found |= _cut(room, stations, units, stuck, row, cell)
    return found


def _cut(
    room: Headroom,
    stations: Mapping[str, Managed],
    units: Mapping[str, list[Unit]],
    stuck: Set[str],
    row: int,
    cell: int,
) -> set[str]:
    under = [
        (unit, factor)
        for identity, load in room.under(row)
        if identity not in stuck
        for unit in units.get(identity, ())
        if (factor := load.factor(unit.evse_id)) > 0 and unit.target[cell] > 0
    ]
    spare = sum(factor * max(0.0, unit.target[cell] - unit.min_a) for unit, factor in under)
    part = 1.0 if spare <= 0 else min(1.0, -room.free[row][cell] / spare)
    for unit, _ in under:
        unit.cut(cell, unit.target[cell] - part * max(0.0, unit.target[cell] - unit.min_a), row)
    names = {unit.identity for unit, _ in under}
    _rebook(room, stations, units, names, cell)
    for unit, _ in sorted(under, key=lambda one: (one[0].priority, one[0].identity, one[0].evse_id)):
        if room.free[row][cell] >= -NOISE_A:
            break
        unit.cut(cell, 0.0, row)
        _rebook(room, stations, units, {unit.identity}, cell)
    return names


def _rebook(
    room: Headroom, stations: Mapping[str, Managed], units: Mapping[str, list[Unit]], names: set[str], cell: int
) -> None:
    for identity in names:
        room.rebook(identity, cell, targets(stations[identity], units[identity], room.count).at(cell))


def with_meter(held: Envelopes, metered_a: Mapping[int, float], count: int) -> Envelopes:
    """What may be drawn now, in the first cell, is never less than what is drawn now."""
    found = held
    for evse_id, amps in metered_a.items():
        only_now = [amps, *[0.0] * (count - 1)]
        found = found.raised(evse_id, only_now)
        if found.station_a is not None:
            found = found.raised(0, only_now)
    return found
