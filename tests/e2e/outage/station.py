"""Scripted stations that behave as real ones do: what nobody has taken from them they keep and say again.

A station dials until it is in, boots, and says what it has to say one CALL at a time. Messages about transactions
wait in a queue that outlives connections: the first is repeated, with the same content, until somebody answers it with
a CALLRESULT. `cuts` are the frame boundaries (counted from 0 over its life) at which it drops its line: mostly at once,
sometimes by going away without a word.
"""

import asyncio
import base64
import json
import time
from collections import deque
from datetime import UTC, datetime

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.e2e.outage.dialects import KEPT, LATEST, Transaction, dialect
from tests.e2e.outage.profiles import Profiles

PATIENCE_S = 3.0
"""MessageTimeout of the station: longer than that of the box."""
RETRY_S = 0.15
RATED_A, LEAST_A = 32.0, 6.0


class Lost(Exception):
    """The line is gone."""


def text_now():
    """RFC 3339 with microseconds: no two messages of a station have the same."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Station:
    """One station. `dice` decides what its plan leaves open; `on_change` hears that its current may have changed,
    `on_boundary` of every frame boundary."""

    def __init__(
        self, identity, version, url, dice, *, cuts=(), on_change=lambda: None, on_boundary=lambda _who, _n: None
    ):
        self.identity, self.url, self.dice = identity, url, dice
        self.words = dialect(version)
        self.cuts = frozenset(cuts)
        self.frames = []
        """Every frame: [way, connection, text]."""
        self.said = []
        """Every message it ever had to say."""
        self.queue = deque()
        self.transactions = []
        self.profiles = Profiles()
        self.boundaries = 0
        self.was_cut = []
        """Boundaries at which it really was cut, with what was said there."""
        self.connections = 0
        self.repeats_ids = dice.random() < 0.5
        self.boots_always = dice.random() < 0.4
        self.flags_offline = dice.random() < 0.5
        self.spaced = dice.random() < 0.3
        self._on_change, self._on_boundary = on_change, on_boundary
        self._abandoned = []
        self._ws = None
        self._open = None
        self._soon = deque()
        self._news = asyncio.Event()
        self._ids = 0
        self._wh = 0
        self._booted = False

    # -- its life on the line

    async def live(self):
        """Be there until cancelled."""
        while True:
            try:
                await self._one_connection()
            except (Lost, OSError, InvalidHandshake, ConnectionClosed, TimeoutError, EOFError):
                pass
            finally:
                self._ws = None
            await asyncio.sleep(self.dice.uniform(0.05, 0.3))

    async def _one_connection(self):
        password = base64.b64encode(f"{self.identity}:sixteen-bytes-or-more".encode()).decode()
        ws = await connect(
            f"{self.url}/{self.identity}",
            subprotocols=[self.words.version],
            additional_headers={"Authorization": f"Basic {password}"},
            compression=None,
            user_agent_header=None,
            proxy=None,
            ping_interval=None,
            open_timeout=4,
            close_timeout=0.5,
        )
        self.connections += 1
        self._ws, self._open = ws, None
        both = {asyncio.ensure_future(self._hear(ws)), asyncio.ensure_future(self._talk())}
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            if ws not in self._abandoned:
                ws.transport.abort()
            await asyncio.gather(*both, return_exceptions=True)
        for task in ended:
            task.result()

    async def _talk(self):
        if not self._booted or self.boots_always:
            self._booted = await self._say(self.words.boot())
            if not self._booted:
                raise Lost
        while True:
            message = self._next()
            if message is None:
                self._news.clear()
                await self._alive(self._news.wait())
            elif not await self._say(message):
                await self._alive(asyncio.sleep(RETRY_S))

    def _next(self):
        while self._soon and self._soon[0].told:
            self._soon.popleft()
        if self._soon:
            return self._soon.popleft()
        while self.queue and self.queue[0].told:
            self.queue.popleft()
        return self.queue[0] if self.queue else None

    async def _alive(self, waiting, timeout_s=None):
        """Wait, but not longer than the line lives."""
        waiting, closed = asyncio.ensure_future(waiting), asyncio.ensure_future(self._ws.wait_closed())
        try:
            await asyncio.wait({waiting, closed}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if closed.done() and not waiting.done():
                raise Lost
        finally:
            for task in {waiting, closed}:
                task.cancel()

    async def _say(self, message):
        """One attempt: True when it was taken."""
        if not message.ids or not self.repeats_ids:
            self._ids += 1
            message.ids.append(f"{self.identity}-{self._ids}")
        if message.kind != KEPT and len(message.ids) == 1:
            self.said.append(message)
        call_id = message.ids[-1]
        self._boundary(f"before {message.action}")
        separators = (", ", ": ") if self.spaced else (",", ":")
        answer = self._open = asyncio.get_running_loop().create_future()
        answer.id = call_id
        await self._send(json.dumps([2, call_id, message.action, message.payload], separators=separators))
        self._boundary(f"after {message.action}")
        await self._alive(answer, PATIENCE_S)
        self._open = None
        if answer.cancelled():
            return False
        kind, payload = answer.result()
        if kind == 3:
            self._taken(message, payload)
            if payload.get("status") in ("Pending", "Rejected") and message.action == "BootNotification":
                self._booted = False
                raise Lost
        elif payload == "SecurityError" and message.action != "BootNotification":
            self._soon.append(self.words.boot())
        self._boundary(f"after the answer to {message.action}")
        return kind == 3

    def _taken(self, message, answer):
        message.told, message.told_at = True, time.time()
        if message.action == "StartTransaction":
            message.transaction.number = answer["transactionId"]

    def _boundary(self, where):
        """Between two frames: here the line may be cut, or somebody else may have an accident."""
        number, self.boundaries = self.boundaries, self.boundaries + 1
        self._on_boundary(self.identity, number)
        if number not in self.cuts or self._ws is None:
            return
        self.was_cut.append([number, where])
        if self.dice.random() < 0.3:
            self._abandoned.append(self._ws)  # the far end hears nothing of it: no FIN, no RST
        else:
            self._ws.transport.abort()
        raise Lost

    async def _send(self, text):
        self.frames.append(["sent", self.connections, text, time.time()])
        try:
            await self._ws.send(text)
        except ConnectionClosed:
            raise Lost from None

    async def _hear(self, ws):
        async for text in ws:
            self.frames.append(["got", self.connections, text, time.time()])
            frame = json.loads(text)
            if frame[0] == 2:
                self._boundary(f"before answering {frame[2]}")
                await self._send(json.dumps(self._answered(frame)))
                self._boundary(f"after answering {frame[2]}")
            elif self._open is not None and frame[1] == self._open.id and not self._open.done():
                self._open.set_result((frame[0], frame[2]))

    # -- what it is asked

    def _answered(self, frame):
        _, call_id, action, payload = frame
        wanted = self.words.stop_wanted(action, payload)
        if wanted is not None:
            return [3, call_id, {"status": "Accepted" if self._stop(wanted) else "Rejected"}]
        if (settings := self.words.asked_variables(action, payload)) is not None:
            return [3, call_id, settings]
        match action:
            case "SetChargingProfile":
                return [3, call_id, {"status": "Accepted" if self._limited(payload) else "Rejected"}]
            case "ClearChargingProfile":
                return [3, call_id, {"status": "Accepted" if self._cleared(payload) else "Unknown"}]
            case "GetCompositeSchedule":
                return [3, call_id, {"status": "Rejected"}]
            case "GetTransactionStatus":
                return [3, call_id, self._status_of(payload["transactionId"])]
            case "GetChargingProfiles":
                return [3, call_id, {"status": "NoProfiles"}]
        return [4, call_id, "NotImplemented", "", {}]

    def _known_as(self, transaction):
        return transaction.number if self.words.version == "ocpp1.6" else transaction.name

    def _running(self, number=None):
        for transaction in self.transactions:
            if transaction.running and number in (None, self._known_as(transaction)):
                return transaction
        return None

    def _stop(self, number):
        transaction = self._running(number)
        if transaction is None:
            return False
        self.end(transaction)
        return True

    def _status_of(self, name):
        ongoing = any(one.name == name and one.running for one in self.transactions)
        waits = any(one.transaction.name == name for one in self.queue if one.transaction and not one.told)
        return {"ongoingIndicator": ongoing, "messagesInQueue": waits}

    def _limited(self, payload):
        profile, number = self.words.profile_in(payload)
        transaction = self._running(number)
        if profile["chargingProfilePurpose"] == "TxProfile" and transaction is None:
            return False
        of = transaction.name if profile["chargingProfilePurpose"] == "TxProfile" else None
        self.profiles.put(profile, time.time(), transaction=of)
        self._on_change()
        return True

    def _cleared(self, payload):
        number = payload.get("id", payload.get("chargingProfileId"))
        criteria = payload.get("chargingProfileCriteria", payload)
        purpose, level = criteria.get("chargingProfilePurpose"), criteria.get("stackLevel")

        def keep(held, profile):
            if number is not None:
                return held != number
            same = purpose in (None, profile["chargingProfilePurpose"]) and level in (None, profile["stackLevel"])
            return not same

        gone = self.profiles.clear(keep)
        self._on_change()
        return gone > 0

    # -- what happens at it

    def begin(self, token):
        """A car comes and charges."""
        transaction = Transaction(name=f"{self.identity}-T{len(self.transactions)}-{token}")
        self.transactions.append(transaction)
        self.show("Charging" if self.words.version == "ocpp1.6" else "Occupied")
        self._tell(transaction, self.words.started, token)
        self._on_change()
        return transaction

    def update(self, transaction):
        """A reading is due."""
        if transaction.running:
            self._tell(transaction, self.words.updated)

    def end(self, transaction):
        """The car goes."""
        if transaction.running:
            self._tell(transaction, self.words.ended)
            transaction.running = False
            self.profiles.ended(transaction.name)
            self.show("Available")
            self._on_change()

    def _tell(self, transaction, words, *more):
        self._wh += 1
        offline = self._ws is None
        flag = offline if offline or self.flags_offline else None
        message = words(transaction, *more, self._wh, text_now(), flag)
        message.seq, transaction.seq = transaction.seq, transaction.seq + 1
        self.keep(message)

    def keep(self, message):
        """Say it until it is taken."""
        message.kind = KEPT
        self.said.append(message)
        self.queue.append(message)
        self._news.set()

    def show(self, state):
        """The connector's state is another: said once, the newest only."""
        self._soon = deque(one for one in self._soon if one.kind != LATEST)
        self.soon(self.words.status(state, text_now()))

    def soon(self, message):
        """Say it once, when there is a line."""
        self._soon.append(message)
        self._news.set()

    def alarm(self):
        """Something happened that the CSMS must hear of."""
        self._wh += 1
        self.keep(self.words.security(str(self._wh), text_now()))

    def has_answered(self, message_id):
        """Whether it has answered this CALL."""
        return any(way == "sent" and f'"{message_id}"' in text for way, _, text, _ in self.frames)

    def drawn_a(self, now):
        """Amperes per phase that the car takes at this moment."""
        transaction = self._running()
        if transaction is None:
            return 0.0
        limit = self.profiles.limit_a(now, transaction.name)
        amps = RATED_A if limit is None else min(limit, RATED_A)
        return amps if amps >= LEAST_A else 0.0

    @property
    def is_quiet(self):
        """Nothing waits to be said."""
        return not any(not one.told for one in self.queue) and not self._soon
