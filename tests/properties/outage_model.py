"""The world around one router during outages, kept as plainly as possible: a station, its CSMS, a disk that takes time.

Each part knows what it was told and what it promised, and complains (`assert`) when the other side of the box does what
nobody said. Nothing here is shared with the router but the values that pass its border.
"""

import json
from dataclasses import dataclass, field

from routing.carrying.items import Alias, Item, Kind, Known, Row
from routing.commands import Bury, Delivered, Fetch, Keep, Remember
from routing.events import Event, Fetched, Kept, NotKept
from routing.values import LinkId

CALL_S = 30.0
FIRST_INVENTED = 2_000_000_000


@dataclass(eq=False)
class Transaction:
    """One transaction of the station. `number` is what a 1.6 station was told; `real` what its CSMS calls it."""

    index: int
    connector: int
    number: int | None = None
    said: int = 0
    over: bool = False
    refused: bool = False

    @property
    def real(self) -> int:
        return 100 + self.index


@dataclass(eq=False)
class Said:
    """One request of the station, in its place in the order of all its requests."""

    serial: int
    action: str
    payload: str
    message_id: str
    transaction: Transaction | None = None
    begins: bool = False
    sent_at: float = 0.0

    def text(self) -> str:
        return f'[2,"{self.message_id}","{self.action}",{self.spelled(None)}]'

    def spelled(self, number: int | None) -> str:
        """The payload; 1.6: with another number of its transaction."""
        if self.transaction is None or "NUMBER" not in self.payload:
            return self.payload
        return self.payload.replace("NUMBER", str(self.transaction.number if number is None else number))

    def may_go_up_as(self, payload: str, *, kept: bool, begin_is_dead: bool) -> bool:
        """What the CSMS may see of it: the same text but for the offline flag and 1.6's numbers."""
        if self.transaction is not None and "NUMBER" in self.payload:
            number = self.transaction.number
            assert number is not None
            invented = number >= FIRST_INVENTED
            real = None if begin_is_dead and invented else self.transaction.real
            return payload == self.spelled(real if invented else None)
        if self.action == "TransactionEvent" and kept:
            return payload == self.payload[:-1] + ',"offline":true}' or payload == self.payload
        return payload == self.payload


