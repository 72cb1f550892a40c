"""What the installer decided about a station: how to reach its CSMS and how patient to be.

The edge turns configuration into these values; the router only reads them. `Policies` is a plain function, so a reload
is one assignment and links that are up keep the policy they were opened with.
"""

from collections.abc import Callable
from typing import Literal

from routing.values import Value

CloseStyle = Literal["close", "drop", "refuse"]
"""How a station is let go: a close frame, or a cut TCP connection (some never come back after a close frame).
`refuse` cuts as well, and answers 503 at once where an upgrade would be held while the CSMS is away."""


class OutagePolicy(Value, frozen=True, kw_only=True):
    """What happens to a station whose CSMS is lost (Part 4 6.3). Times in seconds."""

    mode: Literal["close", "carry"] = "close"
    """`close` lets the station go, so that it keeps its messages itself; `carry` answers here and forwards later."""
    grace_s: float = 0.0
    """So long the CSMS may be away before anything is done about it; what the station says waits meanwhile."""
    mark_offline: bool = True
    """Unsigned TransactionEvents that are forwarded late say `offline: true` (8.7c)."""
    attempts: int = 3
    """MessageAttempts: so often a kept message is sent before it goes to the dead letters (E13.FR.01)."""
    attempt_interval_s: float = 60.0
    """MessageAttemptInterval: the wait after attempt n is n times this (E13.FR.02)."""
    boot_again: bool = False
    """Repeat the station's last BootNotification when the CSMS is back, for one that insists on it; otherwise only
    after it answered SecurityError."""
    stop_refused: bool = True
    """Stop a transaction whose token the CSMS refuses when it hears of it at last."""
    energy_cap_wh: float | None = None
    """Stop a transaction of an unknown token after so much energy while the CSMS is away."""


class StationPolicy(Value, frozen=True, kw_only=True):
    """How one station is treated. Times in seconds."""

    csms: str
    """Name of the CSMS this station belongs to."""
    subprotocol: str | None = None
    """Pin: of the station's offer only this version goes up (stations that misbehave on a newer one)."""
    assume_subprotocol: str | None = None
    """Version offered upward for a station that offers none; the station then gets no subprotocol header."""
    no_common_subprotocol: Literal["refuse", "close"] = "refuse"
    """No version in common: HTTP 400 (what certification expects) or upgrade without header, then close (Part 4)."""
    handshake: Literal["mirror", "early"] = "mirror"
    """`mirror` holds the station's upgrade until the CSMS has answered; `early` accepts first and dials on the first
    frame or after `probe_grace_s` (for stations that open short probe sockets)."""
    probe_grace_s: float = 2.0
    preferred: tuple[str, ...] = ("ocpp2.0.1", "ocpp2.1", "ocpp1.6")
    """Only for `early`: which of the offered versions to take, best first."""
    close_style: CloseStyle = "close"
    outage: OutagePolicy = OutagePolicy()
    close_code: int = 1001
    """WebSocket code given to the station when its CSMS is lost."""
    call_timeout_s: float = 30.0
    """A relayed CALL without an answer frees its slot after this long. Not above the station's own MessageTimeout."""
    own_call_timeout_s: float = 15.0
    """The box's own CALLs give up sooner, so that a CSMS CALL waiting behind them is not late (2.3.4b)."""
    max_call_timeouts: int = 5
    """So many CALLs in a row unanswered by the station, and its half-dead socket is recycled; 0 = never."""
    max_waiting: int = 64
    """CALLs that may wait per direction; one more pauses reading from that peer until there is room."""
    max_waiting_chars: int = 4 * 1024 * 1024
    """Characters of text that may wait per direction; the same happens. At twice either bound the link is closed with
    1013: both peers then keep and repeat what they had to say."""
    retry_min_s: float = 1.0
    """RetryBackOffWaitMinimum towards the CSMS (Part 4 section 5.4)."""
    retry_range_s: float = 2.0
    """RetryBackOffRandomRange."""
    retry_repeats: int = 4
    """RetryBackOffRepeatTimes: the wait doubles this many times, then stays."""
    hold_s: float = 5.0
    """A station that arrives during the back-off is held this long at most before it gets 503 with Retry-After."""


class Refused(Value, frozen=True, kw_only=True):
    """This station may not come in: an HTTP status and a sentence for the log (never sent to the peer)."""

    status: int
    reason: str


Policies = Callable[[str], StationPolicy | Refused]
"""Identity (as decoded from the path, any case) to its policy."""
