"""A play with a journal: what the router wants kept is kept, and handed back in order, as the edge does it.

away().when(station(call("1", "Heartbeat"))).down        what a station hears while its CSMS is away
"""

from typing import Any

import msgspec

from routing import Command, Dial, Event, Instant, LinkId, Send, StationArrived
from routing.carrying.items import Item, Known, Row
from routing.commands import Bury, Delivered, Fetch, Keep, Remember
from routing.events import Fetched, Kept, NotKept
from routing.policy import OutagePolicy
from routing.values import Leg
from tests.routing.playbook import L1, V16, V201, Play, accepted, call, csms, csms_lost, result, station

BOOT = '{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}'
BOOTED = '{"status":"Accepted","currentTime":"2026-11-22T12:00:00Z","interval":600}'
REDIAL_S = 3.0
"""After this long every back-off of these tests is over."""


class Cupboard(Play):
    """One station, one router, and a journal that is as good as a disk unless it is `full`, `slow` or `unreadable`.

    A slow one does what is asked of it when it `works`. `policy` is for the rest of the station's policy.
    """

    def __init__(
        self,
        known: Known | None = None,
        *,
        rows: list[Row] | None = None,
        policy: dict[str, Any] | None = None,
        **outage: Any,
    ) -> None:
        super().__init__(outage=OutagePolicy(**{"mode": "carry", **outage}), **(policy or {}))
        self.router.common.invent = self._invent
        self.known = known or Known()
        self.rows: list[Row] = rows or []
        self.dead: list[Bury] = []
        self.notes: list[Remember] = []
        self.full = self.slow = self.unreadable = False
        self._asked: list[Command] = []
        self._number = len(self.rows)
        self._invented = 2_000_000_000

    def _invent(self) -> int:
        self._invented += 1
        return self._invented

    def when(self, *events: Event) -> "Cupboard":
        """Let these happen, and let the journal do at once what is asked of it."""
        self.commands = []
        waiting = list(events)
        while waiting:
            commands = self.router.handle(waiting.pop(0), Instant(self.now))
            self.commands += commands
            waiting = [event for command in commands for event in self._asks(command)] + waiting
        return self

    def works(self, jobs: int = 1000) -> "Cupboard":
        """The slow journal does what it was asked, the oldest first."""
        asked, self._asked = self._asked[:jobs], self._asked[jobs:]
        return self.when(*(event for command in asked for event in self._journal(command)))

    def _asks(self, command: Command) -> list[Event]:
        if self.slow and isinstance(command, Keep | Fetch | Delivered | Bury):
            self._asked.append(command)
            return []
        return self._journal(command)

    def given(self, *events: Event) -> "Cupboard":
        return self.when(*events)

    def _journal(self, command: Command) -> list[Event]:
        match command:
            case Keep():
                return [self._keep(command)]
            case Fetch():
                row = self.rows[0] if self.rows and not self.unreadable else None
                whose = frozenset(row.item.transaction for row in self.rows if row.item.transaction)
                return [Fetched(link=command.link, row=row, waiting=len(self.rows), transactions=whose)]
            case Delivered() | Bury():
                assert self.rows[0].number == command.row, "only the oldest may go"
                self.rows.pop(0)
                if isinstance(command, Bury):
                    self.dead.append(command)
            case Remember():
                self.notes.append(command)
        return []

    def _keep(self, command: Keep) -> Event:
        if self.full:
            return NotKept(link=command.link, ticket=command.ticket)
        item = command.item
        self.rows = [row for row in self.rows if not item.merge or row.item.merge != item.merge]
        self._number += 1
        self.rows.append(Row(number=self._number, item=item))
        return Kept(link=command.link, ticket=command.ticket, row=self._number)

    @property
    def kept(self) -> list[Item]:
        return [row.item for row in self.rows]

    @property
    def up(self) -> list[str]:
        """What just went to the CSMS."""
        return [c.text for c in self.commands if isinstance(c, Send) and c.leg is Leg.CSMS]

    @property
    def down(self) -> list[str]:
        """What just went to the station."""
        return [c.text for c in self.commands if isinstance(c, Send) and c.leg is Leg.STATION]

    def answer(self, payload: str = "{}") -> "Cupboard":
        """The CSMS takes what it was just sent."""
        (text,) = self.up
        return self.when(csms(result(msgspec.json.decode(text)[1], payload)))


def met(version: str = V201, known: Known | None = None, rows: list[Row] | None = None, **outage: Any) -> Cupboard:
    """A station that its CSMS has accepted, so that the time is known too."""
    play = Cupboard(known, rows=rows, **outage)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(version,), known=play.known), accepted(version))
    return play.given(station(call("b", "BootNotification", BOOT)), csms(result("b", BOOTED)))


def away(version: str = V201, **outage: Any) -> Cupboard:
    """The same station after its CSMS was lost."""
    return met(version, **outage).given(csms_lost())


def back(play: Cupboard, version: str = V201, link: LinkId = L1) -> Cupboard:
    """The CSMS is there again."""
    play.after(REDIAL_S, link)
    assert any(isinstance(command, Dial) for command in play.commands)
    return play.when(accepted(version, link))


def said(play: Cupboard, message_id: str, action: str, payload: str) -> Cupboard:
    """The station says something."""
    return play.when(station(call(message_id, action, payload)))


def ids(play: Cupboard) -> list[str]:
    """Message ids of what just went up."""
    return [msgspec.json.decode(text)[1] for text in play.up]


def drained(play: Cupboard) -> list[list[Any]]:
    """Every frame that goes up, the CSMS taking each, until nothing is left."""
    frames = []
    while play.up:
        frames.append(msgspec.json.decode(play.up[0]))
        play.answer()
    return frames


def event(transaction: str, number: int, kind: str = "Updated", more: str = "") -> str:
    """A TransactionEvent's payload."""
    return (
        f'{{"eventType":"{kind}","timestamp":"2026-11-22T12:00:00Z","triggerReason":"MeterValuePeriodic",'
        f'"seqNo":{number},"transactionInfo":{{"transactionId":"{transaction}"}}{more}}}'
    )


def stop_16(transaction: int, meter: int = 9) -> str:
    """A 1.6 StopTransaction's payload."""
    return f'{{"transactionId":{transaction},"meterStop":{meter},"timestamp":"2026-11-22T13:00:00Z"}}'


def start_16(tag: str = "TAG", meter: int = 0) -> str:
    """A 1.6 StartTransaction's payload."""
    return f'{{"connectorId":1,"idTag":"{tag}","meterStart":{meter},"timestamp":"2026-11-22T12:00:00Z"}}'


__all__ = [
    "BOOT", "BOOTED", "REDIAL_S", "V16", "Cupboard", "away", "back", "drained", "event", "ids", "met", "said",
    "start_16", "stop_16",
]  # fmt: skip
