"""Words and codes of a parting: what each peer is told when the other one is gone.

A peer's close code is passed on, where it may be sent at all (RFC 6455 7.4): 1006 and 1015 only exist inside programs,
and 1005 stands for a close frame without a code. Who vanished without a good-bye is going away (1001) for the CSMS; a
station hears the code its policy names.
"""

from typing import Literal

RefusedCause = Literal[
    "policy", "csms", "csms_away", "crowded", "subprotocol", "replaced", "gone", "overrun", "bug", "stopping"
]
"""Why a station was turned away, as a word for metrics."""
LostCause = Literal[
    "station_closed", "csms_closed", "csms_refused", "replaced", "half_dead", "overrun", "journal", "bug", "stopping"
]
"""Why an open link ended, as a word for metrics."""
NO_CODE = 1005
"""A close frame without a code."""


def sendable(code: int) -> bool:
    """True for close codes that may stand in a close frame."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def code_onward(code: int | None, otherwise: int) -> int:
    """What the other peer is told: this peer's own code, also none at all; else `otherwise`."""
    return code if code is not None and (sendable(code) or code == NO_CODE) else otherwise


def deliberate(code: int | None) -> bool:
    """True for a close code by which a CSMS says that it does not want this station now, or that it did wrong.

    1008 is policy, 4000 and up are the CSMS's own; protocol faults would only repeat themselves. Going away, restarts
    (1001, 1012, 1013), plain closes and vanishing are losses: what the CSMS means it says to the next dial.
    """
    return code is not None and (code in (1002, 1003, 1007, 1008, 1009, 1010) or code >= 3000)


def blames_message(code: int | None) -> bool:
    """True for a close code that finds fault with what was sent last: its kind, its content or its size."""
    return code in (1003, 1007, 1009)


def undecided(status: int) -> bool:
    """True for an HTTP answer that says nothing of the station, so that the next dial may well succeed.

    Server errors; 408, 425 and 429, which want it later; pages and redirections, for example during maintenance. What
    is left are the refusals from 400 to 499.
    """
    return not 400 <= status < 500 or status in (408, 425, 429)


def words(reason: str, code: int | None) -> str:
    """A peer's reason as it may be repeated in a close frame: none without a code, at most 123 bytes (RFC 6455 5.5)."""
    if code is None:
        return ""
    return reason.encode("utf-8", "ignore")[:123].decode("utf-8", "ignore")
