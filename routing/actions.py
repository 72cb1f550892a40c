"""Every action of OCPP 1.6 (with the security whitepaper), 2.0.1 and 2.1, and who sends it.

The table never decides what may pass: unknown actions are relayed like all others (Part 4 6.4). It bounds what names a
metric may carry (`known`), and says which requests of a station may be answered here with an empty result when the box
itself asked for them (`absorbable`).
"""

from typing import Literal

Sender = Literal["station", "csms", "both"]

_SIGNED = "-Signed"

_STATION_16 = """
    Authorize BootNotification DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat LogStatusNotification
    MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification StartTransaction
    StatusNotification StopTransaction
"""
_CSMS_16 = """
    CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile
    DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule GetConfiguration GetDiagnostics
    GetInstalledCertificateIds GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction
    RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage
    UnlockConnector UpdateFirmware
"""
_STATION_201 = """
    Authorize BootNotification ClearedChargingLimit FirmwareStatusNotification Get15118EVCertificate
    GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
    NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport
    PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate SecurityEventNotification
    SignCertificate StatusNotification TransactionEvent
"""
_CSMS_201 = """
    CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile ClearDisplayMessage
    ClearVariableMonitoring CostUpdated CustomerInformation DeleteCertificate GetBaseReport GetChargingProfiles
    GetCompositeSchedule GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion GetLog GetMonitoringReport
    GetReport GetTransactionStatus GetVariables InstallCertificate PublishFirmware RequestStartTransaction
    RequestStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SetDisplayMessage SetMonitoringBase
    SetMonitoringLevel SetNetworkProfile SetVariableMonitoring SetVariables TriggerMessage UnlockConnector
    UnpublishFirmware UpdateFirmware
"""
_STATION_21 = """
    BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop
    NotifyPeriodicEventStream NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream PullDynamicScheduleUpdate
    ReportDERControl VatNumberValidation
"""
_CSMS_21 = """
    AFRRSignal AdjustPeriodicEventStream ChangeTransactionTariff ClearDERControl ClearTariffs GetDERControl
    GetPeriodicEventStream GetTariffs NotifyAllowedEnergyTransfer NotifyWebPaymentStarted RequestBatterySwap
    SetDERControl SetDefaultTariff UpdateDynamicSchedule UsePriorityCharging
"""


def _table(station: str, csms: str) -> dict[str, Sender]:
    table: dict[str, Sender] = dict.fromkeys(station.split(), "station")
    table.update(dict.fromkeys(csms.split(), "csms"))
    table["DataTransfer"] = "both"
    return table


ACTIONS: dict[str, dict[str, Sender]] = {
    "ocpp1.6": _table(_STATION_16, _CSMS_16),
    "ocpp2.0.1": _table(_STATION_201, _CSMS_201),
    "ocpp2.1": _table(_STATION_201 + _STATION_21, _CSMS_201 + _CSMS_21),
}
"""Subprotocol to its actions and their senders."""

_ALL = frozenset().union(*ACTIONS.values())

_EMPTY_RESULT_IS_VALID = """
    DiagnosticsStatusNotification FirmwareStatusNotification LogStatusNotification MeterValues NotifyCustomerInformation
    NotifyDisplayMessages NotifyEvent NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification
    ReportChargingProfiles ReportDERControl SignedFirmwareStatusNotification StatusNotification
"""
_ABSORBABLE = frozenset(_EMPTY_RESULT_IS_VALID.split())


def known(action: str) -> bool:
    """True for the actions of any version, signed or not: everything else is one metric label (bounded cardinality)."""
    return unsigned(action) in _ALL


def unsigned(action: str) -> str:
    """The action without the suffix of a signed message (Part 4 chapter 7)."""
    return action.removesuffix(_SIGNED)


def absorbable(action: str) -> bool:
    """True where an empty result is a valid answer and the CSMS misses no transaction or boot (E01, 3.9)."""
    return unsigned(action) in _ABSORBABLE
