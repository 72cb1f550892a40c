"""A board with the real router, a CSMS, and stations that answer what they are told to."""

import json
import random

import trio

from localctl.demo.wire import Gone
from localctl.simulate.board import Board
from localctl.simulate.cable import Lag
from localctl.simulate.csms import SimCsms
from localctl.simulate.mail import Mail
from routing.policy import StationPolicy
from routing.router import Router


def router():
    policy = StationPolicy(csms="one", own_call_timeout_s=15.0)
    return Router(lambda _: policy, own_key=b"k", uniform=random.Random(1).random)


class Site:
    def __init__(self, nursery, **options):
        self.mail, self.seen = Mail(), []
        self.csms = SimCsms(self.mail, lambda: "2026-06-01T00:00:00Z")
        self.board = Board(
            router(), self.mail, self.csms, lambda _link, what, _now: self.seen.append(what),
            lag=lambda _: Lag(to_peer_s=0.1, to_box_s=0.1), **options,
        )  # fmt: skip
        self.nursery = nursery
        nursery.start_soon(self.mail.run)

    async def station(self, identity="S1", version="ocpp2.0.1", answer=None):
        """A station that is let in, says that it boots, and answers every CALL with `answer` (None: not at all)."""
        line = await self.board.dial(identity, (version,))
        heard = []

        async def listen():
            try:
                while True:
                    text = await line.receive()
                    heard.append(json.loads(text))
                    if heard[-1][0] == 2 and answer is not None:
                        await line.send(json.dumps([3, heard[-1][1], answer]))
            except Gone as why:
                heard.append(str(why))

        self.nursery.start_soon(listen)
        await line.send(json.dumps([2, "boot", "BootNotification", {"reason": "PowerUp", "chargingStation": {}}]))
        await trio.sleep(1)
        return line, heard

    def kinds(self):
        return [type(what).__name__ for what in self.seen]
