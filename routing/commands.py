"""What to do. Imperative, one value per action; the router makes them, the edge carries them out in order."""

from routing.carrying.items import Alias, Item
from routing.observations import Observation
from routing.policy import CloseStyle
from routing.values import Instant, Leg, LinkId, Value


class Command(Value, frozen=True, kw_only=True):
    """Base of everything the edge is asked to do for a link."""

    link: LinkId


class Dial(Command, frozen=True, kw_only=True):
    """Open the up leg of this link: the station's raw path and credentials, this offer, that CSMS."""

    csms: str
    offer: tuple[str, ...]


class Accept(Command, frozen=True, kw_only=True):
    """Upgrade the waiting station. `subprotocol` None means: without that header."""

    subprotocol: str | None


class Refuse(Command, frozen=True, kw_only=True):
    """Answer the waiting station's upgrade with this HTTP status instead, then close."""

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class Send(Command, frozen=True, kw_only=True):
    """Put this text on that leg, after everything sent to it before."""

    leg: Leg
    text: str


class Close(Command, frozen=True, kw_only=True):
    """Let this leg go, after what was sent to it before. A leg that is dialling is abandoned. Code 1005: say none."""

    leg: Leg
    code: int
    reason: str
    style: CloseStyle = "close"


class Pause(Command, frozen=True, kw_only=True):
    """Read no further frame from this leg until `Resume`: too much of it waits here."""

    leg: Leg


class Resume(Command, frozen=True, kw_only=True):
    """Read on from this leg."""

    leg: Leg


class WakeAt(Command, frozen=True, kw_only=True):
    """Say `Woke` at this moment. A later one does not cancel an earlier one."""

    at: Instant


class Observe(Command, frozen=True, kw_only=True):
    """Hand this fact to whoever counts, logs or controls."""

    what: Observation


class Keep(Command, frozen=True, kw_only=True):
    """Store this durably, behind all that is kept for this station; say `Kept` or `NotKept` with `ticket`."""

    ticket: int
    item: Item


class Fetch(Command, frozen=True, kw_only=True):
    """Say `Fetched` with the oldest that is kept for this station."""


class Delivered(Command, frozen=True, kw_only=True):
    """The CSMS has this row: remove it. With it goes what its answer taught about a 1.6 transaction."""

    row: int
    alias: Alias | None = None
    """The CSMS's number of a transaction that began here."""
    ended: int | None = None
    """The transaction, by its local number, that is over."""


class Bury(Command, frozen=True, kw_only=True):
    """The CSMS refused this row at every attempt: move it to the dead letters."""

    row: int
    attempts: int
    code: str
    text: str


class Remember(Command, frozen=True, kw_only=True):
    """Note this about the station for its next connection; None leaves what is noted."""

    accepted: bool | None = None
    subprotocol: str | None = None
    boot: str | None = None
    heartbeat_s: int | None = None
    ended: int | None = None
    """A 1.6 transaction, by its local number, that ended while the CSMS was there."""
    alias: Alias | None = None
    """A 1.6 transaction whose number of the CSMS means another now."""


class Forget(Command, frozen=True, kw_only=True):
    """Both legs are gone: the link's number will not come back."""
