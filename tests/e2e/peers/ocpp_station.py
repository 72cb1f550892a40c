"""An ordinary Charging Station on the `ocpp` package.

    python -m tests.e2e.peers.ocpp_station VERSION URL AUTHORIZATION [CA]

It boots, reports status, authorizes, charges with meter values under a profile that its CSMS sets, stops when the CSMS
asks, resets when the CSMS asks, boots again and sends a heartbeat. The package checks every payload, sent and received,
against the published schemas. Ends with {"event": "done"}; anything wrong ends the process with a traceback.
"""

import asyncio
import importlib
import ssl
import sys

from ocpp.routing import after, on
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.peers.lines import emit
from tests.e2e.peers.recorder import Recorder

NOW = "2026-11-22T15:00:00.000Z"
MODULES = {"ocpp1.6": "ocpp.v16", "ocpp2.0.1": "ocpp.v201", "ocpp2.1": "ocpp.v21"}


def station_16(base, result):
    """A 1.6 station of the given ChargePoint class."""

    class Station(base):
        def __init__(self, conn, ws):
            super().__init__(conn, Recorder(conn, ws))
            self.profiled, self.stopped, self.reset = asyncio.Event(), asyncio.Event(), asyncio.Event()

        @on("GetConfiguration")
        def on_get_configuration(self, **_):
            return result.GetConfiguration(unknown_key=["Nothing"])

        @on("SetChargingProfile")
        def on_set_charging_profile(self, **_):
            return result.SetChargingProfile(status="Accepted")

        @on("GetCompositeSchedule")
        def on_get_composite_schedule(self, connector_id, **_):
            self.profiled.set()
            return result.GetCompositeSchedule(status="Accepted", connector_id=connector_id)

        @on("RemoteStopTransaction")
        def on_remote_stop(self, **_):
            self.stopped.set()
            return result.RemoteStopTransaction(status="Accepted")

        @on("Reset")
        def on_reset(self, **_):
            return result.Reset(status="Accepted")

        @after("Reset")
        def after_reset(self, **_):
            self.reset.set()

    return Station


def station_2(base, result):
    """A 2.0.1 or 2.1 station of the given ChargePoint class."""

    class Station(base):
        def __init__(self, conn, ws):
            super().__init__(conn, Recorder(conn, ws))
            self.profiled, self.stopped, self.reset = asyncio.Event(), asyncio.Event(), asyncio.Event()

        @on("GetVariables")
        def on_get_variables(self, get_variable_data, **_):
            asked = get_variable_data[0]
            answer = {"attribute_status": "UnknownComponent", "component": asked["component"]}
            return result.GetVariables(get_variable_result=[answer | {"variable": asked["variable"]}])

        @on("SetChargingProfile")
        def on_set_charging_profile(self, **_):
            return result.SetChargingProfile(status="Accepted")

        @on("GetCompositeSchedule")
        def on_get_composite_schedule(self, **_):
            self.profiled.set()
            return result.GetCompositeSchedule(status="Rejected")

        @on("RequestStopTransaction")
        def on_request_stop(self, **_):
            self.stopped.set()
            return result.RequestStopTransaction(status="Accepted")

        @on("Reset")
        def on_reset(self, **_):
            return result.Reset(status="Accepted")

        @after("Reset")
        def after_reset(self, **_):
            self.reset.set()

    return Station


async def session_16(station, call):
    """A charging session of a 1.6 station, up to the reset."""
    await station.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Preparing"))
    await station.call(call.Authorize(id_tag="TAG"))
    started = await station.call(call.StartTransaction(connector_id=1, id_tag="TAG", meter_start=0, timestamp=NOW))
    await station.profiled.wait()
    sample = [{"timestamp": NOW, "sampledValue": [{"value": "16.0", "measurand": "Current.Import", "phase": "L1"}]}]
    for _ in range(3):
        meter = call.MeterValues(connector_id=1, transaction_id=started.transaction_id, meter_value=sample)
        await station.call(meter)
    await station.stopped.wait()
    stop = call.StopTransaction(transaction_id=started.transaction_id, meter_stop=1000, timestamp=NOW, reason="Remote")
    await station.call(stop)


async def session_2(station, call):
    """A charging session of a 2.0.1 or 2.1 station, up to the reset."""

    async def event(kind, trigger, seq_no, **more):
        info = {"transactionId": "T-1", "chargingState": "Charging"}
        await station.call(
            call.TransactionEvent(
                event_type=kind, timestamp=NOW, trigger_reason=trigger, seq_no=seq_no, transaction_info=info, **more
            )
        )

    status = call.StatusNotification(timestamp=NOW, connector_status="Occupied", evse_id=1, connector_id=1)
    await station.call(status)
    token = {"idToken": "04AABB", "type": "ISO14443"}
    await station.call(call.Authorize(id_token=token))
    await event("Started", "Authorized", 0, id_token=token, evse={"id": 1, "connectorId": 1})
    await station.profiled.wait()
    value = {"value": 16.0, "measurand": "Current.Import", "phase": "L1", "context": "Sample.Periodic"}
    for seq_no in (1, 2, 3):
        meter_value = [{"timestamp": NOW, "sampledValue": [value]}]
        await event("Updated", "MeterValuePeriodic", seq_no, meter_value=meter_value)
    await station.stopped.wait()
    await event("Ended", "RemoteStop", 4)


async def boot(station, call, version, reason):
    """Boot and insist on being accepted."""
    if version == "ocpp1.6":
        answer = await station.call(call.BootNotification(charge_point_model="Model", charge_point_vendor="Vendor"))
    else:
        described = {"model": "Model", "vendorName": "Vendor"}
        answer = await station.call(call.BootNotification(charging_station=described, reason=reason))
    assert answer.status == "Accepted", answer


async def online(version, url, authorization, ca, conn, script):
    """Connect, run the script beside the receiving loop, hang up."""
    package = importlib.import_module(MODULES[version])
    make = station_16 if version == "ocpp1.6" else station_2
    tls = None if ca is None else ssl.create_default_context(cafile=ca)
    headers = {"Authorization": authorization}
    options = {"additional_headers": headers, "ssl": tls, "proxy": None, "ping_interval": None}
    async with connect(url, subprotocols=[version], **options) as ws:
        station = make(package.ChargePoint, package.call_result)(conn, ws)
        listening = asyncio.ensure_future(station.start())
        await script(station, package.call)
        await ws.close()
        await asyncio.wait([listening])
        assert isinstance(listening.exception(), ConnectionClosed)


async def main(version, url, authorization, ca=None):
    """The whole session."""

    async def first(station, call):
        await boot(station, call, version, "PowerUp")
        await (session_16 if version == "ocpp1.6" else session_2)(station, call)
        await station.reset.wait()

    async def second(station, call):
        await boot(station, call, version, "RemoteReset")
        await station.call(call.Heartbeat())

    await online(version, url, authorization, ca, "before", first)
    await online(version, url, authorization, ca, "after", second)
    emit("done")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