class Station:
    """Says things in order, repeats what nobody took, and notes what it was told is delivered."""

    def __init__(self, version: str, window: int, *, new_ids: bool) -> None:
        self.version, self.window, self.new_ids = version, window, new_ids
        self.link: LinkId | None = None
        self.is_in = False
        self.all: list[Said] = []
        self.outbox: list[Said] = []
        self.out: list[Said] = []
        self.told: list[Said] = []
        self.running: list[Transaction] = []
        self.transactions = 0
        self.pending = False
        """The CSMS does not want it yet: it says BootNotifications only (B02)."""
        self.asked: list[tuple[LinkId, str, str, str, float]] = []
        """CALLs of the CSMS or the box that wait for an answer: link, id, action, payload, until when."""

    def say(self, action: str, payload: str, transaction: Transaction | None = None, *, begins: bool = False) -> None:
        serial = len(self.all)
        said = Said(serial, action, payload.replace("SERIAL", str(serial)), f"s{serial}", transaction, begins)
        self.all.append(said)
        self.outbox.append(said)

    def begin(self) -> None:
        connector = self.transactions % 2 + 1
        transaction = Transaction(self.transactions, connector)
        self.transactions += 1
        self.running.append(transaction)
        if self.version == "ocpp1.6":
            start = f'{{"connectorId": {connector},"idTag":"A","meterStart":SERIAL,"timestamp":"2026-11-22T12:00:00Z"}}'
            self.say("StartTransaction", start, transaction, begins=True)
        else:
            self._event(transaction, "Started", ',"idToken":{"idToken":"A","type":"ISO14443"}')

    def go_on(self, transaction: Transaction) -> None:
        if self.version == "ocpp1.6":
            meter = f'{{"connectorId":{transaction.connector}, "transactionId": NUMBER,"meterValue":[],"n":SERIAL}}'
            self.say("MeterValues", meter, transaction)
        else:
            self._event(transaction, "Updated")

    def end(self, transaction: Transaction) -> None:
        self.running.remove(transaction)
        if self.version == "ocpp1.6":
            stop = '{"transactionId": NUMBER,"meterStop":SERIAL,"timestamp":"2026-11-22T13:00:00Z"}'
            self.say("StopTransaction", stop, transaction)
        else:
            self._event(transaction, "Ended")

    def _event(self, transaction: Transaction, kind: str, more: str = "") -> None:
        payload = (
            f'{{"eventType": "{kind}","timestamp":"2026-11-22T12:00:00Z","triggerReason":"MeterValuePeriodic",'
            f'"seqNo":{transaction.said},"n":SERIAL,"transactionInfo":{{"transactionId":"t{transaction.index}"}}{more}}}'
        )
        transaction.said += 1
        self.say("TransactionEvent", payload, transaction, begins=kind == "Started")

    def next(self, now: float) -> Said | None:
        """What it sends now; a 1.6 message needs the number of its transaction first."""
        if not self.is_in or len(self.out) >= self.window:
            return None
        for said in self.outbox:
            if said in self.out or (self.pending and said.action != "BootNotification"):
                continue
            if "NUMBER" in said.payload and said.transaction is not None and said.transaction.number is None:
                return None
            if self.new_ids and said.sent_at:
                said.message_id += "'"
            said.sent_at = now
            self.out.append(said)
            return said
        return None

    def repeats(self, now: float) -> None:
        """It gave up waiting for some answers and says these things again."""
        if any(now - said.sent_at >= CALL_S for said in self.out):
            self.out.clear()

    def hears(self, message_id: str, answer: dict[str, object] | None) -> Said | None:
        """The answer to one request, None for a CALLERROR; the request, if it is the answer it waits for."""
        said = next((one for one in self.out if one.message_id == message_id), None)
        if said is None:
            return None
        self.out.remove(said)
        if said.action == "BootNotification":
            self.pending = answer is None or answer["status"] != "Accepted"
            if self.pending:
                return None
        self.outbox.remove(said)
        transaction = said.transaction
        if answer is None:
            if transaction is not None and said.begins:
                self._drop(transaction)
            return None
        self.told.append(said)
        if said.action == "StartTransaction" and transaction is not None:
            number = answer["transactionId"]
            assert isinstance(number, int)
            transaction.number = number
        return said

    def _drop(self, transaction: Transaction) -> None:
        """Its begin was refused: it did not happen."""
        if self.version == "ocpp1.6":
            self.outbox = [one for one in self.outbox if one.transaction is not transaction]
            if transaction in self.running:
                self.running.remove(transaction)

    def cut(self) -> None:
        self.link, self.is_in = None, False
        self.out.clear()
        self.asked.clear()


@dataclass(eq=False)
class Asked:
    """One CALL that lies before the CSMS."""

    link: LinkId
    message_id: str
    action: str
    said: Said | None
    at: float


