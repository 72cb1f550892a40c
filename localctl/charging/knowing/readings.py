"""From OCPP to facts: what 1.6, 2.0.1 and 2.1 stations say, in one vocabulary (`facts`).

`read` takes a CALL of a station together with its answer (both already decoded from JSON) and the moment it was
received. It never raises: a payload that makes no sense yields no fact. Time stamps of stations are only compared with
the moment of receipt; nothing is ever dated by them (quirk 20).
"""

from typing import Any, Final, Literal

from localctl.charging.base.instants import BadInstant, read_instant
from localctl.charging.knowing import facts
from localctl.charging.knowing.facts import Fact, Metered, Sample, TransactionShown
from localctl.charging.knowing.meter import number_of, sample_of
from localctl.charging.profile.profiles import Protocol

Json = dict[str, Any]
EVENTS: Final[dict[object, Literal["Started", "Updated", "Ended"]]] = {
    "Started": "Started",
    "Updated": "Updated",
    "Ended": "Ended",
}


MOST_NEEDED_WH: Final = 1e6
"""No battery on wheels takes more; no need at all is no word either."""


def read(protocol: Protocol, action: str, request: object, answer: object, now: float) -> list[Fact]:
    """The facts in one answered CALL of a station; none for actions that say nothing about charging."""
    if not isinstance(request, dict):
        return []
    reader = (READERS_16 if protocol is Protocol.V16 else READERS_2X).get(action)
    return [] if reader is None else reader(request, answer if isinstance(answer, dict) else {}, now)


def boot(request: Json, answer: Json, now: float) -> list[Fact]:
    """BootNotification, once accepted."""
    if answer.get("status") != "Accepted":
        return []
    station = request.get("chargingStation")
    station = station if isinstance(station, dict) else request
    vendor = station.get("vendorName", station.get("chargePointVendor"))
    model = station.get("model", station.get("chargePointModel"))
    return [facts.Booted(vendor=text(vendor) or "", model=text(model) or "")]


def status(request: Json, answer: Json, now: float) -> list[Fact]:
    """StatusNotification of 2.x. It is made when it is sent, so its time stamp shows the clock."""
    evse_id = whole(request.get("evseId"))
    word = text(request.get("connectorStatus"))
    found = clock(request.get("timestamp"), now, sure=True)
    if evse_id is not None and word is not None:
        connector_id = whole(request.get("connectorId")) or 1
        found.append(facts.ConnectorShown(evse_id=evse_id, connector_id=connector_id, status=word))
    return found


def status_16(request: Json, answer: Json, now: float) -> list[Fact]:
    """StatusNotification of 1.6; connector 0 is the station."""
    connector_id = whole(request.get("connectorId"))
    word = text(request.get("status"))
    found = clock(request.get("timestamp"), now, sure=True)
    if connector_id is not None and word is not None:
        found.append(facts.ConnectorShown(evse_id=connector_id, connector_id=connector_id, status=word))
    return found


def meter_values(request: Json, answer: Json, now: float) -> list[Fact]:
    """MeterValues of any version; in 1.6 they may belong to a transaction."""
    evse_id = whole(request.get("evseId", request.get("connectorId")))
    transaction = request.get("transactionId")
    told = request.get("meterValue")
    sample = sample_of(told)
    if sample.empty:
        return []
    off_s = newest_off(told, now)
    found: list[Fact] = [] if off_s is None else [facts.ClockShown(off_s=off_s, sure=False)]
    found.append(Metered(sample=sample, evse_id=evse_id, transaction_id=identifier(transaction), off_s=off_s))
    return found


def meter_values_16(request: Json, answer: Json, now: float) -> list[Fact]:
    """MeterValues of 1.6 name connector and transaction: after a lost memory that is how a running one is found."""
    found = meter_values(request, answer, now)
    transaction_id, evse_id = number_16(request.get("transactionId")), whole(request.get("connectorId"))
    metered = next((fact for fact in found if isinstance(fact, Metered)), None)
    if metered is None or transaction_id is None or transaction_id == "0" or not evse_id:
        return found
    shown = TransactionShown(
        event="Updated", transaction_id=transaction_id, evse_id=evse_id, off_s=metered.off_s, aside=True
    )
    return [shown, *found]


