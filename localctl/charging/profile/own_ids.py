"""Which charging profiles are this controller's: told by their ids alone, in every version of OCPP.

Ids are per station and shared with the CSMS, and an equal id replaces (K01.FR.05), so ours come from far above what a
CSMS counts up to and below 2^31. A CSMS may draw its ids at random from all of that, so what is taken for ours is no
wider than what is ever used: two ids for each EVSE number, and those of commissioning.
"""

from typing import Final

OURS_FROM: Final = 2_000_000_000
MOST_EVSE_ID: Final = 1000
"""The highest EVSE number that the configuration takes."""
PLACES: Final = range(OURS_FROM, OURS_FROM + 2 * (MOST_EVSE_ID + 1))
"""The profiles in daily use (`actuators.Place`)."""
TRIALS: Final = range(OURS_FROM + 900_000, OURS_FROM + 900_003)
"""The profiles of commissioning, one for each kind."""


def is_ours(profile_id: int) -> bool:
    """True for ids that only this controller uses."""
    return profile_id in PLACES or profile_id in TRIALS
