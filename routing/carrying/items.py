"""What is kept of a station while its CSMS is away, and what is known of it from before. Values only.

An `Item` is one request of the station that was answered here and waits for the CSMS. The edge stores it durably before
the station hears its answer (P4), gives it a row number, and hands the oldest one back when the CSMS is there again.
"""

from enum import Enum

from routing.values import Value


class Kind(Enum):
    """How much an item matters. Only `UPDATE` and `EVENT` may ever be dropped for want of room, in this order."""

    UPDATE = "update"
    """TransactionEvent Updated, 1.6 MeterValues of a transaction: every second one may go (E04.FR.07)."""
    EVENT = "event"
    """Reports and notifications that are kept in their order."""
    LATEST = "latest"
    """Only the newest with the same `merge` key matters (connector states, firmware progress)."""
    TRANSACTION = "transaction"
    """Begin and end of a transaction: never dropped (E04.FR.08)."""


class Item(Value, frozen=True, kw_only=True):
    """One request that waits for the CSMS, as the station sent it."""

    kind: Kind
    action: str
    message_id: str
    payload: str
    """Exact JSON text of the request."""
    merge: str = ""
    """For `LATEST`: what it is the newest of, such as `StatusNotification/1/2`."""
    transaction: str = ""
    """Transaction it belongs to, as the station knows it; a number in 1.6."""
    invented: int | None = None
    """1.6 StartTransaction: the transactionId that the station was given here (10.7)."""
    begin: str = ""
    """1.6 StartTransaction: the mark by which it is known when the station says it again (`repeats`), in hex."""


class Row(Value, frozen=True, kw_only=True):
    """An item on disk. `number` grows with age of the journal; it is the order of delivery."""

    number: int
    item: Item


class Alias(Value, frozen=True, kw_only=True):
    """A 1.6 transaction with two numbers: `local` is the station's, `real` the CSMS's; None until it has told us."""

    local: int
    real: int | None = None
    begin: str = ""
    """The mark of its StartTransaction: said again, it must get the same number again."""
    passed_on: bool = False
    """The CSMS gave its number to a newer transaction since: only the station still means this one."""


class Known(Value, frozen=True, kw_only=True):
    """What earlier connections taught about a station."""

    accepted: bool = False
    """The CSMS accepted its last BootNotification."""
    subprotocol: str | None = None
    """The version it last spoke with the CSMS."""
    boot: str = ""
    """Payload of its last BootNotification, "" if none was seen."""
    heartbeat_s: int = 300
    """The interval the CSMS gave."""
    waiting: int = 0
    """Items on disk."""
    aliases: tuple[Alias, ...] = ()
    """Its 1.6 transactions that began while the CSMS was away, the oldest first."""
    recent: tuple[Item, ...] = ()
    """The newest begins and ends of transactions on disk: a restart forgets no repetition."""
    trusted: bool = False
    """This arrival's credentials were verified here: the station may come in although the CSMS cannot be asked."""
