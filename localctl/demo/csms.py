"""A small CSMS: lets known stations in, answers everything, gives charging cars a profile and asks now and then.

Its CALLs wait in one outbox per station and are sent again when an outage swallowed them. What it says and hears of
each station is on a tape of its own.
"""

import itertools
import random
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

import trio
from wsproto.events import AcceptConnection, RejectConnection, Request

from localctl.demo.clock import Clock
from localctl.demo.outbox import Message, Outbox
from localctl.demo.rpc import Conversation, Fault, Json
from localctl.demo.tape import Tape
from localctl.demo.wire import Gone, Wire, answer, one_gone

VERSIONS = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
PERIODS = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 20, "limit": 10.0}, {"startPeriod": 40, "limit": 24.0}]


@dataclass(slots=True, kw_only=True)
class Side:
    """The CSMS's side of one station."""

    identity: str
    version: str = ""
    tape: Tape = field(default_factory=Tape)
    outbox: Outbox = field(default_factory=Outbox)
    wire: Wire | None = None
    requests: int = 0


class Csms:
    """Serves any number of streams. `passwords`: identity to Basic password; a station that has one must show it."""

    def __init__(self, clock: Clock, *, passwords: dict[str, str] | None = None, chat_every_s: float = 5.0) -> None:
        self.sides: dict[str, Side] = {}
        self.on_change: Callable[[str], None] = lambda _what: None
        self._clock, self._passwords, self._chat_every_s = clock, passwords or {}, chat_every_s
        self._transaction_numbers = itertools.count(1)
        self._profile_numbers = itertools.count(100)
        self._random = random.Random(0)
        self._draining = False

    async def serve(self, stream: trio.abc.Stream) -> None:
        """One connection from its upgrade request to its end; never raises for what a peer does."""
        try:
            wire = await answer(stream, self._admission)
            if wire is not None:
                async with wire:
                    await self._connection(wire)
        except (Gone, OSError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async def cut_all(self) -> None:
        """Drop every connection without a word."""
        for side in self.sides.values():
            if side.wire is not None:
                await side.wire.cut()

    async def drain(self) -> None:
        """Ask nothing new, and wait until everything asked is answered."""
        self._draining = True
        for side in list(self.sides.values()):
            await side.outbox.emptied()

    @property
    def connected(self) -> int:
        """Stations on the line now."""
        return sum(side.wire is not None for side in self.sides.values())

    def ask(self, identity: str, action: str, payload: Json) -> None:
        """Queue a CALL for a station."""
        if not self._draining:
            self.sides[identity].outbox.put(Message(action=action, payload=lambda: payload, keep=True))

    def _admission(self, request: Request) -> AcceptConnection | RejectConnection:
        identity = _identity(request.target)
        password = self._passwords.get(identity)
        shown = dict(request.extra_headers).get(b"authorization", b"")
        wanted = b"Basic " + b64encode(f"{identity}:{password}".encode())
        version = next((one for one in VERSIONS if one in request.subprotocols), None)
        if password is not None and shown != wanted:
            return RejectConnection(status_code=401, headers=[(b"WWW-Authenticate", b'Basic realm="demo"')])
        if version is None:
            return RejectConnection(status_code=400)
        return AcceptConnection(subprotocol=version)

    async def _connection(self, wire: Wire) -> None:
        identity = _identity(wire.path)
        side = self.sides.setdefault(identity, Side(identity=identity))
        if side.wire is not None:
            await side.wire.cut()
        side.wire, side.version = wire, wire.subprotocol or ""
        side.tape.connection += 1

        def handle(action: str, payload: Json) -> Json:
            return self._handle(side, action, payload)

        talk = Conversation(wire, side.tape, handle)
        try:
            with one_gone():
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._ask_in_turn, side, talk)
                    nursery.start_soon(self._chat, side)
                    nursery.start_soon(talk.listen)
        finally:
            if side.wire is wire:
                side.wire = None

    async def _ask_in_turn(self, side: Side, talk: Conversation) -> None:
        while True:
            message, payload = await side.outbox.first()
            try:
                await talk.call(message.action, payload, call_id=message.call_id)
            except Fault as fault:
                self.on_change(f"{side.identity} refused {message.action}: {fault.code}")
            side.outbox.done(message)

    async def _chat(self, side: Side) -> None:
        while True:
            await trio.sleep(self._chat_every_s * self._random.uniform(0.7, 1.3))
            self.ask(side.identity, *self._random.choice(self._questions(side)))

    def _questions(self, side: Side) -> list[tuple[str, Json]]:
        trigger = ("TriggerMessage", {"requestedMessage": "MeterValues"})
        if side.version == "ocpp1.6":
            return [("GetConfiguration", {"key": ["HeartbeatInterval", "Nothing"]}), trigger]
        wanted = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        return [("GetVariables", {"getVariableData": [wanted]}), trigger]

    def _handle(self, side: Side, action: str, payload: Json) -> Json:
        side.requests += 1
        now = self._clock.stamp()
        match action:
            case "BootNotification":
                return {"currentTime": now, "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize" if side.version == "ocpp1.6":
                return {"idTagInfo": {"status": "Accepted"}}
            case "Authorize":
                return {"idTokenInfo": {"status": "Accepted"}}
            case "StartTransaction":
                return self._started_16(side, payload)
            case "TransactionEvent":
                return self._transaction_event(side, payload)
            case "OpenPeriodicEventStream":
                return {"status": "Accepted"}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
        return {}

    def _started_16(self, side: Side, payload: Json) -> Json:
        number, connector = next(self._transaction_numbers), payload["connectorId"]
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
        profile = self._profile() | {"transactionId": number, "chargingSchedule": schedule}
        profile["chargingProfileId"] = profile.pop("id")
        self.ask(side.identity, "SetChargingProfile", {"connectorId": connector, "csChargingProfiles": profile})
        self.ask(side.identity, "GetCompositeSchedule", {"connectorId": connector, "duration": 600})
        return {"transactionId": number, "idTagInfo": {"status": "Accepted"}}

    def _transaction_event(self, side: Side, payload: Json) -> Json:
        if "idToken" not in payload:
            return {}
        evse = payload["evse"]["id"]
        schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
        profile = self._profile() | {"chargingSchedule": [schedule]}
        profile["transactionId"] = payload["transactionInfo"]["transactionId"]
        self.ask(side.identity, "SetChargingProfile", {"evseId": evse, "chargingProfile": profile})
        self.ask(side.identity, "GetCompositeSchedule", {"evseId": evse, "duration": 600})
        return {"idTokenInfo": {"status": "Accepted"}}

    def _profile(self) -> Json:
        head = {"id": next(self._profile_numbers), "stackLevel": 0}
        return {**head, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}


def _identity(path: str) -> str:
    return path.rpartition("/")[2]
