"""A read-back of every profile on a station: GetChargingProfiles and its ReportChargingProfiles (K09).

What a station reports was true when it was read, and changes go on meanwhile: the CSMS sets and clears, our own orders
are answered, transactions end. So every change that becomes known while the read-back is under way is kept, and made
once more to what was reported. That is right whether the station read before a change or after it: a profile that any
change touched is what the last one made of it, all others are as reported. For the same reason a read-back ends with
its link, and one that too much happened to is given up: the ledger then stays as it was.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from localctl.charging.base.json_reader import BadMember
from localctl.charging.knowing.ledger import MOST_ENTRIES, Entry, Ledger, kept, waits
from localctl.charging.knowing.readings import whole
from localctl.charging.profile.profile_json import read_profile

MOST_CHANGES: Final = 64
NARROW: Final = ("chargingProfileId", "stackLevel", "chargingProfilePurpose")
Change = Callable[[Ledger], Ledger]
Json = dict[str, Any]


class ReadBack:
    """One read-back under way, asked for by us or by the CSMS.

    `before` is the ledger at a moment no later than the station's reading.
    """

    def __init__(self, request_id: int, before: Ledger, *, ours: bool = True) -> None:
        self.request_id, self.ours = request_id, ours
        self._waiting = tuple(entry for entry in before.entries if waits(entry))
        self._found: list[Entry] = []
        self._changes: list[Change] = []

    @property
    def spoilt(self) -> bool:
        """True when more happened meanwhile than is remembered."""
        return len(self._changes) > MOST_CHANGES

    def changed(self, change: Change) -> None:
        """The ledger was changed."""
        if not self.spoilt:
            self._changes.append(change)

    def reported(self, ledger: Ledger, request: Json) -> Ledger | None:
        """One ReportChargingProfiles; the settled ledger after the last one of this read-back, else None."""
        if whole(request.get("requestId")) != self.request_id:
            return None
        evse_id, told = whole(request.get("evseId")), request.get("chargingProfile")
        for raw in told if isinstance(told, list) else ():
            try:
                self._found.append(Entry(evse_id=evse_id or 0, profile=read_profile(raw)))
            except BadMember:
                continue
        del self._found[MOST_ENTRIES:]
        return None if request.get("tbc") is True else self.settled(ledger)

    def settled(self, ledger: Ledger) -> Ledger:
        """The ledger by all that was reported: by nothing, where the station has NoProfiles."""
        if self.spoilt:
            return ledger
        found = replace(ledger, entries=(*self._found, *self._waiting)[:MOST_ENTRIES], known=True)
        for change in self._changes:
            found = change(found)
        return replace(found, entries=kept(_once(found.entries)))


def asks_for_all(request: Json) -> bool:
    """Whether a GetChargingProfiles is about everything: no EVSE, no criterion but the limit source CSO."""
    criteria = request.get("chargingProfile")
    if not isinstance(criteria, dict) or "evseId" in request or any(name in criteria for name in NARROW):
        return False
    sources = criteria.get("chargingLimitSource")
    return sources is None or (isinstance(sources, list | str) and "CSO" in sources)


def _once(entries: tuple[Entry, ...]) -> list[Entry]:
    """Of surely installed profiles with one id the last: a remote start's may be reported and begin as well."""
    last = {entry.profile.id: entry for entry in entries if entry.sure and not waits(entry)}
    return [entry for entry in entries if not entry.sure or waits(entry) or last[entry.profile.id] is entry]
