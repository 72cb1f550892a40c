"""P4 under any interleaving: a station and a CSMS that come and go, a disk that takes its time, a box that restarts.

The machine plays the edge: it carries out commands, and decides when the disk works, when a link is cut and what the
CSMS answers. `outage_model` judges every step; at the end the CSMS is back and everything must drain.
"""

import json
from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing import (
    Accept,
    Close,
    Command,
    Dial,
    Event,
    Forget,
    FrameArrived,
    Instant,
    Leg,
    LegLost,
    LinkId,
    Pause,
    ReadingStopped,
    Refuse,
    Resume,
    Router,
    Send,
    StationArrived,
    StationPolicy,
    UpstreamAccepted,
    UpstreamFailed,
    UpstreamRefused,
    WakeAt,
    Woke,
)
from routing.carrying.authorizations import Authorizations
from routing.commands import Bury, Delivered, Fetch, Keep, Remember
from routing.events import BacklogFound
from routing.policy import OutagePolicy
from tests.properties.outage_model import CALL_S, Csms, Disk, Station, payload_of

ATTEMPTS = 2
BOOT = '{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}'
STEPS_TO_DRAIN = 3000
SOMETIMES = st.sampled_from([False, False, False, True])
TROUBLES = st.sampled_from(
    [
        "the station is cut", "it comes anew before its old link is lost", "an old link is lost", "the box restarts",
        "the box lets everybody go",
    ]
)  # fmt: skip
SAID = st.sampled_from(["begin", "begin", "go on", "go on", "end", "end", "status", "ask", "authorize", "boot"])


