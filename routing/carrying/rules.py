"""The table of local answers: for every request a station can send, what it is told and what is kept of it.

One row per action and version family. Two principles decide the rows. What the station is told was accepted is kept
until the CSMS has it (P4). What is refused is not kept: the station knows, and may ask again when the CSMS is back.
"""

from collections.abc import Callable

from routing.carrying import replies
from routing.carrying.desk import Asked, Desk
from routing.carrying.items import Kind
from routing.values import Value

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
ALL, V2X = (V16, V201, V21), (V201, V21)
TEXT = "*"
"""In `Rule.same_by`: the whole text, for messages that carry a time of their own."""


class Rule(Value, frozen=True, kw_only=True):
    """How one action is answered here, and what is kept."""

    versions: tuple[str, ...]
    action: str
    answer: str | Callable[[Asked, Desk], replies.Said]
    """JSON text, or what makes it."""
    says: str = ""
    """The answer in words, where it depends on the request."""
    keep: Kind | Callable[[Asked], Kind] | None = None
    keeps: str = ""
    """What is kept in words, where it depends on the request."""
    merge: tuple[str, ...] = ()
    """For the latest only: the members that tell which one it replaces."""
    same_by: tuple[str, ...] = ()
    """The members that make a request a repetition of an earlier one. None, or one missing: message id and text."""
    transaction: str = ""
    """Member with the transaction it belongs to."""
    invents: bool = False
    """True where a transactionId is invented."""
    why: str = ""


_BILLED_REASONS = """
    Authorized Deauthorized StopAuthorized RemoteStart RemoteStop SignedDataReceived ChargingStateChanged
    CostLimitReached EnergyLimitReached LimitSet SoCLimitReached TimeLimitReached
    RunningCost TariffChanged TariffNotAccepted TxResumed
"""
BILLED_REASONS = frozenset(_BILLED_REASONS.split())
"""Updated events that a bill may rest on: who pays, when charging paused (idle fees), signed values, limits, tariffs.
2.1 protects those of limits itself (E04.FR.07)."""

_CRITICAL_EVENTS = """
    FirmwareUpdated SettingSystemTime StartupOfTheDevice ResetOrReboot SecurityLogWasCleared MemoryExhaustion
    TamperDetectionActivated InvalidFirmwareSignature InvalidFirmwareSigningCertificate InvalidCsmsCertificate
    InvalidCentralSystemCertificate InvalidChargingStationCertificate InvalidChargePointCertificate InvalidTLSVersion
    InvalidTLSCipherSuite MaintenanceLoginAccepted MaintenanceLoginFailed DiscardedRenewedClientCertificate
"""
CRITICAL_EVENTS = frozenset(_CRITICAL_EVENTS.split())
"""Security events whose delivery is guaranteed (A04.FR.02), in the words of 2.x and 1.6."""

_BILLED_CONTEXTS = frozenset({"Transaction.Begin", "Transaction.End"})


def kind_of_event(asked: Asked) -> Kind:
    """Only an Updated without weight for the bill may ever be dropped (E04.FR.07, FR.08)."""
    light = asked.words("eventType") == "Updated" and asked.words("triggerReason") not in BILLED_REASONS
    return Kind.UPDATE if light and asked.member("idToken") is None and not _is_billed(asked) else Kind.TRANSACTION


def kind_of_values(asked: Asked) -> Kind:
    """1.6: the first and last reading of a transaction are billed; others may be thinned out."""
    if not asked.words("transactionId"):
        return Kind.EVENT
    return Kind.TRANSACTION if _is_billed(asked) else Kind.UPDATE


def kind_of_security(asked: Asked) -> Kind:
    """Critical events must arrive (A04.FR.02): kept like a transaction's end."""
    return Kind.TRANSACTION if asked.words("type") in CRITICAL_EVENTS else Kind.EVENT


def _is_billed(asked: Asked) -> bool:
    values = (value for group in _dicts(asked.member("meterValue")) for value in _dicts(group.get("sampledValue")))
    return any(str(value.get("context")) in _BILLED_CONTEXTS for value in values)


