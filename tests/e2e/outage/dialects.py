"""What scripted stations say and answer, version by version. Pure: payloads in and out.

A payload of a 1.6 transaction lacks its transactionId until the station knows it; `Message.payload` adds it.
"""

from dataclasses import dataclass, field

KEPT, LATEST, OTHER = "kept", "latest", "other"
"""How much a message matters: repeated until somebody has taken it, only its last one, not at all."""


@dataclass(eq=False)
class Transaction:
    """One charging session as its station knows it."""

    name: str
    number: int | None = None
    """1.6: the transactionId the station was told."""
    seq: int = 0
    running: bool = True


@dataclass(eq=False)
class Message:
    """One thing a station has to say; whatever it tries, the content stays."""

    action: str
    body: dict
    kind: str = OTHER
    transaction: Transaction | None = None
    seq: int = 0
    place: str = ""
    """LATEST: what it is the newest of."""
    told: bool = False
    """The station got a CALLRESULT for it."""
    ids: list = field(default_factory=list)
    """Message ids it was sent under."""
    told_at: float = 0.0

    @property
    def payload(self):
        """What goes out now."""
        named = self.action in ("MeterValues", "StopTransaction") and self.transaction is not None
        return self.body | {"transactionId": self.transaction.number} if named else self.body


class Dialect16:
    """OCPP 1.6-J."""

    version = "ocpp1.6"

    def boot(self):
        """BootNotification."""
        return Message("BootNotification", {"chargePointModel": "M 1", "chargePointVendor": "V"})

    def authorize(self, token):
        """Authorize."""
        return Message("Authorize", {"idTag": token})

    def status(self, state, now):
        """StatusNotification of the connector."""
        body = {"connectorId": 1, "errorCode": "NoError", "status": state, "timestamp": now}
        return Message("StatusNotification", body, LATEST, place="1")

    def security(self, number, now):
        """SecurityEventNotification, of the critical sort."""
        return Message("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": now, "techInfo": number})

    def started(self, transaction, token, wh, now, _offline):
        """The first word about a transaction."""
        body = {"connectorId": 1, "idTag": token, "meterStart": wh, "timestamp": now}
        return Message("StartTransaction", body, KEPT, transaction)

    def updated(self, transaction, wh, now, _offline):
        """A reading."""
        sampled = [{"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
        body = {"connectorId": 1, "meterValue": [{"timestamp": now, "sampledValue": sampled}]}
        return Message("MeterValues", body, KEPT, transaction)

    def ended(self, transaction, wh, now, _offline):
        """The last word."""
        return Message("StopTransaction", {"meterStop": wh, "timestamp": now, "reason": "Local"}, KEPT, transaction)

    def stop_wanted(self, action, payload):
        """The transaction that this request wants to end."""
        return payload["transactionId"] if action == "RemoteStopTransaction" else None

    def profile_in(self, payload):
        """The profile of a SetChargingProfile and the transaction it names."""
        profile = payload["csChargingProfiles"]
        return profile, profile.get("transactionId")

    def asked_variables(self, action, payload):
        """The answer to a question about settings."""
        return {"unknownKey": payload.get("key", [])} if action == "GetConfiguration" else None

    def remote_stop(self, transaction):
        """What a CSMS sends to stop one."""
        return "RemoteStopTransaction", {"transactionId": transaction}

    def remote_profile(self, transaction, amps):
        """What a CSMS sends to limit one."""
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}
        profile = {
            "chargingProfileId": 900, "transactionId": transaction, "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative", "chargingSchedule": schedule,
        }  # fmt: skip
        return "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile}


class Dialect2:
    """OCPP 2.0.1 and 2.1."""

    def __init__(self, version):
        self.version = version

    def boot(self):
        """BootNotification."""
        body = {"reason": "PowerUp", "chargingStation": {"model": "M 2", "vendorName": "V"}}
        return Message("BootNotification", body)

    def authorize(self, token):
        """Authorize."""
        return Message("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}})

    def status(self, state, now):
        """StatusNotification of the connector."""
        body = {"timestamp": now, "connectorStatus": state, "evseId": 1, "connectorId": 1}
        return Message("StatusNotification", body, LATEST, place="1/1")

    def security(self, number, now):
        """SecurityEventNotification, of the critical sort."""
        return Message("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": now, "techInfo": number})

    def started(self, transaction, token, wh, now, offline):
        """The first word about a transaction."""
        more = {"idToken": {"idToken": token, "type": "ISO14443"}, "evse": {"id": 1, "connectorId": 1}}
        return self._event(transaction, "Started", "Authorized", wh, now, offline, more)

    def updated(self, transaction, wh, now, offline):
        """A reading."""
        return self._event(transaction, "Updated", "MeterValuePeriodic", wh, now, offline, {})

    def ended(self, transaction, wh, now, offline):
        """The last word."""
        return self._event(transaction, "Ended", "StopAuthorized", wh, now, offline, {})

    def _event(self, transaction, kind, trigger, wh, now, offline, more):
        sampled = [{"value": wh, "measurand": "Energy.Active.Import.Register", "context": "Sample.Periodic"}]
        body = {
            "eventType": kind,
            "timestamp": now,
            "triggerReason": trigger,
            "seqNo": transaction.seq,
            "transactionInfo": {"transactionId": transaction.name, "chargingState": "Charging"},
            "meterValue": [{"timestamp": now, "sampledValue": sampled}],
        }
        if offline is not None:
            body["offline"] = offline
        return Message("TransactionEvent", body | more, KEPT, transaction)

    def stop_wanted(self, action, payload):
        """The transaction that this request wants to end."""
        return payload["transactionId"] if action == "RequestStopTransaction" else None

    def profile_in(self, payload):
        """The profile of a SetChargingProfile and the transaction it names."""
        profile = payload["chargingProfile"]
        return profile, profile.get("transactionId")

    def asked_variables(self, action, payload):
        """The answer to a question about settings."""
        if action != "GetVariables":
            return None
        known = [
            {"attributeStatus": "UnknownComponent", "component": one["component"], "variable": one["variable"]}
            for one in payload["getVariableData"]
        ]
        return {"getVariableResult": known}

    def remote_stop(self, transaction):
        """What a CSMS sends to stop one."""
        return "RequestStopTransaction", {"transactionId": transaction}

    def status_of(self, transaction):
        """What a CSMS sends to learn whether more is to come."""
        return "GetTransactionStatus", {"transactionId": transaction}

    def remote_profile(self, transaction, amps):
        """What a CSMS sends to limit one."""
        schedule = {
            "id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}],
        }  # fmt: skip
        profile = {
            "id": 900, "transactionId": transaction, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative", "chargingSchedule": [schedule],
        }  # fmt: skip
        return "SetChargingProfile", {"evseId": 1, "chargingProfile": profile}


def dialect(version):
    """The words of this version."""
    return Dialect16() if version == "ocpp1.6" else Dialect2(version)
