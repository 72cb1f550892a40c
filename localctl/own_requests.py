"""Requests of stations that are about what this box put there: answered here, never seen by the CSMS (Part 4 6.4).

There is one: PullDynamicScheduleUpdate [2.1] for a Dynamic profile of ours, whose id the CSMS does not know. A value in
the answer would be a lease that nobody could see arrive. So the answer is "Rejected", and the value follows as an order
of its own, which is counted, stored and confirmed like every other (P2; `charging.dispatching.dispatch`).
"""

from typing import Final

import msgspec

from localctl.charging.profile.own_ids import is_ours
from routing.actions import unsigned
from routing.signed import unwrapped

PULL: Final = "PullDynamicScheduleUpdate"
REJECTED: Final = '{"status":"Rejected"}'


class _Pull(msgspec.Struct):
    profile_id: int = msgspec.field(name="chargingProfileId", default=0)


_read = msgspec.json.Decoder(_Pull).decode


def own_answer(action: str, payload: bytes) -> str | None:
    """The answer to a request about one of our profiles; None for everything that is the CSMS's to answer."""
    if unsigned(action) != PULL:
        return None
    try:
        ours = is_ours(_read(unwrapped(action, payload)).profile_id)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return REJECTED if ours else None
