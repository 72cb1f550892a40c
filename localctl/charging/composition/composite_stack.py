"""Which profiles count for an EVSE, and in which order they lead (R6 to R9).

Profiles fall into stacks; in each stack the first that has a period leads:
- session: PriorityCharging (2.1, while active), then TxProfile of the running transaction, then TxDefaultProfile.
  A TxProfile period replaces TxDefault even where it is higher (R7). Inside a purpose the higher level leads; a
  default on the EVSE and one on 0 form ONE stack by level.
- external on this EVSE (2.1), external on the station, station maximum: each caps on its own.
- generation (2.1): what comes on top; an EVSE asked for by itself has one stack of its own and the station's.

Without a transaction TxDefault counts as if one ran, TxProfiles and PriorityCharging do not (R8, K08.FR.06); Relative
then counts from the request. Of an EVSE everything Relative counts alike, limits of the station included; of the
station itself from the request.

Decisions where the text is silent or the input forbidden:
- Equal levels: the EVSE's own before 0, then the newer (later in the list) before the older.
- A TxProfile without transactionId belongs to whatever transaction runs on its EVSE (1.6 allows it, and a profile
  inside RequestStartTransaction has none).
- External limits of an EVSE and of its station are two caps, so that neither hides the other.
- OCPP 1.6: one TxDefaultProfile on a connector puts all connector-0 defaults out of force there, also while it is
  silent (1.6 3.13.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from localctl.charging.base.instants import Instant
from localctl.charging.composition.composite_runs import Candidate
from localctl.charging.profile.profiles import Installed, Protocol, Purpose, Transaction, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is installed at one station and what runs there, oldest profile first."""

    protocol: Protocol = Protocol.V201
    installed: tuple[Installed, ...] = ()
    transactions: tuple[Transaction, ...] = ()


class Stacks(NamedTuple):
    """The stacks of one EVSE, each strongest first."""

    session: list[Candidate]
    external: list[Candidate]
    generation: list[Candidate]


class StationStacks(NamedTuple):
    """The stacks of the station as a whole, each strongest first."""

    station_max: list[Candidate]
    external: list[Candidate]
    generation: list[Candidate]


RANK = {Purpose.PRIORITY: 2, Purpose.TX: 1, Purpose.TX_DEFAULT: 0}


def evse_stacks(book: Book, evse_id: int, asked_at: Instant, schedule_index: int, *, alone: bool) -> Stacks:
    """The stacks of one EVSE. Defaults of the station count here too (K01.FR.14).

    `alone` is True where this EVSE is asked for by itself: then the station's generation is in its stack as well.
    """
    transaction = running(book.transactions, evse_id)
    zero_at = relative_zero(book, evse_id, asked_at)
    here = [one for one in book.installed if one.evse_id in (0, evse_id)]
    session = [one for one in here if one.profile.purpose in RANK and counts(one, evse_id, transaction)]
    if book.protocol is Protocol.V16:
        session = without_replaced_defaults(session, evse_id)
    own_external = [one for one in here if one.profile.purpose is Purpose.EXTERNAL and one.evse_id == evse_id]
    generation = [one for one in here if one.profile.purpose is Purpose.LOCAL_GENERATION and (alone or one.evse_id)]
    return Stacks(
        in_order(session, zero_at, schedule_index),
        in_order(own_external, zero_at, schedule_index),
        in_order(generation, zero_at, schedule_index),
    )


def relative_zero(book: Book, evse_id: int, asked_at: Instant) -> Instant:
    """Where Relative counts from at this EVSE: its transaction, or the request where none runs (R5)."""
    transaction = running(book.transactions, evse_id)
    return asked_at if transaction is None else transaction.zero_at


def station_stacks(book: Book, zero_at: int, schedule_index: int) -> StationStacks:
    """The stacks of EVSE 0; what is Relative there counts from `zero_at`."""
    here = [one for one in book.installed if one.evse_id == 0]
    return StationStacks(
        *(
            in_order([one for one in here if one.profile.purpose is purpose], zero_at, schedule_index)
            for purpose in (Purpose.STATION_MAX, Purpose.EXTERNAL, Purpose.LOCAL_GENERATION)
        )
    )


def counts(one: Installed, evse_id: int, transaction: Transaction | None) -> bool:
    """True where a session profile applies to this EVSE now (R7, R8)."""
    profile = one.profile
    if profile.purpose is Purpose.TX_DEFAULT:
        return True
    if transaction is None:
        return False
    if profile.purpose is Purpose.PRIORITY:
        return transaction.priority
    return one.evse_id == evse_id and profile.transaction_id in (None, transaction.id)


def without_replaced_defaults(session: list[Installed], evse_id: int) -> list[Installed]:
    """1.6: the connector's own default replaces the one of connector 0 there (1.6 3.13.1)."""
    own = any(one.evse_id == evse_id and one.profile.purpose is Purpose.TX_DEFAULT for one in session)
    if not own:
        return session
    return [one for one in session if one.evse_id == evse_id or one.profile.purpose is not Purpose.TX_DEFAULT]


def in_order(found: Sequence[Installed], zero_at: int, schedule_index: int) -> list[Candidate]:
    """Strongest first: purpose, level, the EVSE's own before 0, newer before older."""
    newest_first = found[::-1]
    return [
        candidate(one, zero_at, schedule_index)
        for one in sorted(newest_first, key=strength, reverse=True)
        if one.profile.schedules
    ]


def strength(one: Installed) -> tuple[int, int, bool]:
    """What decides who leads."""
    return RANK.get(one.profile.purpose, 0), one.profile.stack_level, one.evse_id != 0


def candidate(one: Installed, zero_at: int, schedule_index: int) -> Candidate:
    """The profile with the schedule meant: the i-th of several (R16, K15.FR.22), its only one otherwise."""
    schedules = one.profile.schedules
    return Candidate(one.profile, zero_at, schedules[schedule_index if schedule_index < len(schedules) else 0])


def in_force(book: Book) -> Book:
    """The book as the station would hold it after installing the profiles in their order.

    TxProfiles of transactions that do not run are dropped (K01.FR.09, 33, K02.FR.05). A later profile replaces an
    earlier one with its id, purpose and EVSE (K01.FR.05, not for external limits), and in 1.6 also one with its
    purpose and level on its connector (10.10). One id for two purposes or two EVSEs cannot happen by installing, but
    does in lists put together from files and reports: nobody knows which came first, so both count.
    """
    seen: set[object] = set()
    kept = []
    for one in reversed([one for one in book.installed if could_be_installed(one, book)]):
        names = replaceable_by(one, book.protocol)
        if seen.isdisjoint(names):
            kept.append(one)
        # Also what was replaced later had replaced what was there before it.
        seen.update(names)
    return Book(protocol=book.protocol, installed=tuple(reversed(kept)), transactions=book.transactions)


def could_be_installed(one: Installed, book: Book) -> bool:
    """False for a TxProfile whose transaction does not run."""
    return one.profile.purpose is not Purpose.TX or counts(one, one.evse_id, running(book.transactions, one.evse_id))


def replaceable_by(one: Installed, protocol: Protocol) -> list[object]:
    """The names a newer profile must share with this one to replace it."""
    profile = one.profile
    if profile.purpose is Purpose.EXTERNAL:
        return []
    names: list[object] = [("id", one.evse_id, profile.purpose, profile.id)]
    if protocol is Protocol.V16:
        names.append(("level", one.evse_id, profile.purpose, profile.stack_level))
    return names
