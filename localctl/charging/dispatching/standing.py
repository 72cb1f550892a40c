"""Where every station stands in a plan: what it may draw, and what it is to be told, cell by cell.

Both are worked out anew only for stations of which something changed: their book, what is seen of them, their share,
or the place of one of their edges in the cells (`recall`). Most plans find most stations where they stood before.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from localctl.charging.base import steps
from localctl.charging.base.recall import Facts, Recall, unchanged_until
from localctl.charging.base.steps import Steps
from localctl.charging.dispatching import actuators, pacing, watching
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Envelope, Envelopes
from localctl.charging.dispatching.fleet import Managed, Share, Sight
from localctl.charging.dispatching.headroom import Amounts, Headroom
from localctl.charging.dispatching.orders import Terms
from localctl.charging.dispatching.pacing import Need
from localctl.charging.dispatching.squeeze import Unit, targets, units_of, with_meter

NO_SHARES: dict[int, Share] = {}


class Holding(NamedTuple):
    """What a station may draw at most: at this instant by its orders, per cell, per cell and by its meter too.

    `amounts` is what the last of these adds under its ceilings.
    """

    told: Envelope
    held: Envelopes
    envelopes: Envelopes
    amounts: Amounts


class Wants(NamedTuple):
    """What a station is to be told, and by place why. `calm`: all of it is told. `stuck`: do not count on it following.

    `amounts` is what it adds under its ceilings if it follows. Wishes move with time: `units` has those of `made_at`.
    """

    units: list[Unit]
    amounts: Amounts
    needs: dict[str, Need]
    calm: bool
    stuck: bool
    made_at: float


class Standings:
    """Where the stations of a site stood in the last plan."""

    def __init__(self) -> None:
        self._holdings: Recall[Holding] = Recall()
        self._wants: Recall[Wants] = Recall()

    def forget(self, identity: str) -> None:
        """The station left the site."""
        self._holdings.forget(identity)
        self._wants.forget(identity)

    def holding(self, desk: Desk, station: Managed, sight: Sight, room: Headroom, now: float) -> Holding:
        """What the station may draw; what it was told for this moment is what its meter is judged by."""
        loads = room.loads[station.identity]
        doubts = desk.distrusted(), desk.disobeys()
        made_of: Facts = (station, desk.orders(), doubts, sight.metered_a, room.shape, loads)
        found = self._holdings.again(station.identity, made_of, now)
        if found is None:
            told = desk.by_book(station, ((now, now),)).at(0)
            counted = desk.envelopes(station, room.windows)
            # Who is not known yet counts at its rating, but that gives it no right to more than it was told.
            held = counted if desk.disobeys() else desk.by_book(station, room.windows)
            envelopes = with_meter(counted, sight.metered_a, room.count)
            found = Holding(told, held, envelopes, room.amounts(station.identity, envelopes))
            until_at = unchanged_until(desk.edges(), room.moving, now)
            self._holdings.keep(station.identity, made_of, found, now, until_at)
        watching.told(desk, station, found.told, now)
        return found

    def wants(
        self, desk: Desk, station: Managed, sight: Sight, shares: dict[int, Share], room: Headroom, terms: Terms,
        now: float,
    ) -> Wants:  # fmt: skip
        """What the station is to be told, and what it would draw if it followed."""
        distrusted, loads = desk.distrusted(), room.loads[station.identity]
        made_of: Facts = (
            station, desk.capability, desk.orders(), tuple(desk.tracks.items()), distrusted, sight, shares, room.shape,
            loads, terms,
        )  # fmt: skip
        found = self._wants.again(station.identity, made_of, now)
        if found is not None:
            for unit in found.units:
                unit.uncut()
            return found
        units = wished(desk, station, sight, shares, room, terms, now)
        followed = targets(station, units, room.count)
        whys = needs(desk, sight, units, terms, now)
        calm = not whys and not any(unit.is_cut() for unit in units)
        stuck = not sight.online or distrusted or desk.failing() or desk.uncontrolled()
        found = Wants(units, room.amounts(station.identity, followed), whys, calm, stuck, now)
        if calm:
            until_at = unchanged_until(fixed_edges(desk, shares, room), moving(desk, station, room, terms), now)
            self._wants.keep(station.identity, made_of, found, now, until_at)
        return found


def wished(
    desk: Desk, station: Managed, sight: Sight, shares: dict[int, Share], room: Headroom, terms: Terms, now: float
) -> list[Unit]:
    """The station's units with their wishes of this moment."""
    leases = {key: terms.lease.lease_for(track.renewals) for key, track in desk.tracks.items()}
    if desk.distrusted():
        shares = watching.on_probation(shares, station)
    return units_of(station, desk.capability.actuator, shares, sight, leases, now, room)


def needs(desk: Desk, sight: Sight, units: list[Unit], terms: Terms, now: float) -> dict[str, Need]:
    """Why which places should be written now, if nothing is cut; a top waits until its floor is there."""
    found = {}
    for unit in units:
        for place, wish in unit.places:
            if desk.may_stand(place, sight):
                late_a = desk.late_a(place, now)
                why = pacing.need(desk.tracks[place.key], wish, now, terms.pace.dead_band_a, late_a)
                if why is not None:
                    found[place.key] = why
    return found


def fixed_edges(desk: Desk, shares: Mapping[int, Share], room: Headroom) -> Iterator[float]:
    """The instants that do not move on with time at which what is wished, written or possible changes."""
    known: list[Steps] = [share.amps for share in shares.values()]
    known += [share.cap for share in shares.values() if share.cap is not None]
    known += [track.schedule for track in desk.tracks.values() if track.schedule is not None]
    for each in known:
        yield from steps.edges(each)
    yield from (at for at in room.shape if at is not None)


def moving(desk: Desk, station: Managed, room: Headroom, terms: Terms) -> set[float]:
    """How far ahead of any moment a wish ends, and how far a written schedule is compared with it."""
    found = set(room.moving)
    late_s = actuators.lateness_s(station)
    for track in desk.tracks.values():
        lease_s = terms.lease.lease_for(track.renewals)
        found |= {lease_s, 2 * lease_s, lease_s + late_s, 2 * (lease_s + late_s), track.window_s, track.lease_s}
    return found
