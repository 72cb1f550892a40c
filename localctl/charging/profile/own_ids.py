"""Which charging profiles are this controller's: told by their ids alone, in every version of OCPP.

Ids are per station and shared with the CSMS, and an equal id replaces (K01.FR.05), so ours come from a range far above
what a CSMS counts up to and below 2^31.
"""

from typing import Final

OURS_FROM: Final = 2_000_000_000


def is_ours(profile_id: int) -> bool:
    """True for ids of this controller's range."""
    return profile_id >= OURS_FROM
