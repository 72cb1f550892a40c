"""A CSMS that writes down every frame before it answers, so that killing it loses nothing of what it saw.

`main([ip, record file, seed, *habits])` listens on two ports of this address: 9100 for
OCPP-J, 9101 for commands of the bench, one JSON text per line. Each line of the record is one fact:

    {"at": 1.5, "conn": "812.3", "id": "S1", "way": "up" | "down" | "in" | "out", "text": "[2,…]", "late": false}

Habits: `naive` gives a new transactionId for every StartTransaction, also a repeated one, instead of the one it gave
before; `strict` answers SecurityError to whoever has not booted on this connection; `hesitant` answers Pending to each
station's first BootNotification of its life. What the record says survives a kill.
"""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import unquote

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

OCPP_PORT, COMMAND_PORT = 9100, 9101
VERSIONS = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
MOST_REFUSALS = 2
"""CALLERRORs to one message: fewer than the attempts of anybody who repeats it."""
POINTS = ("before recording", "after recording", "after answering")
QUIET = {"dies": None, "refuse": False, "slow_s": 0.0, "error_p": 0.0, "late_p": 0.0, "late_s": 0.0, "twice_p": 0.0}


def lines(path):
    """The facts on record, oldest first. A line without its end is being written, or its writer was killed over it."""
    try:
        with open(path, encoding="utf-8") as record:
            return [json.loads(line) for line in record if line.endswith("\n")]
    except FileNotFoundError:
        return []


def opened(path):
    """The record, to add to; without what a killed life has begun to write and never reacted to."""
    record = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    with open(path, "rb") as before:
        os.truncate(record, before.read().rfind(b"\n") + 1)
    return record


