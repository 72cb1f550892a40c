"""The CSMS is back and 500 stations have 20 kept messages each: they go up at the rate, nobody else waits for them."""

import heapq
import json
import random
from itertools import count

from routing import Dial, Instant, Leg, LinkId, Router, Send, StationArrived, StationPolicy, WakeAt, Woke
from routing.carrying.items import Item, Kind, Known, Row
from routing.commands import Delivered, Fetch
from routing.events import Fetched
from routing.policy import OutagePolicy
from tests.routing.carrying.cupboard import event
from tests.routing.playbook import KEY, V201, accepted, call, csms, result, station

BACKLOGS, MESSAGES, OTHERS, RATE = 500, 20, 50, 50.0
ANSWERS_S = 0.05
KEPT, KIND = "TransactionEvent", Kind.TRANSACTION


class Morning:
    """All stations arrive in the first second; the first `BACKLOGS` of them have something waiting."""

    def __init__(self):
        self.rng = random.Random(1)
        policy = StationPolicy(csms="main", outage=OutagePolicy(mode="carry"))
        self.router = Router(lambda identity: policy, own_key=KEY, uniform=self.rng.random)
        self.router.common.replay.per_s = RATE
        self.router.common.clock.set(unix_offset_s=0.0, synchronised=True)
        self.heap, self.turns = [], count()
        self.rows = {LinkId(n): self.backlog(n) for n in range(1, BACKLOGS + 1)}
        self.kept_at, self.order, self.said_at, self.delays_s = [], {}, {}, []
        for number in range(1, BACKLOGS + OTHERS + 1):
            known = Known(accepted=True, subprotocol=V201, waiting=len(self.rows.get(LinkId(number), ())))
            link = LinkId(number)
            self.at(self.rng.random(), StationArrived(link=link, identity=f"S{number}", offer=(V201,), known=known))
            for beat in range(1, 20):
                self.at(2.0 + 10.0 * beat + self.rng.random(), ("beats", link, f"live-{beat}"))

    @staticmethod
    def backlog(station_number):
        transaction = f"T{station_number}"
        kinds = ("Started", *["Updated"] * (MESSAGES - 2), "Ended")
        said = [event(transaction, number, kind) for number, kind in enumerate(kinds)]
        items = [Item(kind=KIND, action=KEPT, message_id=f"kept-{n}", payload=each) for n, each in enumerate(said)]
        return [Row(number=n, item=item) for n, item in enumerate(items)]

    def at(self, when, what):
        heapq.heappush(self.heap, (when, next(self.turns), what))

    def run(self, until):
        while self.heap and self.heap[0][0] <= until:
            now, _, what = heapq.heappop(self.heap)
            if isinstance(what, tuple):
                _, link, number = what
                self.said_at[link, number] = now
                what = station(call(number), link)
            for command in self.router.handle(what, Instant(now)):
                self.carry_out(command, now)
        return self

    def carry_out(self, command, now):
        match command:
            case WakeAt():
                self.at(max(now, command.at), Woke(link=command.link))
            case Dial():
                self.at(now + ANSWERS_S, accepted(V201, command.link))
            case Fetch():
                rows = self.rows.get(command.link, [])
                row = rows[0] if rows else None
                self.at(now, Fetched(link=command.link, row=row, waiting=len(rows), transactions=frozenset()))
            case Delivered():
                assert self.rows[command.link].pop(0).number == command.row
            case Send() if command.leg is Leg.CSMS:
                self.heard(command.link, json.loads(command.text), now)

    def heard(self, link, message, now):
        """The CSMS takes everything."""
        _, number, action, _ = message
        if action == KEPT:
            self.kept_at.append(now)
            self.order.setdefault(link, []).append(number)
        else:
            self.delays_s.append((now - self.said_at[link, number], link))
        self.at(now + ANSWERS_S, csms(result(number), link))


def test_p4_a_backlog_of_500_stations_goes_up_at_the_rate_in_order_and_holds_nobody_up():
    morning = Morning().run(until=300.0)
    assert len(morning.kept_at) == BACKLOGS * MESSAGES
    assert all(order == [f"kept-{n}" for n in range(MESSAGES)] for order in morning.order.values())
    window, most = [], 0
    for at in morning.kept_at:
        window = [*(one for one in window if one > at - 1.0), at]
        most = max(most, len(window))
    assert most <= RATE + 2
    assert morning.kept_at[-1] <= BACKLOGS * MESSAGES / RATE + 10.0
    assert len(morning.delays_s) == (BACKLOGS + OTHERS) * 19
    assert max(delay_s for delay_s, link in morning.delays_s if link > BACKLOGS) == 0.0, "others' messages pass at once"
    assert max(delay_s for delay_s, _ in morning.delays_s) <= ANSWERS_S + 1e-6, "their own wait for one answer at most"
