"""Words and codes of a parting: what each peer is told when the other one is gone.

A CSMS's close code is the station's, where it may be sent at all (RFC 6455 7.4): 1005, 1006 and 1015 only exist inside
programs. The CSMS learns what it would see of a station that leaves: 1000 for a clean good-bye, else 1001.
"""

from typing import Literal

from routing.values import Leg

RefusedCause = Literal["policy", "csms", "csms_away", "subprotocol", "replaced", "gone", "overrun", "bug", "stopping"]
LostCause = Literal[
    "station_closed", "csms_closed", "csms_refused", "replaced", "half_dead", "overrun", "bug", "stopping"
]


def sendable(code: int) -> bool:
    """True for close codes that may stand in a close frame."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def code_downward(code: int | None, otherwise: int) -> int:
    """The code for the station: the CSMS's own if it may be sent, else the policy's."""
    return code if code is not None and sendable(code) else otherwise


def code_upward(code: int | None, by: Leg | None) -> int:
    """The code for the CSMS: the box's reason if the box ends it, the station's manners otherwise."""
    if by is Leg.STATION:
        return 1000 if code == 1000 else 1001
    return code if by is None and code is not None and sendable(code) else 1001


def words(reason: str, code: int | None) -> str:
    """A peer's reason as it may be repeated in a close frame: none without a code, at most 123 bytes (RFC 6455 5.5)."""
    if code is None:
        return ""
    return reason.encode("utf-8", "ignore")[:123].decode("utf-8", "ignore")