class Csms:
    """Hears what comes up, in sessions that come and go."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.sessions: set[LinkId] = set()
        self.inbox: list[Asked] = []
        self.seen: list[int] = []
        """Serials of transaction messages in the order they first came."""
        self.heard: dict[int, int] = {}
        self.accepted: set[int] = set()
        self.boots: set[str] = set()
        self.pending: set[LinkId] = set()
        """Sessions in which the last BootNotification was not accepted."""

    def hears(self, link: LinkId, message_id: str, action: str, payload: str, now: float, disk: "Disk") -> None:
        assert link in self.sessions, "said to nobody"
        for asked in self.inbox:
            assert asked.link != link or now >= asked.at + CALL_S, f"second CALL outstanding: {action}"
        said = None
        if action == "BootNotification":
            assert payload in self.boots, "a BootNotification that the station never sent"
        else:
            said = self._who_said(action, payload, disk)
            kept = any(serial_of(row.item) == said.serial for row in disk.rows)
            assert not (kept and link in self.pending), f"{action} while the registration is pending"
            if message_id[0] == "s":
                assert message_id.strip("'") == f"s{said.serial}"
            self.heard[said.serial] = self.heard.get(said.serial, 0) + 1
            if said.transaction is not None and said.serial not in self.seen:
                self.seen.append(said.serial)
                assert self.seen == sorted(self.seen), f"out of order: {self.seen}"
        self.inbox = [one for one in self.inbox if (one.link, one.message_id) != (link, message_id)]
        self.inbox.append(Asked(link, message_id, action, said, now))

    def _who_said(self, action: str, payload: str, disk: "Disk") -> Said:
        for said in self.station.all:
            dead = said.transaction is not None and any(
                one.begins and one.transaction is said.transaction and one.serial in disk.dead
                for one in self.station.all
            )
            if said.action != action or not self._numbered(said):
                continue
            if said.may_go_up_as(payload, kept=said.serial in disk.ever, begin_is_dead=dead):
                return said
        raise AssertionError(f"the station never said {action} {payload}")

    def _numbered(self, said: Said) -> bool:
        return "NUMBER" not in said.payload or (said.transaction is not None and said.transaction.number is not None)

    def answer_to(self, asked: Asked, status: str) -> dict[str, object]:
        """A good answer."""
        self.inbox.remove(asked)
        said = asked.said
        if said is None:
            self.pending = self.pending - {asked.link} | ({asked.link} if status != "Accepted" else set())
            boot = "Accepted" if status == "Accepted" else "Pending"
            return {"status": boot, "currentTime": "2026-11-22T12:00:00Z", "interval": 600}
        self.accepted.add(said.serial)
        if asked.action == "StartTransaction" and said.transaction is not None:
            return {"idTagInfo": {"status": status}, "transactionId": said.transaction.real}
        if asked.action == "TransactionEvent" and said.begins:
            return {"idTokenInfo": {"status": status}}
        if asked.action == "Authorize":
            return {"idTokenInfo": {"status": status}, "idTagInfo": {"status": status}}
        return {"currentTime": "2026-11-22T12:00:00Z"} if asked.action == "Heartbeat" else {}

    def gone(self, link: LinkId) -> None:
        self.sessions.discard(link)
        self.pending.discard(link)
        self.inbox = [asked for asked in self.inbox if asked.link != link]


Job = Keep | Fetch | Delivered | Bury | Remember


@dataclass
class Memory:
    """What the journal knows of the station, on disk or (sooner) in the box's memory."""

    facts: dict[str, object] = field(default_factory=dict)
    aliases: dict[int, int | None] = field(default_factory=dict)

    def copy(self) -> "Memory":
        return Memory(dict(self.facts), dict(self.aliases))


