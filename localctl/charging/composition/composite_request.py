"""The offline calculator: one request in, one answer out, for people who have profiles and want to know what they do.

A request is a JSON object:
`{id?, protocol: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1", start, duration_s, unit: "A" | "W", evseId, evseIds,
assumptions: {voltage, default_phases, default_limit_A, default_limit_W, local_limit_A, local_limit_W,
station_limit_A, station_limit_W}, transactions: [{evseId, transactionId, start}], profiles: [{evseId, profile}]}`.
The answer is `{"id", "periods": [{"startPeriod", "limit", "numberPhases"?, "phaseToUse"?}]}` or `{"id", "error"}`,
where the error is a sentence naming the member. Nothing a request holds makes `calculate` raise, not even a bug of
ours that it meets: that is its error as well, so that the other requests of a file are answered.

Profiles are taken as installed in the order of the list: a later one replaces an earlier one of its EVSE and purpose
with its id, in 1.6 also with its level. What is wrong with a profile's own shape (a first period after 0, a station
maximum on one EVSE, ...: `profile_shape`) is an error with the requirement's id. What a station would refuse for other
reasons is calculated all the same, because people ask for what they found installed: equal levels, TxProfiles of other
transactions (they do not count), several schedules outside ISO 15118 (the first counts), a duration on PriorityCharging
and operation modes and limits per phase on purposes that must not have them.

Decisions where the format is silent: assumptions default to 230 V, 3 phases, 48 A and 33120 W; `default_phases` 0
means DC at that voltage; `evseIds` may be missing or empty unless evseId is 0; profiles and transactions of other
EVSEs do not matter to an EVSE, but must be among the `evseIds` where evseId 0 sums those up; a transaction may say
`"priorityCharging": false` to keep PriorityCharging profiles out (2.1); 1.6 words and shapes are understood as well.
"""

import math
from typing import Any, Final

from localctl.charging.base.json_reader import BadMember, Reader
from localctl.charging.base.units import HardLimit, Supply
from localctl.charging.composition.composite import USUAL_DEFAULT, Ask, Rating, evse_schedule, station_schedule
from localctl.charging.composition.composite_curves import CompositePeriod, on_the_wire
from localctl.charging.composition.composite_runs import TooManyPieces
from localctl.charging.composition.composite_stack import Book, in_force
from localctl.charging.profile.profile_json import read_profile, read_profile_16
from localctl.charging.profile.profile_shape import Context, shape_faults
from localctl.charging.profile.profiles import Installed, Protocol, RateUnit, Transaction

MAX_EVSES: Final = 1000
LOWEST_VOLTAGE: Final = 1
HIGHEST_VOLTAGE: Final = 100_000
LONGEST_S: Final = 2**31


def calculate(request: object) -> dict[str, Any]:
    """Answer one request: its periods, or what is wrong with it."""
    name = echoed(request.get("id")) if isinstance(request, dict) else None
    try:
        periods = answer(Reader.of(request, ""))
    except (BadMember, TooManyPieces) as problem:
        return {"id": name, "error": str(problem)}
    except Exception as error:
        what = f"could not be calculated ({type(error).__name__}), please report this as a bug of localctl"
        return {"id": name, "error": f"request: {what}"}
    return {"id": name, "periods": [written(period) for period in periods]}


def echoed(name: object) -> object:
    """The request's id as it goes into the answer: text or a number JSON can write, else null."""
    usable = isinstance(name, str | int) or (isinstance(name, float) and math.isfinite(name))
    return name if usable else None


def answer(request: Reader) -> list[CompositePeriod]:
    """The composite schedule asked for, as it goes on the wire.

    Raises BadMember or TooManyPieces, both naming the member.
    """
    protocol = request.choice("protocol", Protocol)
    ask = read_ask(request)
    evse_id, evse_ids = read_evses(request)
    rating, station = read_ratings(request)
    summed = evse_ids if evse_id == 0 else None
    transactions = read_transactions(request, summed)
    installed = read_installed(request, protocol, summed, dc=rating.supply.dc)
    book = in_force(Book(protocol=protocol, installed=installed, transactions=transactions))
    if evse_id == 0:
        return on_the_wire(station_schedule(book, dict.fromkeys(evse_ids or (), rating), ask, station))
    return on_the_wire(evse_schedule(book, evse_id, ask, rating))


def read_ask(request: Reader) -> Ask:
    """Window and unit."""
    duration_s = request.integer("duration_s")
    if not 0 <= duration_s <= LONGEST_S:
        raise request.bad("duration_s", f"must be 0 to {LONGEST_S} seconds, is {duration_s}")
    return Ask(start_at=request.instant("start"), duration_s=duration_s, unit=request.choice("unit", RateUnit))


