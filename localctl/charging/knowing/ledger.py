"""Which profiles are installed at a station, as far as anyone behind it can know.

Fed by what passes and was answered: SetChargingProfile, RequestStartTransaction / RemoteStartTransaction with a
profile, ClearChargingProfile, the ends of transactions, and by what a station reports (`read_back`). Only "Accepted"
counts; where the answer is missing, what was and what may have become are both kept, marked as not sure, until
something settles it.
The CSMS's profiles and ours are told apart by id alone (`own_ids.is_ours`).

2.x: the same id replaces, whatever purpose and EVSE it had (K01.FR.05); equal levels are refused by the station
(K01.FR.06, 39, 52, 53) and so never accepted. 1.6: the same id, or the same purpose and level on the same connector,
replaces (10.10); a level is gone at once even if the new profile is valid only later (10.11). Everything persists over
reboots (K01.FR.27) except that a TxProfile goes with its transaction (K02.FR.05).

A ledger is frozen and plain: `msgspec.to_builtins` and `convert` store it. Bounded by MOST_ENTRIES, oldest first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from localctl.charging.base.json_reader import BadMember, number_or_none
from localctl.charging.knowing.readings import whole
from localctl.charging.profile.own_ids import is_ours
from localctl.charging.profile.profile_json import read_profile, read_profile_16
from localctl.charging.profile.profiles import ChargingProfile, Installed, Protocol, Purpose

MOST_ENTRIES: Final = 256
START_S: Final = 600.0
"""In 1.6 a remote start is waited for no longer: a station gives up after a minute or two, and says nothing."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A profile on a station. `sure` False: it may or may not be there.

    `start_id`: it waits for its remote start, which was asked for at `asked_at`.
    """

    evse_id: int
    profile: ChargingProfile
    sure: bool = True
    start_id: int | None = None
    asked_at: float | None = None

    @property
    def ours(self) -> bool:
        """True for a profile of this controller."""
        return is_ours(self.profile.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All profiles of one station, oldest first. `known`: it told once what was there before this box (`read_back`)."""

    protocol: Protocol
    entries: tuple[Entry, ...] = ()
    known: bool = False

    def at(self, evse_id: int, *, ours: bool = True) -> tuple[Installed, ...]:
        """What bears on one EVSE, for the composite engine; with `ours` False only what the CSMS and station set."""
        return tuple(each for each in self.installed(ours=ours) if each.evse_id in (0, evse_id))

    def installed(self, *, ours: bool = True) -> tuple[Installed, ...]:
        """What is on the whole station."""
        found = [entry for entry in self.entries if (ours or not entry.ours) and not waits(entry)]
        return tuple(Installed(evse_id=entry.evse_id, profile=entry.profile) for entry in found)

    def levels(self) -> dict[str, int]:
        """The highest stack level of the CSMS, by purpose."""
        found: dict[str, int] = {}
        for entry in self.entries:
            if not entry.ours:
                purpose = entry.profile.purpose.value
                found[purpose] = max(found.get(purpose, -1), entry.profile.stack_level)
        return found

    def present(self) -> frozenset[int]:
        """The ids of our profiles that are surely there."""
        return frozenset(entry.profile.id for entry in self.entries if entry.ours and entry.sure)

    def overruled(self) -> frozenset[int]:
        """The ids of our profiles that a profile of the CSMS may silence: at their level or above, or a TxProfile."""
        theirs = [entry for entry in self.entries if not entry.ours and not waits(entry)]
        mine = [entry for entry in self.entries if entry.ours]
        tops = [entry for entry in mine if entry.profile.purpose is Purpose.TX]
        found = {entry.profile.id for entry in mine if any(silences(other, entry) for other in theirs)}
        for entry in mine:
            # A TxProfile of theirs takes the place of our default (5.2.2), unless one of ours stands above it.
            if entry.profile.purpose is Purpose.TX_DEFAULT:
                above = [other for other in theirs if other.profile.purpose is Purpose.TX]
                if any(shares_place(each, entry) and not any(silences(top, each) for top in tops) for each in above):
                    found.add(entry.profile.id)
        return frozenset(found)


def waits(entry: Entry) -> bool:
    """A profile that came with a remote start bears on nothing before its transaction begins."""
    return entry.start_id is not None


def silences(other: Entry, mine: Entry) -> bool:
    """Same purpose, same or higher level, and in the same place."""
    if other.profile.purpose is not mine.profile.purpose or other.profile.stack_level < mine.profile.stack_level:
        return False
    return shares_place(other, mine)


def shares_place(one: Entry, two: Entry) -> bool:
    """Both on one EVSE, or one of them on the whole station."""
    return one.evse_id == two.evse_id or 0 in (one.evse_id, two.evse_id)


def profile_set(ledger: Ledger, request: Json, taken: bool | None) -> Ledger:
    """A SetChargingProfile was answered: taken, refused, or (None) nobody knows. Anyone's, ours too.

    A profile that cannot be read is not remembered: if the station took it all the same, only a read-back shows it.
    """
    if taken is False:
        return ledger
    try:
        if ledger.protocol is Protocol.V16:
            evse_id, profile = request.get("connectorId"), read_profile_16(request.get("csChargingProfiles"))
        else:
            evse_id, profile = request.get("evseId"), read_profile(request.get("chargingProfile"))
    except BadMember:
        return ledger
    place = whole(evse_id)
    return ledger if place is None else added(ledger, Entry(evse_id=place, profile=profile, sure=taken is True))