class Disk:
    """A journal of one station whose work is done later, in order; what is not done yet is lost with the box."""

    def __init__(self, station: Station, csms: Csms) -> None:
        self._station, self._csms = station, csms
        self.queue: list[Job] = []
        self.rows: list[Row] = []
        self.ever: set[int] = set()
        """Serials that were ever on disk or on their way there."""
        self.on_disk: set[int] = set()
        self.dead: set[int] = set()
        self.memory, self.durable = Memory(), Memory()
        self.recent: tuple[Item, ...] = ()
        self._handed = 0
        self._numbers = 0
        self._invented = FIRST_INVENTED

    def invent(self) -> int:
        self._invented += 1
        return self._invented

    def known(self) -> Known:
        waiting = len(self.rows) + sum(isinstance(job, Keep) for job in self.queue)
        aliases = tuple(Alias(local=local, real=real) for local, real in self.memory.aliases.items())
        facts = dict(self.memory.facts)
        return Known(waiting=waiting, aliases=aliases, recent=self.recent, trusted=True, **facts)  # type: ignore[arg-type]

    def asked(self, job: Job, attempts: int) -> None:
        """The router wants this done."""
        self.queue.append(job)
        if isinstance(job, Keep):
            self.ever.add(serial_of(job.item))
        elif isinstance(job, Delivered):
            self._may_go(job)
            if job.alias is not None:
                self.memory.aliases[job.alias.local] = job.alias.real
        elif isinstance(job, Bury):
            heard = self._csms.heard.get(serial_of(self._row(job.row).item), 0)
            assert job.code == "TransactionUnknown" or heard >= attempts, "given up too soon"
        elif isinstance(job, Remember):
            self.memory.facts |= _facts(job)

    def _may_go(self, job: Delivered) -> None:
        item = self._row(job.row).item
        taken = item.action == "BootNotification" or serial_of(item) in self._csms.accepted
        assert taken, "removed before the CSMS took it"

    def _row(self, number: int) -> Row:
        (row,) = [row for row in self.rows if row.number == number]
        return row

    def works(self, verdict: str) -> list[Event]:
        """The next job is done, or (`fails`) cannot be."""
        job = self.queue.pop(0)
        if isinstance(job, Keep):
            return [*self._keep(job, verdict)]
        if isinstance(job, Fetch):
            if verdict == "fails" and self.rows:
                return [Fetched(link=job.link, row=None, waiting=len(self.rows))]
            row = self.rows[0] if self.rows else None
            self._handed = row.number if row is not None else 0
            whose = frozenset(row.item.transaction for row in self.rows if row.item.transaction)
            return [Fetched(link=job.link, row=row, waiting=len(self.rows), transactions=whose)]
        if isinstance(job, Remember):
            self.durable.facts |= _facts(job)
        else:
            self._goes(job)
        return []

    def _keep(self, job: Keep, verdict: str) -> list[Event]:
        if verdict == "fails":
            failed = [job, *(one for one in self.queue if isinstance(one, Keep))]
            self.queue = [one for one in self.queue if not isinstance(one, Keep)]
            return [NotKept(link=one.link, ticket=one.ticket) for one in failed]
        item = job.item
        if item.merge:
            self.rows = [row for row in self.rows if row.item.merge != item.merge or row.number == self._handed]
        self._numbers += 1
        self.rows.append(Row(number=self._numbers, item=item))
        self.on_disk.add(serial_of(item))
        if item.invented is not None:
            self.durable.aliases.setdefault(item.invented, None)
            self.memory.aliases.setdefault(item.invented, None)
        return [Kept(link=job.link, ticket=job.ticket, row=self._numbers)]

    def _goes(self, job: Delivered | Bury) -> None:
        assert self.rows[0].number == job.row, "only the oldest may go"
        row = self.rows.pop(0)
        if isinstance(job, Bury):
            self.dead.add(serial_of(row.item))
        elif job.alias is not None:
            self.durable.aliases[job.alias.local] = job.alias.real
        if not self.rows:
            self.recent = ()

    def power_cut(self) -> None:
        """What was not done is lost; what is on disk is read again."""
        self.queue.clear()
        self.memory = self.durable.copy()
        self.recent = tuple(row.item for row in self.rows if row.item.kind is not Kind.LATEST)[-32:]
        self._handed = 0


def serial_of(item: Item) -> int:
    """Which of the station's requests this is; -1 for a BootNotification."""
    return int(item.message_id.strip("'")[1:]) if item.message_id[0] == "s" else -1


def _facts(job: Remember) -> dict[str, object]:
    names = ("accepted", "subprotocol", "boot", "heartbeat_s")
    return {name: getattr(job, name) for name in names if getattr(job, name) is not None}


def payload_of(text: str) -> str:
    """The exact payload in a CALL's text."""
    at = 0
    for _ in range(3):
        at = text.index(",", at) + 1
    json.loads(text)
    return text[at:-1]