def _dicts(found: object) -> list[dict[str, object]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _progress(versions: tuple[str, ...], action: str) -> Rule:
    return Rule(versions=versions, action=action, answer="{}", keep=Kind.LATEST, why="progress: the last word counts")


def _report(versions: tuple[str, ...], *actions: str, same_by: tuple[str, ...] = (TEXT,)) -> list[Rule]:
    return [Rule(versions=versions, action=one, answer="{}", keep=Kind.EVENT, same_by=same_by) for one in actions]


def _refused(versions: tuple[str, ...], action: str, answer: str, why: str) -> Rule:
    return Rule(versions=versions, action=action, answer=answer, why=why)


_REJECTED = '{"status":"Rejected"}'
_CRITICAL = "critical ones like a transaction (A04.FR.02), others in order"

RULES: tuple[Rule, ...] = (
    Rule(
        versions=(V16,), action="Authorize", answer=replies.authorize_16,
        says="what is known of the idTag, else the policy", why="a question; the transaction that follows is kept",
    ),
    Rule(
        versions=V2X, action="Authorize", answer=replies.authorize,
        says="what is known of the idToken, else the policy", why="a question; the transaction that follows is kept",
    ),
    Rule(
        versions=ALL, action="BootNotification", answer=replies.boot, says="Accepted, time, interval the CSMS gave",
        keep=Kind.LATEST, why="only for stations the CSMS accepted before",
    ),
    Rule(versions=ALL, action="Heartbeat", answer=replies.heartbeat, says="time, in whole seconds"),
    _refused(ALL, "DataTransfer", '{"status":"UnknownVendorId"}', "only the CSMS knows what a vendor means (3.15.6)"),
    _refused(ALL, "SignCertificate", _REJECTED, "no authority here; the station asks again (A02)"),
    Rule(
        versions=ALL, action="SecurityEventNotification", answer="{}", keep=kind_of_security, keeps=_CRITICAL,
        same_by=(TEXT,),
    ),
    _progress(ALL, "FirmwareStatusNotification"),
    _progress(ALL, "LogStatusNotification"),
    _progress((V16,), "DiagnosticsStatusNotification"),
    _progress((V16,), "SignedFirmwareStatusNotification"),
    _progress(V2X, "PublishFirmwareStatusNotification"),
    Rule(
        versions=(V16,), action="StatusNotification", answer="{}", keep=Kind.LATEST, merge=("connectorId",),
        why="the CSMS wants the state that is (B04)",
    ),
    Rule(
        versions=V2X, action="StatusNotification", answer="{}", keep=Kind.LATEST, merge=("evseId", "connectorId"),
        why="the CSMS wants the state that is (B04)",
    ),
    Rule(
        versions=(V16,), action="StartTransaction", answer=replies.start_transaction, invents=True,
        says="what is known of the idTag, an invented transactionId", keep=Kind.TRANSACTION,
        same_by=("connectorId", "idTag", "timestamp", "meterStart"), why="translated for its whole life (10.7)",
    ),
    Rule(
        versions=(V16,), action="StopTransaction", answer=replies.stop_transaction,
        says="what is known of the idTag, if there is one", keep=Kind.TRANSACTION, transaction="transactionId",
        same_by=("transactionId", "timestamp", "meterStop"),
    ),
    Rule(
        versions=(V16,), action="MeterValues", answer="{}", keep=kind_of_values, transaction="transactionId",
        keeps="of a transaction: every second may go, its first and last never; others in order", same_by=(TEXT,),
    ),
    *_report(V2X, "MeterValues"),
    Rule(
        versions=V2X, action="TransactionEvent", answer=replies.transaction_event,
        says="what is known of the idToken, if there is one", keep=kind_of_event,
        keeps="Started, Ended and what a bill may rest on: never dropped; other Updated: every second may go",
        same_by=("transactionInfo.transactionId", "seqNo", "eventType", "timestamp"),
        transaction="transactionInfo.transactionId", why="no cost, no priority of ours (3.15.5)",
    ),
    *_report(V2X, "NotifyEvent", "NotifyReport", "NotifyMonitoringReport", "NotifyCustomerInformation"),
    *_report(V2X, "NotifyDisplayMessages", "ReportChargingProfiles", "ReservationStatusUpdate", same_by=()),
    *_report(V2X, "NotifyChargingLimit", "ClearedChargingLimit", same_by=()),
    _refused(
        V2X, "Get15118EVCertificate", '{"status":"Failed","exiResponse":""}', "no authority here; the car asks again"
    ),
    _refused(V2X, "GetCertificateStatus", '{"status":"Failed"}', "no authority can be asked"),
    _refused(
        V2X, "NotifyEVChargingNeeds", _REJECTED,
        "Processing would keep a car waiting for a profile that cannot come; so it charges within the limits it has",
    ),
    Rule(
        versions=V2X, action="NotifyEVChargingSchedule", answer='{"status":"Accepted"}', keep=Kind.EVENT,
        same_by=(TEXT,), why="the car plans within limits it was given; own limits stay in force",
    ),
    Rule(
        versions=(V21,), action="BatterySwap", answer="{}", keep=Kind.TRANSACTION,
        why="a battery in or out is billed",
    ),
    Rule(
        versions=(V21,), action="NotifySettlement", answer="{}", keep=Kind.TRANSACTION, transaction="transactionId",
        same_by=(TEXT,), why="money",
    ),
    Rule(
        versions=(V21,), action="VatNumberValidation", answer=replies.vat_number,
        says="Rejected, with number and EVSE as asked", why="no register can be asked",
    ),
    Rule(
        versions=(V21,), action="NotifyPriorityCharging", answer="{}", keep=Kind.EVENT, transaction="transactionId",
    ),
    _refused((V21,), "OpenPeriodicEventStream", _REJECTED, "a stream is of use only while somebody listens"),
    *_report((V21,), "ClosePeriodicEventStream", same_by=()),
    _refused((V21,), "PullDynamicScheduleUpdate", _REJECTED, "the values are the CSMS's; its profile ends by itself"),
    *_report((V21,), "NotifyDERAlarm", "NotifyDERStartStop"),
    *_report((V21,), "ReportDERControl", same_by=()),
    Rule(
        versions=(V21,), action="GetCertificateChainStatus", answer=replies.certificate_chain_status,
        says="Failed for each certificate asked about", why="no authority can be asked",
    ),
)  # fmt: skip

BY_ACTION: dict[tuple[str, str], Rule] = {(version, rule.action): rule for rule in RULES for version in rule.versions}