def start_requested(ledger: Ledger, request: Json, taken: bool | None, now: float) -> Ledger:
    """A RequestStartTransaction / RemoteStartTransaction was answered; its profile waits for the transaction.

    In 1.6 there is no remoteStartId: the next transaction on the connector is taken for it (10.12), if it begins soon.
    """
    if taken is False or request.get("chargingProfile") is None:
        return ledger
    old = ledger.protocol is Protocol.V16
    try:
        profile = (read_profile_16 if old else read_profile)(request["chargingProfile"])
    except BadMember:
        return ledger
    start_id = 0 if old else whole(request.get("remoteStartId"))
    evse_id = whole(request.get("connectorId" if old else "evseId"))
    if start_id is None:
        return ledger
    new = Entry(evse_id=evse_id or 0, profile=profile, sure=taken is True, start_id=start_id, asked_at=now)
    return added(ledger, new)


def transaction_began(ledger: Ledger, transaction_id: str, evse_id: int, start_id: int | None, now: float) -> Ledger:
    """Bind what waited for this remote start to its transaction (5.4.3)."""
    old = ledger.protocol is Protocol.V16
    if old:
        ledger = dropped(ledger, lambda entry: entry.asked_at is not None and now - entry.asked_at > START_S)

    def bound(entry: Entry) -> Entry:
        fits = entry.evse_id in (0, evse_id) if old else entry.start_id == start_id
        if not waits(entry) or not fits:
            return entry
        profile = replace(entry.profile, transaction_id=transaction_id)
        return replace(entry, evse_id=evse_id, profile=profile, start_id=None, asked_at=None)

    return replace(ledger, entries=tuple(bound(entry) for entry in ledger.entries))


def transaction_ended(ledger: Ledger, transaction_id: str, evse_id: int | None) -> Ledger:
    """Its TxProfiles are gone (K02.FR.05); in 1.6 also those that named no transaction on its connector."""

    def over(entry: Entry) -> bool:
        if entry.profile.purpose is not Purpose.TX or waits(entry):
            return False
        named = entry.profile.transaction_id
        return named == transaction_id or (named is None and evse_id is not None and entry.evse_id == evse_id)

    return dropped(ledger, over)


def profiles_cleared(ledger: Ledger, request: Json, taken: bool | None) -> Ledger:
    """A ClearChargingProfile was answered. An id decides alone; else all criteria together; in 1.6 none means all.

    Profiles the station made of external limits are never cleared (K10.FR.08).
    """
    if taken is False:
        return ledger
    if ledger.protocol is Protocol.V16:
        wanted, criteria = whole(request.get("id")), request
        names = ("connectorId", "chargingProfilePurpose", "stackLevel")
    else:
        wanted = whole(request.get("chargingProfileId"))
        inner = request.get("chargingProfileCriteria")
        criteria, names = inner if isinstance(inner, dict) else {}, ("evseId", "chargingProfilePurpose", "stackLevel")
        if wanted is None and not any(name in criteria for name in names):
            return ledger

    def meant(entry: Entry) -> bool:
        if entry.profile.purpose is Purpose.EXTERNAL:
            return False
        return entry.profile.id == wanted if wanted is not None else matches(entry, criteria, names)

    return dropped(ledger, meant) if taken else doubted(ledger, meant)


def matches(entry: Entry, criteria: Json, names: tuple[str, str, str]) -> bool:
    """All criteria that are given."""
    place, purpose, level = (criteria.get(name) for name in names)
    if purpose == "ChargePointMaxProfile":
        purpose = Purpose.STATION_MAX.value
    return (
        (place is None or whole(place) == entry.evse_id)
        and (purpose is None or purpose == entry.profile.purpose.value)
        and (level is None or whole(level) == entry.profile.stack_level)
    )


def dynamic_updated(ledger: Ledger, request: Json, taken: bool | None) -> Ledger:
    """An UpdateDynamicSchedule was answered (2.1): the limit of its profile is another one now."""
    wanted, update = whole(request.get("chargingProfileId")), request.get("scheduleUpdate")
    limit = number_or_none(update.get("limit")) if isinstance(update, dict) else None
    if not taken or limit is None:
        return ledger

    def changed(entry: Entry) -> Entry:
        if entry.profile.id != wanted:
            return entry
        first, *rest = entry.profile.schedules
        schedule = replace(first, periods=tuple(replace(period, limit=limit) for period in first.periods))
        return replace(entry, profile=replace(entry.profile, schedules=(schedule, *rest)))

    return replace(ledger, entries=tuple(changed(entry) for entry in ledger.entries))


def added(ledger: Ledger, new: Entry) -> Ledger:
    """Put a profile in, in place of what it replaces; when that is not sure, beside it."""
    old_rules = ledger.protocol is Protocol.V16

    def replaced(entry: Entry) -> bool:
        if entry.profile.id == new.profile.id:
            return True
        same = entry.profile.purpose is new.profile.purpose and entry.profile.stack_level == new.profile.stack_level
        return old_rules and same and entry.evse_id == new.evse_id

    ledger = dropped(ledger, replaced) if new.sure else doubted(ledger, replaced)
    return replace(ledger, entries=kept([*ledger.entries, new]))


def kept(entries: list[Entry]) -> tuple[Entry, ...]:
    """As many as fit; the CSMS's oldest go first, ours stay."""
    over = len(entries) - MOST_ENTRIES
    for entry in [entry for entry in entries[:-1] if not entry.ours][: max(0, over)]:
        entries.remove(entry)
    return tuple(entries[-MOST_ENTRIES:])


def dropped(ledger: Ledger, which: Callable[[Entry], bool]) -> Ledger:
    """Without some."""
    return replace(ledger, entries=tuple(entry for entry in ledger.entries if not which(entry)))


def doubted(ledger: Ledger, which: Callable[[Entry], bool]) -> Ledger:
    """Some may be gone."""
    changed: Iterable[Entry] = (replace(entry, sure=False) if which(entry) else entry for entry in ledger.entries)
    return replace(ledger, entries=tuple(changed))