def transaction_event(request: Json, answer: Json, now: float) -> list[Fact]:
    """TransactionEvent: evse only in the first (quirk 35), meter values, and the priority in its answer."""
    info = request.get("transactionInfo")
    info = info if isinstance(info, dict) else {}
    transaction_id, event = identifier(info.get("transactionId")), EVENTS.get(text(request.get("eventType")))
    if transaction_id is None or event is None:
        return []
    evse = request.get("evse")
    evse_id = whole(evse.get("id")) if isinstance(evse, dict) else None
    late = request.get("offline") is True
    shown = TransactionShown(
        event=event,
        transaction_id=transaction_id,
        evse_id=evse_id,
        seq_no=whole(request.get("seqNo")),
        late=late,
        off_s=off_by(request.get("timestamp"), now),
        trigger=text(request.get("triggerReason")) or "",
        charging_state=text(info.get("chargingState")),
        phases_used=whole(request.get("numberOfPhasesUsed")),
        remote_start_id=whole(info.get("remoteStartId")),
        token=token_of(request),
    )
    found: list[Fact] = [] if late else clock(request.get("timestamp"), now, sure=False)
    found.append(shown)
    sample = sample_of(request.get("meterValue"))
    if event == "Ended":  # what flowed until now flows no more: a last reading is no present one
        sample = Sample(energy_wh=sample.energy_wh)
    if not sample.empty:
        off_s = newest_off(request.get("meterValue"), now)
        found.append(Metered(sample=sample, evse_id=evse_id, transaction_id=transaction_id, off_s=off_s, late=late))
    return found + priorities(answer, shown.token, transaction_id)


def priorities(answer: Json, token: str | None, transaction_id: str) -> list[Fact]:
    """In a TransactionEventResponse: its own priority is for this transaction only, the token's is kept (K03.FR.05)."""
    found: list[Fact] = []
    info = answer.get("idTokenInfo")
    of_token = whole(info.get("chargingPriority")) if isinstance(info, dict) else None
    if token is not None and isinstance(info, dict):
        found.append(facts.PriorityTold(priority=within(of_token), token=token))
    own = whole(answer.get("chargingPriority"))
    if own is not None:
        found.append(facts.PriorityTold(priority=within(own), transaction_id=transaction_id))
    return found


def authorize(request: Json, answer: Json, now: float) -> list[Fact]:
    """The priority of a token in the answer to Authorize; absent is 0 (K03.FR.06)."""
    token, info = token_of(request), answer.get("idTokenInfo")
    if token is None or not isinstance(info, dict):
        return []
    return [facts.PriorityTold(priority=within(whole(info.get("chargingPriority"))), token=token)]


def start_16(request: Json, answer: Json, now: float) -> list[Fact]:
    """StartTransaction: the request says where, only the answer says which transaction (10.8)."""
    transaction_id, evse_id = number_16(answer.get("transactionId")), whole(request.get("connectorId"))
    if transaction_id is None or evse_id is None:
        return []
    shown = TransactionShown(
        event="Started",
        transaction_id=transaction_id,
        evse_id=evse_id,
        off_s=off_by(request.get("timestamp"), now),
        token=text(request.get("idTag")),
        numbered=True,
    )
    return [*clock(request.get("timestamp"), now, sure=False), shown]


def stop_16(request: Json, answer: Json, now: float) -> list[Fact]:
    """StopTransaction. Its transactionData is history."""
    transaction_id = number_16(request.get("transactionId"))
    if transaction_id is None:
        return []
    off_s = off_by(request.get("timestamp"), now)
    shown = TransactionShown(event="Ended", transaction_id=transaction_id, off_s=off_s)
    return [*clock(request.get("timestamp"), now, sure=False), shown]


