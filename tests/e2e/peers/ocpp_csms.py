"""An ordinary CSMS on the `ocpp` package: `python -m tests.e2e.peers.ocpp_csms VERSION [CERT KEY]`.

It accepts a station, asks for its settings, gives a running transaction a profile, asks for the composite schedule,
stops the transaction and resets the station. Its CALLs cross the station's own. The package checks every payload
against the published schemas. Reports {"event": "listening"} first and {"event": "reset"} when its part is done.
"""

import asyncio
import importlib
import ssl
import sys

from ocpp.routing import after, on
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from tests.e2e.peers.lines import emit
from tests.e2e.peers.ocpp_station import MODULES, NOW
from tests.e2e.peers.recorder import Recorder

PERIODS = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 600, "limit": 6.0}]


def csms_16(base, call, result):
    """The CSMS side of a 1.6 connection."""

    class Side(base):
        @on("BootNotification")
        def on_boot(self, **_):
            return result.BootNotification(current_time=NOW, interval=300, status="Accepted")

        @after("BootNotification")
        async def after_boot(self, **_):
            await self.call(call.GetConfiguration(key=["Nothing"]))

        @on("StatusNotification")
        def on_status(self, **_):
            return result.StatusNotification()

        @on("Heartbeat")
        def on_heartbeat(self):
            return result.Heartbeat(current_time=NOW)

        @on("Authorize")
        def on_authorize(self, **_):
            return result.Authorize(id_tag_info={"status": "Accepted"})

        @on("StartTransaction")
        def on_start(self, **_):
            return result.StartTransaction(transaction_id=7, id_tag_info={"status": "Accepted"})

        @after("StartTransaction")
        async def after_start(self, **_):
            schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
            profile = {"chargingProfileId": 1, "transactionId": 7, "stackLevel": 0, "chargingProfileKind": "Relative"}
            profile |= {"chargingProfilePurpose": "TxProfile", "chargingSchedule": schedule}
            await self.call(call.SetChargingProfile(connector_id=1, cs_charging_profiles=profile))
            await self.call(call.GetCompositeSchedule(connector_id=1, duration=600))
            await self.call(call.RemoteStopTransaction(transaction_id=7))

        @on("MeterValues")
        def on_meter_values(self, **_):
            return result.MeterValues()

        @on("StopTransaction")
        def on_stop(self, **_):
            return result.StopTransaction()

        @after("StopTransaction")
        async def after_stop(self, **_):
            await self.call(call.Reset(type="Hard"))
            emit("reset")

    return Side


def csms_2(base, call, result):
    """The CSMS side of a 2.0.1 or 2.1 connection."""

    class Side(base):
        @on("BootNotification")
        def on_boot(self, **_):
            return result.BootNotification(current_time=NOW, interval=300, status="Accepted")

        @after("BootNotification")
        async def after_boot(self, **_):
            wanted = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
            await self.call(call.GetVariables(get_variable_data=[wanted]))

        @on("StatusNotification")
        def on_status(self, **_):
            return result.StatusNotification()

        @on("Heartbeat")
        def on_heartbeat(self, **_):
            return result.Heartbeat(current_time=NOW)

        @on("Authorize")
        def on_authorize(self, **_):
            return result.Authorize(id_token_info={"status": "Accepted"})

        @on("TransactionEvent")
        def on_transaction_event(self, **_):
            return result.TransactionEvent()

        @after("TransactionEvent")
        async def after_transaction_event(self, event_type, **_):
            if event_type == "Started":
                await self.control()
            if event_type == "Ended":
                await self.call(call.Reset(type="Immediate"))
                emit("reset")

        async def control(self):
            schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
            profile = {"id": 1, "transactionId": "T-1", "stackLevel": 0, "chargingProfileKind": "Relative"}
            profile |= {"chargingProfilePurpose": "TxProfile", "chargingSchedule": [schedule]}
            await self.call(call.SetChargingProfile(evse_id=1, charging_profile=profile))
            await self.call(call.GetCompositeSchedule(evse_id=1, duration=600))
            await self.call(call.RequestStopTransaction(transaction_id="T-1"))

    return Side


async def main(version, cert=None, key=None):
    """Serve until stdin, that is the test, ends."""
    package = importlib.import_module(MODULES[version])
    make = csms_16 if version == "ocpp1.6" else csms_2
    side = make(package.ChargePoint, package.call, package.call_result)
    tls = None
    if cert is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(cert, key)

    names = iter(("before", "after"))

    async def connection(ws):
        conn = next(names)
        try:
            await side(conn, Recorder(conn, ws)).start()
        except ConnectionClosed:
            emit("gone", conn=conn)

    async with serve(connection, "127.0.0.1", 0, subprotocols=[version], ssl=tls, ping_interval=None) as server:
        emit("listening", port=server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
