"""What a station said lately, so that a repeated request is answered again but not kept twice.

Stations repeat: with the same message id or a new one, after a time-out or a reboot (OCPP 2024-09 errata, libocpp #907
and PR #298). Two requests are the same when their marks are, a digest of what makes them unique; see `rules`.

A mark is open until its request is on disk. Were it believed before, a station whose request could not be stored would
hear at its next attempt that all is well (P4). So what is still open when the station arrives anew is dropped, and a
connection does not believe what another one of the same station has open.
"""

from collections import OrderedDict
from collections.abc import Set
from hashlib import blake2b

from routing.carrying.items import Kind

MARK_BYTES = 16


def mark(*parts: str) -> bytes:
    """One short digest of all parts; never equal for different parts."""
    lengths = ",".join(str(len(part)) for part in parts)
    return blake2b("\0".join((lengths, *parts)).encode("utf-8", "surrogatepass"), digest_size=MARK_BYTES).digest()


class Repeats:
    """Marks of one station's last requests: `most` of transactions, and `most` others that cannot push those out."""

    def __init__(self, most: int = 128) -> None:
        self._most = most
        self._transactions: OrderedDict[bytes, int | None] = OrderedDict()
        self._others: OrderedDict[bytes, int | None] = OrderedDict()
        self._open: set[bytes] = set()

    def __contains__(self, sign: bytes) -> bool:
        return sign in self._transactions or sign in self._others

    def invented(self, sign: bytes) -> int | None:
        """The transactionId that was invented for this StartTransaction before."""
        return self._transactions.get(sign)

    def add(self, sign: bytes, kind: Kind, invented: int | None = None) -> None:
        """Remember a request that is to be kept; the oldest of its sort makes room."""
        table = self._transactions if kind is Kind.TRANSACTION else self._others
        table[sign] = invented
        table.move_to_end(sign)
        self._open.add(sign)
        if len(table) > self._most:
            self._open.discard(table.popitem(last=False)[0])

    def confirm(self, sign: bytes) -> None:
        """It is on disk."""
        self._open.discard(sign)

    def drop_open(self, but: Set[bytes] = frozenset()) -> None:
        """Forget what never came to the disk, or of which nobody knows whether it did; not what the caller awaits."""
        for sign in self._open - but:
            self._transactions.pop(sign, None)
            self._others.pop(sign, None)
        self._open &= but