def read_evses(request: Reader) -> tuple[int, tuple[int, ...] | None]:
    """The EVSE asked for and all EVSEs of the station, None where they are not told."""
    evse_id = request.integer("evseId")
    if not request.has("evseIds") or request.members["evseIds"] == []:
        if evse_id == 0:
            raise request.bad("evseIds", "is missing, the sum of evseId 0 needs it")
        return above_zero(request, "evseId", evse_id), None
    listed = Reader.of(dict(request.items("evseIds", MAX_EVSES)), "")
    evse_ids = tuple(dict.fromkeys(above_zero(listed, path, listed.integer(path)) for path in listed.members))
    if evse_id not in {0, *evse_ids}:
        raise request.bad("evseId", f"{evse_id} is not among evseIds (K08.FR.05)")
    return evse_id, evse_ids


def above_zero(request: Reader, name: str, evse_id: int) -> int:
    """An EVSE id, which is 1 or more."""
    if evse_id < 1:
        raise request.bad(name, f"must be an EVSE of 1 or more, is {evse_id}")
    return evse_id


def read_ratings(request: Reader) -> tuple[Rating, Rating]:
    """What one EVSE and what the station delivers."""
    given = request.child("assumptions") if request.has("assumptions") else Reader.of({}, "assumptions")
    voltage = given.optional_number("voltage")
    phases = given.optional_integer("default_phases")
    if voltage is not None and not LOWEST_VOLTAGE <= voltage <= HIGHEST_VOLTAGE:
        raise given.bad("voltage", f"must be {LOWEST_VOLTAGE} to {HIGHEST_VOLTAGE} V, is {voltage:g}")
    if phases is not None and not 0 <= phases <= 3:
        raise given.bad("default_phases", f"must be 0 (DC) to 3, is {phases}")
    usual = Supply()
    supply = Supply(
        voltage_v=usual.voltage_v if voltage is None else voltage,
        default_phases=phases or usual.default_phases,
        dc=phases == 0,
    )
    default = read_limits(given, "default")
    default = default if default.known else USUAL_DEFAULT
    return (
        Rating(supply=supply, local=read_limits(given, "local"), default=default),
        Rating(supply=supply, local=read_limits(given, "station"), default=default),
    )


def read_limits(given: Reader, whose: str) -> HardLimit:
    """The pair of limits of that name."""
    return HardLimit(limit_a=given.optional_limit(f"{whose}_limit_A"), limit_w=given.optional_limit(f"{whose}_limit_W"))


def read_transactions(request: Reader, evse_ids: tuple[int, ...] | None) -> tuple[Transaction, ...]:
    """What runs where; ids may be the integers of 1.6."""
    if not request.has("transactions"):
        return ()
    return tuple(
        Transaction(
            evse_id=known_evse(each, evse_ids, lowest=1),
            id=str(each.integer("transactionId")) if is_number(each) else each.text("transactionId"),
            started_at=each.instant("start"),
            priority=each.optional_flag("priorityCharging") is not False,
        )
        for each in request.objects("transactions")
    )


def is_number(transaction: Reader) -> bool:
    """True for the integer ids of 1.6."""
    return isinstance(transaction.members.get("transactionId"), int | float)


def known_evse(holder: Reader, evse_ids: tuple[int, ...] | None, lowest: int) -> int:
    """An evseId of this station."""
    evse_id = holder.integer("evseId")
    if evse_id < lowest or (evse_ids is not None and evse_id not in {0, *evse_ids}):
        raise holder.bad("evseId", f"the station has no EVSE {evse_id} (K01.FR.28)")
    return evse_id


def read_installed(
    request: Reader, protocol: Protocol, evse_ids: tuple[int, ...] | None, *, dc: bool
) -> tuple[Installed, ...]:
    """The profiles with their EVSEs, each checked for what is wrong with itself."""
    if not request.has("profiles"):
        return ()
    return tuple(read_one(each, protocol, evse_ids, dc=dc) for each in request.objects("profiles"))


def read_one(each: Reader, protocol: Protocol, evse_ids: tuple[int, ...] | None, *, dc: bool) -> Installed:
    """One profile; raises BadMember with all that is wrong with it."""
    evse_id = known_evse(each, evse_ids, lowest=0)
    raw, path = each.required("profile"), each.at("profile")
    old_shape = isinstance(raw, dict) and "chargingProfileId" in raw
    profile = read_profile_16(raw, path) if old_shape else read_profile(raw, path, protocol)
    faults = shape_faults(profile, Context(evse_id=evse_id, protocol=protocol, dc=dc))
    if faults:
        raise BadMember(path, "; ".join(str(fault) for fault in faults))
    return Installed(evse_id=evse_id, profile=profile)


def written(period: CompositePeriod) -> dict[str, Any]:
    """One chargingSchedulePeriod of the answer."""
    answer: dict[str, Any] = {"startPeriod": period.start_s, "limit": period.limit}
    if period.number_phases is not None:
        answer["numberPhases"] = period.number_phases
    if period.phase_to_use is not None:
        answer["phaseToUse"] = period.phase_to_use
    return answer