class Csms:
    """One life of the CSMS."""

    def __init__(self, path, seed, *, naive, strict, hesitant):
        self._record = opened(path)
        self.naive, self.strict, self.hesitant = naive, strict, hesitant
        self._seen = set()
        self.mode = dict(QUIET)
        self._dice = random.Random(f"{seed} {os.getpid()}")
        self._numbers, self._refusals, self._last_number = {}, Counter(), 0
        self._talks, self._conns, self._calls = {}, 0, 0
        self._later = set()
        self._recall(path)

    def _recall(self, path):
        """What an earlier life gave away."""
        asked = {}
        for fact in lines(path):
            if fact["way"] not in ("in", "out"):
                continue
            frame = json.loads(fact["text"])
            key = (fact["conn"], frame[1])
            if frame[0] == 2 and frame[2] == "StartTransaction":
                asked[key] = self._start_key(fact["id"], frame[3])
            elif frame[0] == 3 and key in asked:
                self._numbers[asked[key]] = frame[2]["transactionId"]
                self._last_number = max(self._last_number, frame[2]["transactionId"])

    def note(self, conn, identity, way, text="", **more):
        """One line on record: out of this process at once."""
        fact = {"at": time.time(), "conn": conn, "id": identity, "way": way, "text": text, **more}
        os.write(self._record, json.dumps(fact).encode() + b"\n")

    # -- stations

    def judge_request(self, connection, _request):
        """503 for everybody while this is the fault of the day."""
        if self.mode["refuse"]:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "busy\n")
        return None

    async def attend(self, ws):
        """One connection from its handshake to its end."""
        identity = unquote(ws.request.path.rpartition("/")[2])
        self._conns += 1
        talk = _Talk(self, ws, identity, f"{os.getpid()}.{self._conns}")
        self._talks[identity] = talk
        self.note(talk.conn, identity, "up", ws.subprotocol or "")
        try:
            async for text in ws:
                await talk.heard(text)
        except ConnectionClosed:
            pass
        if self._talks.get(identity) is talk:
            del self._talks[identity]
        self.note(talk.conn, identity, "down")

    def may_die(self, point):
        """Killed at the n-th time it comes to this point, where the bench wants that."""
        dies = self.mode["dies"]
        if dies and dies["point"] == point:
            dies["frames"] -= 1
            if dies["frames"] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def answer_to(self, talk, frame):
        """The payload of a CALLRESULT, or the code of a CALLERROR."""
        action, payload = frame[2], frame[3]
        if self.strict and not talk.booted and action != "BootNotification":
            return "SecurityError"
        key = (talk.identity, action, json.dumps(payload, sort_keys=True))
        if self._dice.random() < self.mode["error_p"] and self._refusals[key] < MOST_REFUSALS:
            self._refusals[key] += 1
            return "InternalError"
        return self._result(talk, action, payload)

    def _result(self, talk, action, payload):
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        accepted = {"status": "Accepted"}
        match action:
            case "BootNotification":
                if self.hesitant and talk.identity not in self._seen:
                    self._seen.add(talk.identity)
                    return {"status": "Pending", "currentTime": now, "interval": 1}
                talk.booted = True
                return {"status": "Accepted", "currentTime": now, "interval": 300}
            case "Heartbeat":
                return {"currentTime": now}
            case "StartTransaction":
                return {"transactionId": self._number(talk.identity, payload), "idTagInfo": accepted}
            case "TransactionEvent" if "idToken" in payload:
                return {"idTokenInfo": accepted}
            case "Authorize" if "idTag" in payload:
                return {"idTagInfo": accepted}
            case "Authorize":
                return {"idTokenInfo": accepted}
            case _:
                return {}

    def _number(self, identity, payload):
        key = self._start_key(identity, payload)
        if self.naive or key not in self._numbers:
            self._last_number += 1
            self._numbers[key] = self._last_number
        return self._numbers[key]

    @staticmethod
    def _start_key(identity, payload):
        return (identity, payload["connectorId"], payload["idTag"], payload["timestamp"], payload["meterStart"])

    def later(self, work):
        """Do it beside everything else."""
        task = asyncio.ensure_future(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def draws(self, probability):
        """True as often as this says."""
        return self._dice.random() < probability

    # -- the bench

    async def command(self, reader, writer):
        """Obey the bench: a new mode, a cut of all connections, a CALL to a station."""
        while line := await reader.readline():
            order = json.loads(line)
            answer = {}
            match order:
                case {"mode": mode}:
                    self.mode = QUIET | mode
                case {"cut": True}:
                    for talk in list(self._talks.values()):
                        talk.ws.transport.abort()
                case {"call": identity, "action": action, "payload": payload}:
                    answer = {"sent": await self._call(identity, action, payload)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _call(self, identity, action, payload):
        """The id of the CALL that went to a station; None when it is not there or has not answered the last one."""
        talk = self._talks.get(identity)
        if talk is None or talk.asked is not None:
            return None
        self._calls += 1
        talk.asked = f"csms-{os.getpid()}-{self._calls}"
        text = json.dumps([2, talk.asked, action, payload])
        self.note(talk.conn, identity, "out", text)
        sent = talk.asked
        try:
            await talk.ws.send(text)
        except ConnectionClosed:
            return None
        return sent


class _Talk:
    """One station's connection."""

    def __init__(self, csms, ws, identity, conn):
        self.csms, self.ws, self.identity, self.conn = csms, ws, identity, conn
        self.booted = False
        self.asked = None
        """Id of our CALL that the station has not answered."""

    async def heard(self, text):
        """Write it down; then answer a CALL in the manner of the day."""
        self.csms.may_die(POINTS[0])
        self.csms.note(self.conn, self.identity, "in", text)
        self.csms.may_die(POINTS[1])
        await self._react(text)
        self.csms.may_die(POINTS[2])

    async def _react(self, text):
        frame = json.loads(text)
        if frame[0] == 2:
            mode, csms = self.csms.mode, self.csms
            answer = csms.answer_to(self, frame)
            reply = [4, frame[1], answer, "not today", {}] if isinstance(answer, str) else [3, frame[1], answer]
            times = 2 if csms.draws(mode["twice_p"]) else 1
            if csms.draws(mode["late_p"]):
                csms.later(self._say(reply, times, mode["late_s"], late=True))
            else:
                await self._say(reply, times, mode["slow_s"], late=False)
        elif frame[1] == self.asked:
            self.asked = None

    async def _say(self, reply, times, wait_s, *, late):
        if wait_s:
            await asyncio.sleep(wait_s)
        text = json.dumps(reply)
        self.csms.note(self.conn, self.identity, "out", text, late=late)
        try:
            for _ in range(times):
                await self.ws.send(text)
        except ConnectionClosed:
            pass


async def run(ip, path, seed, habits):
    """Serve until killed."""
    csms = Csms(path, seed, naive="naive" in habits, strict="strict" in habits, hesitant="hesitant" in habits)
    options = {"subprotocols": VERSIONS, "process_request": csms.judge_request, "ping_interval": None}
    stations = serve(csms.attend, ip, OCPP_PORT, compression=None, close_timeout=0.5, **options)
    async with stations, await asyncio.start_server(csms.command, ip, COMMAND_PORT) as commands:
        await commands.serve_forever()


def main(argv):
    """The process."""
    ip, path, seed, *habits = argv
    asyncio.run(run(ip, path, seed, habits))
