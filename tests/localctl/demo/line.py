"""A demo station and a demo CSMS on memory streams, for tests on trio's autojump clock."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import trio
import trio.testing

from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.dialect import Model
from localctl.demo.station import Station
from localctl.demo.tape import Tape

MODEL = Model(identity="CP1", version="ocpp2.0.1", meter_every_s=60, reaction_s=5)
SETTLED_S = 0.5


class Line:
    """Both ends. `cut` drops the connection; while `down` is True nobody answers."""

    def __init__(self, nursery, model, chat_every_s=1e6):
        self.nursery = nursery
        self.clock = Clock()
        self.csms = Csms(self.clock, chat_every_s=chat_every_s)
        self.down = False
        self.dialled_at = []
        how = {"host": "csms", "path": f"/{model.identity}", "clock": self.clock, "tape": Tape()}
        self.station = Station(model, dial=self.dial, **how)

    async def dial(self):
        """A stream to the CSMS."""
        self.dialled_at.append(self.clock.passed_s())
        if self.down:
            raise OSError("nobody there")
        ours, theirs = trio.testing.memory_stream_pair()
        self.nursery.start_soon(self.csms.serve, theirs)
        return ours

    async def ask(self, action, payload):
        """A CALL of the CSMS; returns the payload of its answer, or the code of its CALLERROR."""
        before = len(self.side.tape.heard)
        self.csms.ask(self.station.model.identity, action, payload)
        await self.side.outbox.emptied()
        answers = [json.loads(one.text) for one in self.side.tape.heard[before:]]
        return next(frame[2] for frame in answers if frame[0] in (3, 4))

    @property
    def side(self):
        """The CSMS's side of the station."""
        return self.csms.sides[self.station.model.identity]

    def said(self, action=None):
        """Payloads of what the station sent, of one action, in order."""
        frames = [json.loads(one.text) for one in self.station.tape.sent]
        return [frame[3] for frame in frames if frame[0] in (2, 6) and action in (None, frame[2])]

    def actions(self):
        """What the station sent, by name."""
        return [frame[2] for one in self.station.tape.sent if (frame := json.loads(one.text))[0] in (2, 6)]


@asynccontextmanager
async def online(visits=(), **features):
    """A line whose station has booted."""
    async with trio.open_nursery() as nursery:
        line = Line(nursery, replace(MODEL, **features))
        nursery.start_soon(line.station.run, tuple(visits))
        await trio.sleep(SETTLED_S)
        assert line.station.online
        yield line
        nursery.cancel_scope.cancel()
