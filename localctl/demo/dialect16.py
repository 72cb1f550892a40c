"""OCPP 1.6 as a demo station speaks it: connectors are EVSEs, profiles are brought into the 2.0.1 shape."""

from typing import Any

from localctl.demo.clock import stamp
from localctl.demo.dialect import VENDOR, Control, Handlers, readings
from localctl.demo.evse import Evse
from localctl.demo.expected import expected
from localctl.demo.outbox import Message
from localctl.demo.rpc import Json

PURPOSES = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}
"""1.6 names of purposes that 2.0.1 renamed."""
STATES = {"Charging": "Charging", "SuspendedEV": "SuspendedEV", "SuspendedEVSE": "SuspendedEVSE"}


class Dialect16:
    """Messages and handlers of a 1.6 station."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.handlers: Handlers = {
            "GetConfiguration": self._get_configuration,
            "ChangeConfiguration": self._change_configuration,
            "TriggerMessage": self._trigger,
            "SetChargingProfile": self._set_profile,
            "ClearChargingProfile": self._clear_profile,
            "GetCompositeSchedule": self._composite,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "ChangeAvailability": lambda _: {"status": "Rejected"},
            "UnlockConnector": lambda _: {"status": "NotSupported"},
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "ClearCache": lambda _: {"status": "Accepted"},
        }

    def boot(self, reason: str) -> Message:
        """BootNotification; 1.6 does not say why."""
        serial = {"chargePointSerialNumber": self._control.model.identity}
        return _message("BootNotification", {"chargePointVendor": VENDOR, "chargePointModel": "Post", **serial})

    def heartbeat(self) -> Message:
        """Heartbeat."""
        return _message("Heartbeat", {})

    def greeting(self) -> list[Message]:
        """Nothing more than the states that follow anyway."""
        return []

    def status(self, evse: Evse) -> Message:
        """StatusNotification of one connector."""
        waiting = "Available" if evse.car is None else "Finishing" if evse.finished else "Preparing"
        state = waiting if evse.transaction is None else STATES.get(evse.transaction.state, waiting)
        body = {"connectorId": evse.id, "errorCode": "NoError", "status": state}
        return _message("StatusNotification", {**body, "timestamp": self._control.clock.stamp()})

    def authorize(self, tag: str) -> Message:
        """Authorize."""
        return _message("Authorize", {"idTag": tag})

    def plugged_in(self, evse: Evse, *, offline: bool) -> list[Message]:
        """Nothing: a 1.6 transaction starts when energy is offered."""
        return []

    def started(self, evse: Evse, *, offline: bool) -> list[Message]:
        """StartTransaction; its answer brings the number that all later messages need."""
        transaction = evse.transaction
        assert transaction is not None, "a start needs a transaction"
        body = {"connectorId": evse.id, "idTag": transaction.tag, "meterStart": round(evse.energy_wh)}
        payload = {**body, "timestamp": self._control.clock.stamp()}

        def numbered(answer: Json) -> None:
            transaction.number = answer["transactionId"]

        return [Message(action="StartTransaction", payload=lambda: payload, keep=True, answered=numbered)]

    def metered(self, evse: Evse, *, offline: bool) -> list[Message]:
        """MeterValues."""
        transaction, values = evse.transaction, [self._meter_value(evse)]
        assert transaction is not None, "periodic readings belong to a transaction"

        def payload() -> Json:
            return {"connectorId": evse.id, "transactionId": transaction.number, "meterValue": values}

        return [Message(action="MeterValues", payload=payload, keep=True)]

    def state_changed(self, evse: Evse, *, offline: bool) -> list[Message]:
        """StatusNotification, which shows the charging state in 1.6."""
        return [self.status(evse)]

    def ended(self, evse: Evse, *, offline: bool) -> list[Message]:
        """StopTransaction."""
        transaction = evse.transaction
        assert transaction is not None, "a stop needs a transaction"
        reason = "Remote" if transaction.stop_reason == "Remote" else "EVDisconnected"
        body = {"meterStop": round(evse.energy_wh), "timestamp": self._control.clock.stamp(), "reason": reason}

        def payload() -> Json:
            return {"transactionId": transaction.number, **body}

        return [Message(action="StopTransaction", payload=payload, keep=True)]

    def _meter_value(self, evse: Evse) -> Json:
        samples: list[dict[str, Any]] = [one | {"value": str(one["value"])} for one in readings(evse)]
        return {"timestamp": self._control.clock.stamp(), "sampledValue": samples}

    def _get_configuration(self, asked: Json) -> Json:
        settings = self._control.settings
        wanted = asked.get("key") or list(settings)
        known = [{"key": key, "readonly": False, "value": settings[key]} for key in wanted if key in settings]
        return {"configurationKey": known, "unknownKey": [key for key in wanted if key not in settings]}

    def _change_configuration(self, asked: Json) -> Json:
        if asked["key"] not in self._control.settings:
            return {"status": "NotSupported"}
        self._control.settings[asked["key"]] = asked["value"]
        return {"status": "Accepted"}

    def _trigger(self, asked: Json) -> Json:
        number = asked.get("connectorId")
        evses = [evse for evse in self._control.evses.values() if number in (None, evse.id)]
        match asked["requestedMessage"]:
            case "BootNotification":
                self._control.say(self.boot("Triggered"))
            case "Heartbeat":
                self._control.say(self.heartbeat())
            case "StatusNotification":
                for evse in evses:
                    self._control.say(self.status(evse))
            case "MeterValues":
                for evse in evses:
                    values = {"connectorId": evse.id, "meterValue": [self._meter_value(evse)]}
                    self._control.say(_message("MeterValues", values))
            case _:
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _set_profile(self, asked: Json) -> Json:
        profile = self._as_201(asked["connectorId"], asked["csChargingProfiles"])
        why = self._control.install(asked["connectorId"], profile, replace_like=True)
        return {"status": "Accepted" if why is None else "Rejected"}

    def _as_201(self, connector: int, raw: Json) -> Json:
        purpose = raw["chargingProfilePurpose"]
        profile = {key: value for key, value in raw.items() if key not in ("chargingProfileId", "transactionId")}
        profile |= {"id": raw["chargingProfileId"], "chargingProfilePurpose": PURPOSES.get(purpose, purpose)}
        transaction = self._control.evses[connector].transaction if connector in self._control.evses else None
        if purpose == "TxProfile" and transaction and raw.get("transactionId") in (None, transaction.number):
            profile["transactionId"] = transaction.id
        schedule = raw["chargingSchedule"]
        if profile["chargingProfileKind"] != "Relative":
            schedule = {"startSchedule": stamp(self._control.clock.now_at()), **schedule}
        return profile | {"chargingSchedule": [schedule]}

    def _clear_profile(self, asked: Json) -> Json:
        purpose = asked.get("chargingProfilePurpose")
        cleared = self._control.profiles.clear(
            profile_id=asked.get("id"),
            evse=asked.get("connectorId"),
            purpose=None if purpose is None else PURPOSES.get(purpose, purpose),
            level=asked.get("stackLevel"),
        )
        self._control.settle()
        return {"status": "Accepted" if cleared else "Unknown"}

    def _composite(self, asked: Json) -> Json:
        number, unit, duration_s = asked["connectorId"], asked.get("chargingRateUnit", "A"), asked["duration"]
        if number not in {0, *self._control.evses}:
            return {"status": "Rejected"}
        now_at = float(int(self._control.clock.now_at()))
        periods = expected(self._control, number, now_at, duration_s, unit=unit)
        shown = [{"startPeriod": int(at), "limit": round(limit, 1)} for at, limit in periods]
        schedule = {"duration": duration_s, "chargingRateUnit": unit, "chargingSchedulePeriod": shown}
        start = {"connectorId": number, "scheduleStart": stamp(now_at)}
        return {"status": "Accepted", **start, "chargingSchedule": schedule}

    def _remote_start(self, asked: Json) -> Json:
        taken = self._control.remote_start(asked.get("connectorId"), asked["idTag"], 0)
        return {"status": "Accepted" if taken else "Rejected"}

    def _remote_stop(self, asked: Json) -> Json:
        running = [one.transaction for one in self._control.evses.values() if one.transaction is not None]
        found = next((one.id for one in running if one.number == asked["transactionId"]), None)
        stopped = found is not None and self._control.stop(found, "Remote")
        return {"status": "Accepted" if stopped else "Rejected"}

    def _reset(self, _asked: Json) -> Json:
        self._control.restart()
        return {"status": "Accepted"}


def _message(action: str, payload: Json) -> Message:
    return Message(action=action, payload=lambda: payload)