class OutageMachine(RuleBasedStateMachine):
    """One station, one router, one journal, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.links = 0
        self.alarms: list[tuple[float, LinkId]] = []
        self.events: deque[Event] = deque()
        self.dialling: list[LinkId] = []
        self.downs: set[LinkId] = set()
        """Links whose down leg is not reported gone."""
        self.paused: set[tuple[LinkId, Leg]] = set()
        self.held: deque[FrameArrived] = deque()
        self.csms_calls = 0
        self.away = False

    # -- the edge

    @initialize(
        version=st.sampled_from(["ocpp2.0.1", "ocpp1.6"]), window=st.sampled_from([1, 1, 3]), new_ids=st.booleans(),
        grace_s=st.sampled_from([0.0, 0.0, 5.0]), boot_again=SOMETIMES, slow=st.booleans(), early=SOMETIMES,
    )  # fmt: skip
    def everything_is_well(
        self, version: str, window: int, new_ids: bool, grace_s: float, boot_again: bool, slow: bool, early: bool
    ) -> None:
        outage = OutagePolicy(
            mode="carry", grace_s=grace_s, boot_again=boot_again, attempts=ATTEMPTS, attempt_interval_s=10.0
        )
        self.policy = StationPolicy(
            csms="main", outage=outage, call_timeout_s=CALL_S, max_waiting=2, max_call_timeouts=0,
            handshake="early" if early else "mirror", hold_s=1.0,
        )  # fmt: skip
        self.slow = slow
        self.station = Station(version, window, new_ids=new_ids)
        self.csms = Csms(self.station)
        self.disk = Disk(self.station, self.csms)
        self.csms.boots.add(BOOT)
        self.box_starts()
        self.comes()
        while not self.csms.sessions:
            self._later(3.0)
            self.csms_decides("accept")
        link = self.station.link
        assert link is not None
        self.happen(FrameArrived(link=link, leg=Leg.STATION, text=f'[2,"boot","BootNotification",{BOOT}]'))
        self.csms_answers("good", "Accepted", False)
        self.disk_works(9, "does")
        assert self.disk.durable.facts["accepted"]

    def box_starts(self) -> None:
        self.router = Router(
            lambda _identity: self.policy,
            own_key=b"key",
            uniform=lambda: 0.25,
            authorizations=Authorizations(b"k" * 32, unknown="accept"),
            invent=self.disk.invent,
        )
        self.router.common.clock.set(unix_offset_s=1_790_000_000.0, synchronised=True)
        self.router.common.replay.per_s = 1.0 if self.slow else 0.0

    def happen(self, *events: Event) -> None:
        """Let this happen, and what it leads to; each event is handled when the last one is through."""
        self.events += events
        while self.events:
            for command in self.router.handle(self.events.popleft(), Instant(self.now)):
                self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        link = command.link
        match command:
            case Send(leg=Leg.STATION):
                self._to_station(link, command.text)
            case Send():
                self._to_csms(link, command.text)
            case Dial() if self.away:
                self.events.append(UpstreamFailed(link=link, reason="no route"))
            case Dial():
                self.dialling.append(link)
            case Accept() if link == self.station.link:
                self.station.is_in = True
            case Refuse():
                self.downs.discard(link)
                self._station_lost(link)
            case Close():
                self._close(link, command.leg)
            case Forget():
                assert link not in self.downs
                assert link not in self.csms.sessions
            case WakeAt():
                self.alarms.append((command.at, link))
            case Pause():
                self.paused.add((link, command.leg))
            case Resume():
                self.paused.discard((link, command.leg))
                self._thaw()
            case Keep() | Fetch() | Delivered() | Bury() | Remember():
                self.disk.asked(command, ATTEMPTS)
            case _:
                pass

    def _thaw(self) -> None:
        held, self.held = self.held, deque()
        for frame in held:
            self._from_station(frame)

    def _from_station(self, frame: FrameArrived) -> None:
        if (frame.link, Leg.STATION) in self.paused:
            self.held.append(frame)
        elif frame.link in self.downs:
            self.events.append(frame)

    def _close(self, link: LinkId, leg: Leg) -> None:
        if leg is Leg.STATION:
            if link in self.downs:
                self.events.append(LegLost(link=link, leg=leg, reason=""))
            self.downs.discard(link)
            self._station_lost(link)
        elif link in self.dialling:
            self.dialling.remove(link)
        elif link in self.csms.sessions:
            self.csms.gone(link)
            self.events.append(LegLost(link=link, leg=leg, reason=""))

    def _station_lost(self, link: LinkId) -> None:
        if link == self.station.link:
            self.station.cut()

    def _to_station(self, link: LinkId, text: str) -> None:
        if link != self.station.link:
            return
        frame = json.loads(text)
        if frame[0] == 2:
            patience_s = CALL_S if frame[1][0] == "c" else self.policy.own_call_timeout_s
            assert all(asked[0] != link or self.now >= asked[4] for asked in self.station.asked), "second CALL out"
            self.station.asked.append((link, frame[1], frame[2], payload_of(text), self.now + patience_s))
            return
        said = self.station.hears(frame[1], frame[2] if frame[0] == 3 else None)
        if said is not None and said.transaction is not None:
            safe = said.serial in self.disk.on_disk or said.serial in self.csms.accepted
            assert safe, f"told that {said.action} is delivered, and it is nowhere"

    def _to_csms(self, link: LinkId, text: str) -> None:
        frame = json.loads(text)
        if frame[0] == 2:
            self.csms.hears(link, frame[1], frame[2], payload_of(text), self.now, self.disk)
        else:
            assert frame[1].startswith("c"), "an answer to a question the CSMS never asked"

    # -- the station

    def comes(self) -> None:
        self.links += 1
        link = LinkId(self.links)
        self.station.cut()
        self.station.link = link
        self.downs.add(link)
        offer = (self.station.version,)
        self.happen(StationArrived(link=link, identity="CS", offer=offer, known=self.disk.known()))

    @rule(what=TROUBLES)
    def trouble(self, what: str) -> None:
        link = self.station.link
        if what == "the station is cut" and link is not None:
            self.station.cut()
            self._old_leg_is_lost(link)
        elif what == "it comes anew before its old link is lost" or link is None:
            self.comes()
        elif what == "an old link is lost" and self.downs - {link}:
            self._old_leg_is_lost(min(self.downs - {link}))
        elif what == "the box restarts":
            self.box_restarts()
        elif what == "the box lets everybody go":
            for one in sorted(self.downs):
                self.happen(ReadingStopped(link=one, reason="stop", code=1001))

    def _old_leg_is_lost(self, link: LinkId) -> None:
        if link in self.downs:
            self.downs.discard(link)
            self.happen(LegLost(link=link, leg=Leg.STATION, reason=""))

    @rule(whats=st.lists(SAID, min_size=1, max_size=4))
    def station_says(self, whats: list[str]) -> None:
        for what in whats:
            self._station_says(what)
        self._station_speaks()

    def _station_says(self, what: str) -> None:
        station = self.station
        if what == "boot":
            boot = BOOT[:-1] + f',"n":{len(station.all)}}}'
            self.csms.boots.add(boot)
            station.say("BootNotification", boot)
        elif what == "begin":
            station.begin()
        elif what in ("go on", "end") and station.running:
            (station.go_on if what == "go on" else station.end)(station.running[-1])
        elif what == "status":
            station.say("StatusNotification", '{"connectorId":1,"evseId": 1,"n":SERIAL}')
        elif what == "ask":
            station.say("Heartbeat", '{"n":SERIAL}')
        elif what == "authorize":
            station.say("Authorize", '{"idToken":{"idToken":"A","type":"ISO14443"},"idTag":"A","n":SERIAL}')

    def _station_speaks(self) -> None:
        while (said := self.station.next(self.now)) is not None:
            link = self.station.link
            assert link is not None
            self._from_station(FrameArrived(link=link, leg=Leg.STATION, text=said.text()))
            self.happen()

    @rule()
    def station_repeats(self) -> None:
        self.station.repeats(self.now)
        self._station_speaks()

    @precondition(lambda self: self.station.asked)
    @rule()
    def station_answers(self) -> None:
        link, message_id, action, payload, _ = self.station.asked.pop(0)
        if action in ("RemoteStopTransaction", "RequestStopTransaction"):
            wanted = json.loads(payload)["transactionId"]
            known = {said.transaction.number for said in self.station.all if said.transaction}
            known |= set(self.disk.memory.aliases)  # kept and delivered, but cut before the station heard its number
            names = {f"t{said.transaction.index}" for said in self.station.all if said.transaction}
            assert wanted in (known if self.station.version == "ocpp1.6" else names)
        self._from_station(FrameArrived(link=link, leg=Leg.STATION, text=f'[3,"{message_id}",{{"status":"Accepted"}}]'))
        self.happen()
        self._station_speaks()

    # -- the CSMS

    @precondition(lambda self: self.dialling)
    @rule(verdict=st.sampled_from(["accept"] * 6 + ["fail", "503", "401"]))
    def csms_decides(self, verdict: str) -> None:
        if not self.dialling:
            return
        link = self.dialling.pop(0)
        if verdict == "accept":
            self.csms.sessions.add(link)
            self.happen(UpstreamAccepted(link=link, subprotocol=self.station.version))
        elif verdict == "fail":
            self.happen(UpstreamFailed(link=link, reason="no route"))
        else:
            self.happen(UpstreamRefused(link=link, status=int(verdict)))
        self._station_speaks()

    @rule(away=st.booleans())
    def csms_is_lost(self, away: bool) -> None:
        """For a moment, or until it is back."""
        self.away = away
        for link in sorted(self.csms.sessions):
            self.csms.gone(link)
            self.happen(LegLost(link=link, leg=Leg.CSMS, reason="reset"))
        while self.dialling and away:
            self.csms_decides("fail")
        self._station_speaks()

    @precondition(lambda self: self.away)
    @rule()
    def csms_is_back(self) -> None:
        self.away = False

    @precondition(lambda self: self.csms.inbox)
    @rule(
        verdict=st.sampled_from(["good", "good", "good", "good", "error", "security", "never"]),
        status=st.sampled_from(["Accepted", "Accepted", "Blocked"]), last=st.booleans(),
    )  # fmt: skip
    def csms_answers(self, verdict: str, status: str, last: bool) -> None:
        asked = self.csms.inbox[-1 if last else 0]
        if verdict == "good":
            text = f'[3,"{asked.message_id}",{json.dumps(self.csms.answer_to(asked, status))}]'
        else:
            self.csms.inbox.remove(asked)
            code = "InternalError" if verdict == "error" else "SecurityError"
            text = f'[4,"{asked.message_id}","{code}","",{{}}]'
        if verdict != "never":
            self.happen(FrameArrived(link=asked.link, leg=Leg.CSMS, text=text))
        self._station_speaks()

    @precondition(lambda self: self.csms.sessions)
    @rule()
    def csms_asks(self) -> None:
        """1.6: it names a transaction by its own number."""
        self.csms_calls += 1
        link = max(self.csms.sessions)
        if self.station.version == "ocpp1.6":
            reals = [s.transaction.real for s in self.station.all if s.begins and s.serial in self.csms.accepted]  # type: ignore[union-attr]
            text = f'"RemoteStopTransaction",{{"transactionId":{reals[-1]}}}' if reals else '"GetLocalListVersion",{}'
        else:
            text = '"GetTransactionStatus",{}'
        if link in self.downs and self.station.is_in:
            self.happen(FrameArrived(link=link, leg=Leg.CSMS, text=f'[2,"c{self.csms_calls}",{text}]'))

    # -- the box

    @precondition(lambda self: self.disk.queue)
    @rule(jobs=st.integers(1, 6), verdict=st.sampled_from(["does"] * 7 + ["fails"]))
    def disk_works(self, jobs: int, verdict: str) -> None:
        for _ in range(min(jobs, len(self.disk.queue))):
            if self.disk.queue:
                self.happen(*self.disk.works(verdict))
                verdict = "does"
        self._station_speaks()

    def box_restarts(self) -> None:
        self.disk.power_cut()
        self.station.cut()
        for links in (self.csms.sessions, self.csms.pending, self.downs, self.paused):
            links.clear()
        for lists in (self.csms.inbox, self.dialling, self.alarms, self.held):
            lists.clear()
        self.box_starts()

    @rule(steps=st.integers(1, 12))
    def all_goes_well(self, steps: int) -> None:
        """Whatever is next, happens."""
        for _ in range(steps):
            self._one_more_step()

    @rule(seconds=st.sampled_from([0.5, 3.0, 11.0, CALL_S + 1.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self._later(seconds)
        self._station_speaks()

    def _later(self, seconds: float) -> None:
        """The edge wakes links at the moments they asked for, never before."""
        until, woken = self.now + seconds, 0
        while due := sorted(alarm for alarm in self.alarms if alarm[0] <= until):
            woken += 1
            assert woken < 500, "a link that wants to be woken all the time"
            self.alarms.remove(due[0])
            self.now = max(self.now, due[0][0])
            self.happen(Woke(link=due[0][1]))
        self.now = until

    @rule()
    def somebody_looks_for_backlogs(self) -> None:
        if self.station.link is not None and self.station.is_in and self.disk.rows:
            self.happen(BacklogFound(link=self.station.link))

    # -- what holds at every moment

    @invariant()
    def what_the_station_was_told_is_somewhere(self) -> None:
        on_disk = {row.item.message_id.strip("'") for row in self.disk.rows}
        for said in self.station.told:
            if said.transaction is not None:
                gone = said.serial in self.csms.accepted or said.serial in self.disk.dead
                assert gone or f"s{said.serial}" in on_disk, f"{said.action} {said.serial} is lost"

    @invariant()
    def tables_are_bounded(self) -> None:
        assert len(self.router) <= len(self.downs | self.csms.sessions)
        for link in self.router._links.values():
            if link._exchange is not None:
                assert link.exchange.carry.pending <= 2 * self.policy.max_waiting + self.station.window + 8
                assert link.exchange.up.waiting + link.exchange.down.waiting <= 64

    # -- at the end the CSMS is there, the disk works, and time passes

    def teardown(self) -> None:
        if not hasattr(self, "disk"):
            return
        self.away = False
        for _ in range(STEPS_TO_DRAIN):
            if not self._one_more_step():
                break
        assert not self.disk.rows, "the backlog never drained"
        assert not self.station.outbox, f"nobody answered {[said.action for said in self.station.outbox]}"
        for said in self.station.told:
            assert said.transaction is None or said.serial in self.csms.accepted | self.disk.dead
        told = [said.serial for said in self.station.told if said.action == "StatusNotification"]
        taken = [serial for serial in self.csms.accepted if self.station.all[serial].action == "StatusNotification"]
        dead = self.disk.dead
        assert not told or told[-1] in dead or max(taken, default=-1) >= told[-1], "the last state never came up"

    def _one_more_step(self) -> bool:
        """True while there is something to do."""
        if self.disk.queue:
            self.disk_works(9, "does")
        elif self.station.link is None:
            self._later(1.0)  # who was turned away does not come again in the same moment
            self.comes()
        elif self.dialling:
            self.csms_decides("accept")
        elif self.csms.inbox:
            self.csms_answers("good", "Accepted", False)
        elif self.station.asked:
            self.station_answers()
        elif self.disk.rows or self.station.outbox:
            self.station_repeats()
            if not (self.disk.queue or self.csms.inbox):
                assert self.alarms, "something waits, and nobody will ever wake up"
                self._later(max(0.0, min(self.alarms)[0] - self.now))
        else:
            return False
        return True


TestOutageMachine = OutageMachine.TestCase
TestOutageMachine.settings = settings(
    max_examples=2 * settings.default.max_examples, stateful_step_count=40, deadline=None
)
