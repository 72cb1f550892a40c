"""Requests that a station sends only because the box asked: recognised, answered here, kept from the CSMS.

After an own GetChargingProfiles the station sends ReportChargingProfiles with the box's requestId, a request of its own
that the CSMS would not understand (Part 4 6.4: nothing of the controller's conversation leaks). An `Expectations` book
knows what is due. A request is taken only if all that was asked for matches exactly; messages of transactions, boots
and authorisations are never taken, whatever was expected (E01: the CSMS would miss a seqNo).
"""

import msgspec
from msgspec import Struct

from routing.actions import absorbable, unsigned
from routing.events import FollowUp
from routing.frames import Frame
from routing.signed import unwrapped
from routing.values import Instant

MAX_EXPECTED = 32


class _Evse(Struct):
    id: int | None = None


class _Request(Struct, rename="camel"):
    """What tells one follow-up from another, in 2.x and 1.6."""

    request_id: int | None = None
    tbc: bool = False
    evse_id: int | None = None
    connector_id: int | None = None
    evse: _Evse | None = None
    transaction_id: msgspec.Raw | None = None

    def is_of(self, evse_id: int) -> bool:
        return evse_id in (
            self.evse_id,
            self.connector_id if self.evse_id is None else None,
            self.evse and self.evse.id,
        )


_decode = msgspec.json.Decoder(_Request).decode


class _Expected(Struct):
    token: int
    follow_up: FollowUp
    until_at: float


class Expectations:
    """The follow-ups still due on one link, oldest first."""

    def __init__(self) -> None:
        self._due: list[_Expected] = []

    def __len__(self) -> int:
        return len(self._due)

    def expect(self, token: int, follow_up: FollowUp, now: Instant) -> None:
        """From now on this request is the box's own business, until it came or `within_s` is over."""
        self.purge(now)
        self._due.append(_Expected(token, follow_up, now + follow_up.within_s))

    def purge(self, now: Instant) -> None:
        """Forget what did not come in time."""
        self._due = [expected for expected in self._due if expected.until_at > now]

    def cancel(self, token: int) -> None:
        """The station refused the own CALL: nothing will follow, so nothing of that kind may be taken."""
        self._due = [expected for expected in self._due if expected.token != token]

    def take(self, frame: Frame, now: Instant) -> int | None:
        """The token of whoever asked for this request; None when it belongs to the CSMS."""
        if not absorbable(frame.word):
            return None
        action = unsigned(frame.word)
        self.purge(now)
        if all(expected.follow_up.action != action for expected in self._due):
            return None
        try:
            request = _decode(unwrapped(frame.word, frame.payload))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        if request.transaction_id is not None:
            return None
        for expected in self._due:
            if _matches(expected.follow_up, action, request):
                self._settle(expected, request, now)
                return expected.token
        return None

    def _settle(self, expected: _Expected, request: _Request, now: Instant) -> None:
        """One request ends it, or the last part of a report; every part gives the next one its full time."""
        if request.tbc:
            expected.until_at = now + expected.follow_up.within_s
        else:
            self._due.remove(expected)


def _matches(wanted: FollowUp, action: str, request: _Request) -> bool:
    if wanted.action != action:
        return False
    if wanted.request_id is not None and request.request_id != wanted.request_id:
        return False
    return wanted.evse_id is None or request.is_of(wanted.evse_id)
