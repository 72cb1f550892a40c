"""Who may charge while the CSMS is away: what it answered before, per token, and the local lists it sent (C10, C13).

Learnt from answered exchanges (`lessons`): Authorize and transactions, SendLocalList that a station took, ClearCache,
and remote starts, which vouch for a token for an hour unless more is known (F01: the CSMS itself wants it to charge).
Two tables: a cache per CSMS and version family, shared by its stations, and a local list per station, which comes first
(C13). Neither is shared between CSMSs. Tokens are hashed and verdicts sealed (`sealing`), compared without case.

What is answered. A known verdict is answered as the CSMS gave it, be it Accepted or Blocked. An unknown token gets the
policy. ConcurrentTx is not learnt: it says what the token did at that moment, not what it is; what was known before
stays. A verdict ends with its own date, one of the cache at the latest after `lifetime_s`.

ClearCache (C11) empties what the answers of that CSMS taught, whichever of its stations it was sent to and whatever
that station said: the box has one cache for all and cannot tell whose data was meant. Keeping too much could let a
withdrawn token charge; forgetting too much costs a driver one refusal during an outage.

Changes are handed out for the edge to persist, as values with plain members (`take_changes`), and come back by `load`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from routing.carrying.lessons import V16, Lesson, lessons, token_of
from routing.carrying.sealing import Sealer
from routing.values import Value

DAY_S = 86_400.0
HINT_S = 3_600.0
"""How long a remote start vouches for its token."""
STRANGER_S = 3_600.0
"""How long a station may remember an unknown token that was let in."""
MAX_INFO_CHARS = 4_096
"""Longer verdicts are not learnt (P6); a real one has a few hundred characters."""
_FOR_EVER = 1e12


class Verdict(Value, frozen=True, kw_only=True):
    """What to answer about a token."""

    info: str
    """JSON text of `idTokenInfo` or `idTagInfo`, in the shape of the version."""
    known: bool
    """The CSMS said so before; False for the policy."""
    accepted: bool


class Entry(Value, frozen=True, kw_only=True):
    """One verdict as stored. Contains no token and nothing readable about one."""

    csms: str
    station: str
    """Whose local list it is from, "" for the cache."""
    token: str
    """Keyed hash of version family, type and token."""
    sealed: str
    until_at: float
    """Unix time when it ends."""


class Gone(Value, frozen=True, kw_only=True):
    """An entry that is to be deleted from the store."""

    csms: str
    station: str
    token: str


class _Info(msgspec.Struct, rename="camel"):
    status: str = ""
    cache_expiry_date_time: object = ""
    expiry_date: object = ""


_decode = msgspec.json.Decoder(_Info).decode
_Place = tuple[str, str, str]


class Authorizations:
    """What is known of tokens, for all stations of the box. Unix times are the caller's.

    `most` bounds the cache, and the local lists together, each; the oldest entries make room. `unknown` is the policy
    for tokens nobody said anything about.
    """

    def __init__(
        self,
        key: bytes,
        *,
        unknown: Literal["accept", "reject"] = "reject",
        most: int = 10_000,
        lifetime_s: float = 7 * DAY_S,
    ) -> None:
        self._sealer = Sealer(key)
        self._unknown = unknown
        self._most = most
        self._lifetime_s = lifetime_s
        self._tables: dict[str, dict[_Place, Entry]] = {"cache": {}, "list": {}}
        self._stored: set[_Place] = set()
        self._changed: dict[_Place, None] = {}

    def learn(
        self,
        csms: str,
        identity: str,
        subprotocol: str,
        caller_is_station: bool,
        action: str,
        request: bytes,
        answer: bytes,
        unix_at: float,
    ) -> None:
        """Take in one exchange that the CSMS and a station had; never one that the box answered itself."""
        for lesson in lessons(caller_is_station, action, request, answer):
            station = identity if lesson.table == "list" else ""
            if lesson.change == "clear":
                self._clear(lesson.table, csms, station)
                continue
            token = token_of(subprotocol, lesson.token)
            if token is None:
                continue
            place = (csms, station, self._sealer.hashed(token))
            if lesson.change == "hint" and self._found(place, token, unix_at) is not None:
                continue
            self._remove(place)
            if lesson.change != "drop" and len(lesson.info) <= MAX_INFO_CHARS:
                self._put(lesson, place, token, unix_at)

    def verdict(self, csms: str, identity: str, subprotocol: str, token_json: bytes | str, unix_at: float) -> Verdict:
        """What to answer about a token: the station's local list, the cache, else the policy (C13)."""
        token = token_of(subprotocol, token_json)
        for station in (identity, ""):
            info = None if token is None else self._found((csms, station, self._sealer.hashed(token)), token, unix_at)
            if info is not None:
                return Verdict(info=info, known=True, accepted=_read(info).status == "Accepted")
        return self._stranger(subprotocol, unix_at)

    def take_changes(self) -> list[Entry | Gone]:
        """What to write to the store since the last time, the oldest change first."""
        taken: list[Entry | Gone] = []
        for place in self._changed:
            entry = self._table(place).get(place)
            if entry is None:
                self._stored.discard(place)
                taken.append(Gone(csms=place[0], station=place[1], token=place[2]))
            else:
                self._stored.add(place)
                taken.append(entry)
        self._changed.clear()
        return taken

    def load(self, entries: Iterable[Entry]) -> None:
        """Take back what was stored, in the order it was written."""
        for entry in entries:
            place = (entry.csms, entry.station, entry.token)
            self._stored.add(place)
            self._table(place)[place] = entry
            self._shrink(self._table(place))

    def _put(self, lesson: Lesson, place: _Place, token: str, unix_at: float) -> None:
        lifetime_s = HINT_S if lesson.change == "hint" else self._lifetime_s
        latest_at = unix_at + lifetime_s if lesson.table == "cache" else _FOR_EVER
        table = self._tables[lesson.table]
        table[place] = Entry(
            csms=place[0],
            station=place[1],
            token=place[2],
            sealed=self._sealer.seal(token, lesson.info),
            until_at=min(latest_at, _ends_at(lesson.info, latest_at)),
        )
        self._changed[place] = None
        self._shrink(table)

    def _found(self, place: _Place, token: str, unix_at: float) -> str | None:
        entry = self._table(place).get(place)
        return self._sealer.opened(token, entry.sealed) if entry and unix_at < entry.until_at else None

    def _stranger(self, subprotocol: str, unix_at: float) -> Verdict:
        """The policy. An accepted one ends soon, so that no station's own cache makes a customer of it."""
        if self._unknown == "reject":
            status = "Invalid" if subprotocol == V16 else "Unknown"
            return Verdict(info=f'{{"status":"{status}"}}', known=False, accepted=False)
        until = datetime.fromtimestamp(unix_at + STRANGER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ending = "expiryDate" if subprotocol == V16 else "cacheExpiryDateTime"
        return Verdict(info=f'{{"status":"Accepted","{ending}":"{until}"}}', known=False, accepted=True)

    def _clear(self, table: str, csms: str, station: str) -> None:
        for place in [place for place in self._tables[table] if place[:2] == (csms, station)]:
            self._remove(place)

    def _remove(self, place: _Place) -> None:
        """Only what the store has must be deleted there, so that the changes stay as bounded as the tables."""
        if self._table(place).pop(place, None) is not None:
            self._changed.pop(place, None)
            if place in self._stored:
                self._changed[place] = None

    def _shrink(self, table: dict[_Place, Entry]) -> None:
        while len(table) > self._most:
            self._remove(next(iter(table)))

    def _table(self, place: _Place) -> dict[_Place, Entry]:
        return self._tables["list" if place[1] else "cache"]


def _ends_at(info: str, otherwise: float) -> float:
    """The verdict's own date as unix time; one without a zone is UTC, an unreadable one does not count."""
    read = _read(info)
    try:
        date = datetime.fromisoformat(str(read.cache_expiry_date_time or read.expiry_date))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return otherwise


def _read(info: str) -> _Info:
    try:
        return _decode(info)
    except (msgspec.MsgspecError, RecursionError):
        return _Info()
