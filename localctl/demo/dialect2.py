"""OCPP 2.0.1 and 2.1 as a demo station speaks it."""

from localctl.demo.clock import stamp
from localctl.demo.dialect import VENDOR, Control, Handlers, readings
from localctl.demo.evse import Evse
from localctl.demo.expected import expected
from localctl.demo.outbox import Message
from localctl.demo.rpc import Fault, Json

STREAM = 1
"""The one event stream of a 2.1 station."""


class Dialect2:
    """Messages and handlers of a 2.0.1 or 2.1 station."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._streams = control.model.version == "ocpp2.1"
        self.handlers: Handlers = {
            "GetVariables": self._get_variables,
            "SetVariables": self._set_variables,
            "GetBaseReport": self._get_base_report,
            "TriggerMessage": self._trigger,
            "SetChargingProfile": self._set_profile,
            "ClearChargingProfile": self._clear_profile,
            "GetChargingProfiles": self._get_profiles,
            "GetCompositeSchedule": self._composite,
            "RequestStartTransaction": self._request_start,
            "RequestStopTransaction": self._request_stop,
            "GetTransactionStatus": lambda _: {"messagesInQueue": False},
            "Reset": self._reset,
            "ChangeAvailability": lambda _: {"status": "Rejected"},
            "UnlockConnector": lambda _: {"status": "UnlockFailed"},
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "ClearCache": lambda _: {"status": "Accepted"},
        }
        if self._streams:
            self.handlers["UpdateDynamicSchedule"] = self._update_dynamic

    def boot(self, reason: str) -> Message:
        """BootNotification."""
        station = {"model": "Post", "vendorName": VENDOR, "serialNumber": self._control.model.identity}
        return _message("BootNotification", {"reason": reason, "chargingStation": station})

    def heartbeat(self) -> Message:
        """Heartbeat."""
        return _message("Heartbeat", {})

    def greeting(self) -> list[Message]:
        """A 2.1 station opens the stream on which it reports its current without asking for answers."""
        if not self._streams:
            return []
        stream = {"id": STREAM, "params": {"interval": 1, "values": 1}, "variableMonitoringId": 1}
        return [_message("OpenPeriodicEventStream", {"constantStreamData": stream})]

    def status(self, evse: Evse) -> Message:
        """StatusNotification of one EVSE."""
        state = "Available" if evse.car is None else "Occupied"
        where = {"evseId": evse.id, "connectorId": 1, "connectorStatus": state}
        return _message("StatusNotification", {"timestamp": self._control.clock.stamp(), **where})

    def authorize(self, tag: str) -> Message:
        """Authorize."""
        return _message("Authorize", {"idToken": {"idToken": tag, "type": "ISO14443"}})

    def plugged_in(self, evse: Evse, *, offline: bool) -> list[Message]:
        """A cable was plugged in: the transaction starts (TxStartPoint EVConnected)."""
        return [self._event(evse, "Started", "CablePluggedIn", offline)]

    def started(self, evse: Evse, *, offline: bool) -> list[Message]:
        """Energy is offered from now on."""
        transaction = evse.transaction
        assert transaction is not None, "a start needs a transaction"
        token = {"idToken": {"idToken": transaction.tag, "type": "ISO14443"}}
        return [self._event(evse, "Updated", "Authorized", offline, token)]

    def metered(self, evse: Evse, *, offline: bool) -> list[Message]:
        """A periodic reading; on 2.1 the current also as an unconfirmed stream element."""
        event = self._event(evse, "Updated", "MeterValuePeriodic", offline, {"meterValue": [self._meter_value(evse)]})
        return [event, self._stream(evse)] if self._streams and not offline else [event]

    def _stream(self, evse: Evse) -> Message:
        element = {"t": 0, "v": str(round(evse.drawn_a, 1))}
        payload = {"id": STREAM, "pending": 0, "basetime": self._control.clock.stamp(), "data": [element]}
        return Message(action="NotifyPeriodicEventStream", payload=lambda: payload, unconfirmed=True)

    def state_changed(self, evse: Evse, *, offline: bool) -> list[Message]:
        """The charging state is another one."""
        return [self._event(evse, "Updated", "ChargingStateChanged", offline)]

    def ended(self, evse: Evse, *, offline: bool) -> list[Message]:
        """The transaction is over."""
        trigger = "RemoteStop" if _reason(evse) == "Remote" else "EVDeparted"
        return [self._event(evse, "Ended", trigger, offline, {"meterValue": [self._meter_value(evse)]})]

    def _event(self, evse: Evse, kind: str, trigger: str, offline: bool, more: Json | None = None) -> Message:
        transaction = evse.transaction
        assert transaction is not None, "a transaction event needs a transaction"
        info: Json = {"transactionId": transaction.id, "chargingState": transaction.state}
        if transaction.remote_start_id is not None:
            info["remoteStartId"] = transaction.remote_start_id
        if transaction.stop_reason is not None:
            info["stoppedReason"] = transaction.stop_reason
        head = {"eventType": kind, "timestamp": self._control.clock.stamp(), "triggerReason": trigger}
        body = {"seqNo": transaction.next_seq_no(), "offline": offline, "transactionInfo": info}
        where = {"evse": {"id": evse.id, "connectorId": 1}}
        return _message("TransactionEvent", {**head, **body, **where, **(more or {})}, keep=True)

    def _meter_value(self, evse: Evse) -> Json:
        samples = [
            {key: value for key, value in one.items() if key != "unit"} | {"unitOfMeasure": {"unit": one["unit"]}}
            for one in readings(evse)
        ]
        return {"timestamp": self._control.clock.stamp(), "sampledValue": samples}

    def _get_variables(self, asked: Json) -> Json:
        return {"getVariableResult": [self._variable(one) for one in asked["getVariableData"]]}

    def _variable(self, one: Json) -> Json:
        where = {"component": one["component"], "variable": one["variable"]}
        value = self._control.settings.get(_name(one))
        if value is None:
            return {"attributeStatus": "UnknownVariable", **where}
        return {"attributeStatus": "Accepted", "attributeValue": value, **where}

    def _set_variables(self, asked: Json) -> Json:
        results = []
        for one in asked["setVariableData"]:
            known = _name(one) in self._control.settings
            if known:
                self._control.settings[_name(one)] = one["attributeValue"]
            status = "Accepted" if known else "UnknownVariable"
            results.append({"attributeStatus": status, "component": one["component"], "variable": one["variable"]})
        return {"setVariableResult": results}

    def _get_base_report(self, asked: Json) -> Json:
        data = [
            {
                "component": {"name": name.split(".")[0]},
                "variable": {"name": name.split(".")[1]},
                "variableAttribute": [{"value": value}],
            }
            for name, value in self._control.settings.items()
        ]
        head = {"requestId": asked["requestId"], "generatedAt": self._control.clock.stamp(), "seqNo": 0}
        self._control.say(_message("NotifyReport", {**head, "tbc": False, "reportData": data}))
        return {"status": "Accepted"}

    def _trigger(self, asked: Json) -> Json:
        number = asked.get("evse", {}).get("id")
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
                    values = {"evseId": evse.id, "meterValue": [self._meter_value(evse)]}
                    self._control.say(_message("MeterValues", values))
            case "TransactionEvent":
                for evse in (evse for evse in evses if evse.transaction is not None):
                    self._control.say(self._event(evse, "Updated", "Trigger", False))
            case _:
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _set_profile(self, asked: Json) -> Json:
        why = self._control.install(asked["evseId"], asked["chargingProfile"], replace_like=False)
        return {"status": "Accepted"} if why is None else {"status": "Rejected", "statusInfo": {"reasonCode": why}}

    def _clear_profile(self, asked: Json) -> Json:
        criteria = asked.get("chargingProfileCriteria", {})
        cleared = self._control.profiles.clear(
            profile_id=asked.get("chargingProfileId"),
            evse=criteria.get("evseId"),
            purpose=criteria.get("chargingProfilePurpose"),
            level=criteria.get("stackLevel"),
        )
        self._control.settle()
        return {"status": "Accepted" if cleared else "Unknown"}

    def _get_profiles(self, asked: Json) -> Json:
        criterion = asked["chargingProfile"]
        found = [
            one
            for one in self._control.profiles.installed()
            if asked.get("evseId") in (None, one.evse)
            and one.id in criterion.get("chargingProfileId", [one.id])
            and criterion.get("chargingProfilePurpose") in (None, one.purpose)
            and criterion.get("stackLevel") in (None, one.level)
        ]
        for left, one in zip(range(len(found) - 1, -1, -1), found, strict=True):
            head = {"requestId": asked["requestId"], "chargingLimitSource": "CSO", "tbc": left > 0, "evseId": one.evse}
            self._control.say(_message("ReportChargingProfiles", {**head, "chargingProfile": [one.source]}))
        return {"status": "Accepted" if found else "NoProfiles"}

    def _composite(self, asked: Json) -> Json:
        number, unit, duration_s = asked["evseId"], asked.get("chargingRateUnit", "A"), asked["duration"]
        if number not in {0, *self._control.evses}:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
        now_at = float(int(self._control.clock.now_at()))
        periods = expected(self._control, number, now_at, duration_s, unit=unit)
        schedule = {
            "evseId": number,
            "duration": duration_s,
            "scheduleStart": stamp(now_at),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": int(at), "limit": round(limit, 1)} for at, limit in periods],
        }
        return {"status": "Accepted", "schedule": schedule}

    def _request_start(self, asked: Json) -> Json:
        tag, number = asked["idToken"]["idToken"], asked.get("evseId")
        taken = self._control.remote_start(number, tag, asked["remoteStartId"])
        return {"status": "Accepted" if taken else "Rejected"}

    def _request_stop(self, asked: Json) -> Json:
        return {"status": "Accepted" if self._control.stop(asked["transactionId"], "Remote") else "Rejected"}

    def _reset(self, _asked: Json) -> Json:
        self._control.restart()
        return {"status": "Accepted"}

    def _update_dynamic(self, asked: Json) -> Json:
        limit = asked["scheduleUpdate"].get("limit")
        if limit is None:
            raise Fault("OccurrenceConstraintViolation", "this station's dynamic profiles have a limit")
        now_at = self._control.clock.now_at()
        known = self._control.profiles.update(asked["chargingProfileId"], float(limit), now_at)
        self._control.settle()
        return {"status": "Accepted" if known else "Rejected"}


def _message(action: str, payload: Json, *, keep: bool = False) -> Message:
    return Message(action=action, payload=lambda: payload, keep=keep)


def _name(one: Json) -> str:
    return f"{one['component']['name']}.{one['variable']['name']}"


def _reason(evse: Evse) -> str | None:
    return None if evse.transaction is None else evse.transaction.stop_reason
