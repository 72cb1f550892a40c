"""What a local answer is made of: the desk it may draw on, the request as read, and the answer with what is kept of it.

A request is read leniently: member by member, missing ones as "". Judging it is the CSMS's business when it gets the
exact text later; the box needs only what an answer must contain.
"""

from collections.abc import Callable

import msgspec

from routing.carrying.authorizations import Verdict
from routing.carrying.items import Item
from routing.carrying.repeats import Repeats
from routing.values import Value


class Desk(Value, frozen=True, kw_only=True):
    """What an answer may draw on, given by the caller for one request."""

    time: str
    """Now, RFC 3339 in UTC with `Z`, from a clock that is trustworthy: stations set theirs by it (G02.FR.06)."""
    heartbeat_s: int
    """The interval that the CSMS gave this station last."""
    identity: str
    """The station."""
    judge: Callable[[bytes], Verdict]
    """What is known of a token, given as the JSON of `idToken` (2.x) or `idTag` (1.6); empty: cannot be verified."""
    invent: Callable[[], int]
    """A transactionId that was never used before, for 1.6."""
    repeats: Repeats
    """What this station said before; the caller keeps it as long as the station is known."""


class Local(Value, frozen=True, kw_only=True):
    """The box's answer in the CSMS's place, and what must be on disk before the station hears it (P4)."""

    payload: str
    """JSON text of the CALLRESULT, "" when `error` is set."""
    error: str | None = None
    """CALLERROR code instead, in the words of the version."""
    item: Item | None = None
    """What to keep for the CSMS; None for nothing, or for nothing new."""
    sign: bytes = b""
    """Beside an item: what `Repeats.confirm` wants to hear once it is on disk."""
    repeated: bool = False
    """The same was said before and is kept, or on its way to the disk: this answer must not overtake that one's."""
    unknown_token: bool = False
    """A transaction goes on with a token nobody knows: the site's energy cap applies."""


class Unreadable(Exception):
    """A request lacks what its answer must contain. Never leaves this package."""


class Asked(Value, frozen=True, kw_only=True):
    """One request as read, signed or not."""

    action: str
    """Without the suffix of a signed one."""
    message_id: str
    text: str
    """What was signed, or the payload itself."""
    body: dict[str, object]
    invented: int | None = None
    """The transactionId for this 1.6 StartTransaction, new or as before."""

    def member(self, path: str) -> object:
        """The member at a dotted path, None when it is not there."""
        found: object = self.body
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def words(self, path: str) -> str:
        """The text or whole number at a path as text, "" for anything else."""
        found = self.member(path)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""

    def json_of(self, path: str) -> bytes:
        """The member at a path as JSON, empty when it is not there."""
        found = self.member(path)
        return b"" if found is None else msgspec.json.encode(found)
