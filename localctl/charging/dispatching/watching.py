"""Whether a station follows, judged by its meter: each EVSE alone, and all of them together.

A station-wide limit can be broken by EVSEs that are each below it, so the sum of their readings is judged too, by the
oldest reading in it. What a station was *told* is what counts, whatever it is accounted at: one that is distrusted
would otherwise be trusted again for keeping to its rating.
"""

from dataclasses import replace
from typing import Final

from localctl.charging.base.steps import combined, constant
from localctl.charging.dispatching import obedience, verdicts
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Managed, Outlet, Share
from localctl.charging.dispatching.obedience import Obedience
from localctl.charging.profile.profiles import RateUnit

WHOLE: Final = "0"
NOTHING: Final = Obedience()
FRESH_S: Final = 60.0
"""Readings of a station's EVSEs come one after the other; so old they may be to be added up."""


def told(desk: Desk, station: Managed, at_once: Envelope, now: float) -> None:
    """Remember what the station may draw as of now, by what it was sent (`Desk.by_book`)."""
    for outlet in station.outlets:
        before = desk.drawers.get(str(outlet.id), NOTHING)
        desk.drawers[str(outlet.id)] = obedience.entitled_to(before, at_once.of(outlet.id), now)
    if len(station.outlets) > 1 and at_once.station_a is not None:
        before = desk.drawers.get(WHOLE, NOTHING)
        desk.drawers[WHOLE] = obedience.entitled_to(before, at_once.station_a, now, FRESH_S)


def metered(
    desk: Desk, station: Managed, evse_id: int, drawn_a: float, now: float, since_at: float, *, from_power: bool = False
) -> None:
    """A reading of an EVSE, or the sum of all (0), the oldest of which was taken at `since_at`.

    A limit in watts and a power are made amperes by the same voltage: whatever that is, they can be compared.
    """
    key, rating_a = str(evse_id), station.full_a if evse_id == 0 else station.outlet(evse_id).rating_a
    if key == WHOLE and key not in desk.slots:
        return
    before = desk.drawers.get(key, NOTHING)
    rough = from_power and station.unit is RateUnit.AMPS
    slack_part = obedience.SLACK_PART_OF_POWER if rough else obedience.SLACK_PART
    after = desk.drawers[key] = obedience.sampled(
        before, drawn_a, now, rating_a=rating_a, since_at=since_at, slack_part=slack_part
    )
    if after.kept >= obedience.TO_TRUST and WHOLE not in desk.slots:
        # Limited EVSE by EVSE now, and following: what it did with a limit for the whole station is over.
        desk.drawers.pop(WHOLE, None)
    if after.over >= obedience.TO_DISTRUST > before.over:
        desk.check_due = True
        verdicts.learn(desk, station, "contradicted")
    elif after.kept >= obedience.TO_TRUST > before.kept:
        verdicts.learn(desk, station, "verified")


def probation_a(outlet: Outlet) -> float:
    """The most an EVSE of a distrusted station is ordered."""
    return max(outlet.failsafe_a, outlet.min_a)


def on_probation(shares: dict[int, Share], station: Managed) -> dict[int, Share]:
    """What a distrusted station is ordered: no more than its failsafe or a car's minimum.

    It is counted at its rating all the same. With nothing at all a car could not show that it follows.
    """
    found = {}
    for evse_id, share in shares.items():
        most_a = constant(probation_a(station.outlet(evse_id)))
        found[evse_id] = replace(share, amps=combined(min, [share.amps, most_a]))
    return found
