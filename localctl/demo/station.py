"""A simulated Charging Station: boots, charges cars, reports, obeys profiles, and keeps its word through outages.

`dial` gives it a stream (TCP, TLS or memory), trio's clock gives it time, `Tape` records what it says and hears. Three
tasks: the connection with its back-off, the outbox that goes over it, and the electrics.
"""

import itertools
import random
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from localctl.demo.car import Car
from localctl.demo.clock import Clock
from localctl.demo.dialect import Dialect, Model
from localctl.demo.dialect2 import Dialect2
from localctl.demo.dialect16 import Dialect16
from localctl.demo.evse import Evse, Transaction
from localctl.demo.limits import Profiles
from localctl.demo.outbox import Message, Outbox
from localctl.demo.profiles import TX, BadProfile, read_profile
from localctl.demo.rpc import Conversation, Fault, Json
from localctl.demo.tape import Tape
from localctl.demo.wire import Gone, Line, Place, TurnedAway, dial, one_gone

TAG = "04A1B2C3D4"
IDLE_S, SHORTEST_S = 3600.0, 0.001

Dial = Callable[[], Awaitable[trio.abc.Stream]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A car comes to an EVSE after a while and stays for a while (seconds)."""

    evse: int
    after_s: float
    stay_s: float
    car: Callable[[], Car]


class Station:
    """One station. `run` it in a nursery; `drain` ends its part of the conversation in good order."""

    def __init__(self, model: Model, *, dial: Dial, host: str, path: str, clock: Clock, tape: Tape) -> None:
        self.model, self.clock, self.tape = model, clock, tape
        self.profiles = Profiles()
        self.evses = {number: self._evse(number) for number in range(1, model.evses + 1)}
        prefix = "" if model.version == "ocpp1.6" else "OCPPCommCtrlr."
        self.settings = {prefix + "HeartbeatInterval": str(int(model.heartbeat_s))}
        self.online = False
        self.state = "off"
        self.connections = 0
        self.on_change: Callable[[str], None] = lambda _what: None
        """Told of every change worth a line."""
        self.on_draw: Callable[[Evse], None] = lambda _evse: None
        """Told whenever the current of an EVSE has changed."""
        self._dial, self._host, self._path = dial, host, path
        self._dialect: Dialect = Dialect16(self) if model.version == "ocpp1.6" else Dialect2(self)
        self._outbox = Outbox()
        self._random = random.Random(f"{model.identity} {model.seed}")
        self._numbers = itertools.count(1)
        self._wake = trio.Event()
        self._booted = False
        self._boot: Message | None = None
        self._draining = False
        self._reboot, self._came_online = trio.Event(), trio.Event()

    def _evse(self, number: int) -> Evse:
        model = self.model
        return Evse(
            id=number,
            profiles=self.profiles,
            phases=model.phases,
            max_a=model.max_a,
            reaction_s=model.reaction_s,
            first_phase=model.first_phase,
            obedient=model.obedient,
            settled_at=self.clock.now_at(),
        )

    async def run(self, visits: tuple[Visit, ...] = ()) -> None:
        """Live until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stay_connected)
            nursery.start_soon(self._electrics)
            nursery.start_soon(self._heartbeats)
            await self.visited(visits)

    async def visited(self, visits: tuple[Visit, ...]) -> None:
        """Let these cars come, each at its time from now, until the last has gone."""
        async with trio.open_nursery() as nursery:
            for visit in visits:
                nursery.start_soon(self._visit, visit)

    async def drain(self) -> None:
        """Say nothing new, and wait until we are on the line and all that was said is answered."""
        self._draining = True
        await self._came_online.wait()
        await self._outbox.emptied()

    # What a CSMS may do to a station (dialect.Control).

    def install(self, evse: int, raw: Json, *, replace_like: bool) -> str | None:
        """Take a profile (2.0.1 shape); a reason when it is not taken."""
        try:
            profile = read_profile(evse, raw, self.clock.now_at())
            if evse not in {0, *self.evses}:
                raise BadProfile("UnknownEvse")
            if profile.purpose == TX:
                transaction = self.evses[evse].transaction
                if transaction is None or profile.transaction_id != transaction.id:
                    raise BadProfile("TxNotFound")
            self.profiles.install(profile, replace_like=replace_like)
        except BadProfile as why:
            return str(why)
        except (KeyError, ValueError, TypeError, IndexError):
            return "InvalidProfile"
        self.settle()
        return None

    def settle(self) -> None:
        """Let changed limits take effect: the electrics look again."""
        self._wake.set()

    def stop(self, transaction_id: str, reason: str) -> bool:
        """End a transaction; False when it is not running."""
        for evse in self.evses.values():
            if evse.transaction is not None and evse.transaction.id == transaction_id:
                self._end(evse, reason)
                return True
        return False

    def remote_start(self, evse: int | None, tag: str, remote_start_id: int) -> bool:
        """Authorize the car that waits at an EVSE; False when none does."""
        for one in self.evses.values():
            if evse in (None, one.id) and one.car is not None and one.transaction is None:
                self._begin(one, tag, remote_start_id)
                return True
        return False

    def say(self, message: Message) -> None:
        """Queue a message; while offline only what has to be kept."""
        if (message.keep or self.online) and not self._draining:
            self._outbox.put(message)

    def restart(self) -> None:
        """Reboot soon: the connection ends, and the next one starts with BootNotification."""
        self._booted = False
        self._reboot.set()

    # Cars.

    async def _visit(self, visit: Visit) -> None:
        evse = self.evses[visit.evse]
        await trio.sleep(visit.after_s)
        evse.car, evse.finished = visit.car(), False
        self.say(self._dialect.status(evse))
        self.say(self._dialect.authorize(TAG))
        self._begin(evse, TAG, None)
        await trio.sleep(visit.stay_s)
        if evse.transaction is not None:
            self._end(evse, "EVDisconnected")
        evse.settle(self.clock.now_at())
        evse.car = None
        self.settle()
        self.say(self._dialect.status(evse))

    def _begin(self, evse: Evse, tag: str, remote_start_id: int | None) -> None:
        now_at = self.clock.now_at()
        evse.transaction = Transaction(
            id=f"{self.model.identity}-{next(self._numbers)}",
            tag=tag,
            started_at=now_at,
            start_wh=evse.energy_wh,
            remote_start_id=remote_start_id,
        )
        self._say_all(self._dialect.plugged_in(evse, offline=not self.online))
        evse.transaction.offered_at = now_at
        self._say_all(self._dialect.started(evse, offline=not self.online))
        self.on_change(f"{self.model.identity}: a car starts charging")
        self.settle()

    def _end(self, evse: Evse, reason: str) -> None:
        transaction = evse.transaction
        assert transaction is not None, "only a running transaction ends"
        evse.settle(self.clock.now_at(), self._sharing())
        transaction.stop_reason, transaction.state = reason, "EVConnected"
        self._say_all(self._dialect.ended(evse, offline=not self.online))
        self.profiles.forget_transaction(transaction.id)
        evse.transaction, evse.finished = None, True
        self.say(self._dialect.status(evse))
        self.on_change(f"{self.model.identity}: transaction over, {evse.energy_wh - transaction.start_wh:,.0f} Wh")
        self.settle()

    def _say_all(self, messages: list[Message]) -> None:
        for message in messages:
            self.say(message)

    # Electrics.

    def _sharing(self) -> int:
        return sum(evse.transaction is not None for evse in self.evses.values())

    async def _electrics(self) -> None:
        next_meter_at = self.clock.now_at() + self.model.meter_every_s
        while True:
            now_at = self.clock.now_at()
            self._settle_all(now_at)
            if now_at >= next_meter_at:
                next_meter_at += self.model.meter_every_s
                self._meter()
            await self._until(min(next_meter_at, self._next_change_at(now_at)))

    async def _until(self, at: float) -> None:
        self._wake = trio.Event()
        with trio.move_on_after(min(max(at - self.clock.now_at(), SHORTEST_S), IDLE_S)):
            await self._wake.wait()

    def _next_change_at(self, now_at: float) -> float:
        sessions = {one.id: session for one in self.evses.values() if (session := one.session()) is not None}
        waiting = [evse.next_change_at() for evse in self.evses.values()]
        return min([self.profiles.next_change_at(now_at, sessions), *waiting])

    def _settle_all(self, now_at: float) -> None:
        for evse in self.evses.values():
            if evse.settle(now_at, self._sharing()):
                self.on_draw(evse)
            transaction, state = evse.transaction, evse.charging_state()
            if transaction is not None and transaction.state != state:
                transaction.state = state
                self._say_all(self._dialect.state_changed(evse, offline=not self.online))

    def _meter(self) -> None:
        for evse in self.evses.values():
            if evse.transaction is not None:
                self._say_all(self._dialect.metered(evse, offline=not self.online))

    async def _heartbeats(self) -> None:
        while True:
            await trio.sleep(self.model.heartbeat_s)
            self.say(self._dialect.heartbeat())

    # Connection.

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            try:
                await self._connection()
                failures = 0
            except (OSError, Gone, TurnedAway) as why:
                failures = 0 if self.online else failures + 1
                self._lost(str(why) or type(why).__name__)
            await trio.sleep(self._back_off_s(failures))

    def _back_off_s(self, failures: int) -> float:
        """Part 4 section 5.4: the minimum doubles per failure, some random time comes on top."""
        model = self.model
        doubled_s: float = model.retry_min_s * 2 ** min(max(failures - 1, 0), model.retry_repeats)
        return doubled_s + self._random.uniform(0, model.retry_range_s)

    def _lost(self, why: str) -> None:
        was_online, self.online, self.state = self.online, False, "offline"
        self._outbox.forget_idle_talk()
        self._came_online = trio.Event() if self._came_online.is_set() else self._came_online
        if was_online:
            self.on_change(f"{self.model.identity}: connection lost ({why})")

    def _place(self) -> Place:
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if self.model.password is not None:
            pair = b64encode(f"{self.model.identity}:{self.model.password}".encode())
            headers = ((b"Authorization", b"Basic " + pair),)
        return Place(host=self._host, path=self._path, offer=(self.model.version,), headers=headers)

    async def _line(self) -> Line:
        return await dial(await self._dial(), self._place())

    async def _connection(self) -> None:
        self.state = "dialling"
        async with await self._line() as wire:
            self.connections += 1
            self.tape.connection = self.connections
            talk = Conversation(wire, self.tape, self._handle, answer_within_s=self.model.answer_within_s)
            self._reboot = trio.Event()
            with one_gone():
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._carry_out, talk)
                    nursery.start_soon(self._reboot_when_told, wire.close)
                    nursery.start_soon(talk.listen)

    async def _carry_out(self, talk: Conversation) -> None:
        await self._register(talk)
        self.online, self.state = True, "online"
        self._came_online.set()
        self.on_change(f"{self.model.identity}: online ({self.model.version})")
        for evse in self.evses.values():
            self.say(self._dialect.status(evse))
        while True:
            message, payload = await self._outbox.first()
            await self._deliver(talk, message, payload)
            self._outbox.done(message)

    async def _deliver(self, talk: Conversation, message: Message, payload: Json) -> None:
        if message.unconfirmed:
            await talk.tell(message.action, payload)
            return
        try:
            message.answered(await talk.call(message.action, payload, call_id=message.call_id))
        except Fault as fault:
            self.on_change(f"{self.model.identity}: {message.action} refused: {fault}")

    async def _register(self, talk: Conversation) -> None:
        if self._booted and not self.model.boots_again:
            return
        while True:
            self._boot = self._boot or self._dialect.boot("PowerUp")
            answer = await talk.call(self._boot.action, self._boot.payload(), call_id=self._boot.call_id)
            self._boot = None
            if answer["status"] == "Accepted":
                break
            await trio.sleep(max(1, answer["interval"]))
        self._booted, self.online = True, True
        self._say_all(self._dialect.greeting())

    async def _reboot_when_told(self, close: Callable[[int, str], Awaitable[None]]) -> None:
        await self._reboot.wait()
        for evse in self.evses.values():
            if evse.transaction is not None:
                self._end(evse, "ImmediateReset")
        await close(1000, "rebooting")

    def _handle(self, action: str, payload: Json) -> Json:
        handler = self._dialect.handlers.get(action)
        if handler is None:
            raise Fault("NotImplemented", action)
        try:
            return handler(payload)
        except (KeyError, TypeError, ValueError, IndexError) as why:
            code = "FormationViolation" if self.model.version == "ocpp1.6" else "FormatViolation"
            raise Fault(code, f"{action}: {why!r}") from None