def needs(request: Json, answer: Json, now: float) -> list[Fact]:
    """NotifyEVChargingNeeds, unless the CSMS rejected it."""
    evse_id, told = whole(request.get("evseId")), request.get("chargingNeeds")
    if evse_id is None or not isinstance(told, dict) or answer.get("status") == "Rejected":
        return []
    ac, dc = told.get("acChargingParameters"), told.get("dcChargingParameters")
    ac, dc = ac if isinstance(ac, dict) else {}, dc if isinstance(dc, dict) else {}
    v2x = told.get("v2xChargingParameters")
    of_v2x = v2x.get("evTargetEnergyRequest") if isinstance(v2x, dict) else None
    energy_wh = number_of(ac.get("energyAmount", dc.get("energyAmount", of_v2x)))
    return [
        facts.NeedsTold(
            evse_id=evse_id,
            energy_wh=energy_wh if energy_wh is not None and 0 < energy_wh <= MOST_NEEDED_WH else None,
            departure_at=instant_of(told.get("departureTime")),
            most_a=number_of(ac.get("evMaxCurrent")),
            most_w=number_of(dc.get("evMaxPower")),
        )
    ]


def plan(request: Json, answer: Json, now: float) -> list[Fact]:
    """NotifyEVChargingSchedule, if accepted (SC.04)."""
    evse_id, told = whole(request.get("evseId")), request.get("chargingSchedule")
    if evse_id is None or not isinstance(told, dict) or answer.get("status") == "Rejected":
        return []
    periods = told.get("chargingSchedulePeriod")
    periods = periods if isinstance(periods, list) else []
    limits = [number_of(each.get("limit")) for each in periods if isinstance(each, dict)]
    most = max((limit for limit in limits if limit is not None), default=None)
    if most is None:
        return []
    unit, lasts_s = text(told.get("chargingRateUnit")) or "", number_of(told.get("duration")) or 0.0
    return [facts.PlanTold(evse_id=evse_id, most=most, unit=unit, lasts_s=lasts_s)]


def clock(stamp: object, now: float, *, sure: bool) -> list[Fact]:
    """How the station's clock is off by this time stamp."""
    off_s = off_by(stamp, now)
    return [] if off_s is None else [facts.ClockShown(off_s=off_s, sure=sure)]


def off_by(stamp: object, now: float) -> float | None:
    """Seconds by which a time stamp is ahead of the moment of receipt."""
    at = instant_of(stamp)
    return None if at is None else at - now


def instant_of(stamp: object) -> float | None:
    """A time stamp; None for what is none."""
    try:
        return float(read_instant(stamp)) if isinstance(stamp, str) else None
    except BadInstant:
        return None


def newest_off(meter_values: object, now: float) -> float | None:
    """The same for the newest of several meter values."""
    told = meter_values if isinstance(meter_values, list) else []
    found = [off_by(each.get("timestamp"), now) for each in told if isinstance(each, dict)]
    return max((off_s for off_s in found if off_s is not None), default=None)


def token_of(request: Json) -> str | None:
    """The idToken's text, in lower case: the type is case-insensitive."""
    token = request.get("idToken")
    word = text(token.get("idToken")) if isinstance(token, dict) else None
    return None if word is None else word.lower()


def within(priority: int | None) -> int:
    """-9 to 9; not told is 0 (K03.FR.06)."""
    return max(-9, min(9, priority or 0))


def whole(raw: object) -> int | None:
    """A whole number, also as text."""
    number = number_of(raw)
    return int(number) if number is not None and number == int(number) and abs(number) < 2**53 else None


def text(raw: object) -> str | None:
    """Text of bounded length, without blanks around."""
    return raw.strip()[:255] if isinstance(raw, str) and raw.strip() else None


def identifier(raw: object) -> str | None:
    """A transaction id: text in 2.x, where some send a number as in 1.6."""
    return text(raw) if isinstance(raw, str) else number_16(raw)


def number_16(raw: object) -> str | None:
    """A transaction id of 1.6: a number, also as text; -1 and less mean that there is none."""
    number = whole(raw)
    return None if number is None or number < 0 else str(number)


READERS_2X: Final = {
    "BootNotification": boot,
    "StatusNotification": status,
    "MeterValues": meter_values,
    "TransactionEvent": transaction_event,
    "Authorize": authorize,
    "NotifyEVChargingNeeds": needs,
    "NotifyEVChargingSchedule": plan,
}
READERS_16: Final = {
    "BootNotification": boot,
    "StatusNotification": status_16,
    "MeterValues": meter_values_16,
    "StartTransaction": start_16,
    "StopTransaction": stop_16,
}
