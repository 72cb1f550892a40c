"""P1 under any interleaving: frames of both peers, losses, newer connections, deadlines, own CALLs and follow-ups.

The machine plays station, CSMS and edge; `LinkModel` judges every step.
"""

import json

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing import (
    Command,
    Event,
    FollowUp,
    Forget,
    FrameArrived,
    Instant,
    Leg,
    LegLost,
    LinkId,
    LinkLost,
    LinkOpened,
    Observe,
    OwnCallAsked,
    Priority,
    Router,
    StationArrived,
    StationPolicy,
    UpstreamAccepted,
    UpstreamFailed,
    UpstreamRefused,
    WakeAt,
    Woke,
)
from tests.properties.link_model import OWN_TIMEOUT_S, TIMEOUT_S, LinkModel, Said

IDS = st.sampled_from(["1", "2", "3"])
LEGS = st.sampled_from(list(Leg))
FORMS = st.sampled_from(["call", "call", "call", "send", "broken", "boot"])
STATUSES = st.sampled_from(["Accepted", "Accepted", "Accepted", "Pending"])
PULL, PULLED = "PullDynamicScheduleUpdate", '{"status":"Rejected"}'
COMPLAINT = '[4,"-1","X","",{}]'
BABBLE = ("", "{}", "[2,", "[3,{", "[9,1]", '[5,"never","X","",{}]', '"2"', COMPLAINT)
SOMETIMES = st.sampled_from([False, False, True])
RARELY = st.sampled_from([False] * 7 + [True])
POLICY = StationPolicy(
    csms="main", call_timeout_s=TIMEOUT_S, own_call_timeout_s=OWN_TIMEOUT_S, max_waiting=2, max_call_timeouts=0
)


def about_the_box(action: str, payload: bytes) -> str | None:
    """The box's own answer to a station that asks for what the box itself put there."""
    return PULLED if action == PULL and b"2000000000" in payload else None


class LinkMachine(RuleBasedStateMachine):
    """One station identity, one router, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.router = Router(lambda identity: POLICY, own_key=b"key", uniform=lambda: 0.25, own_answer=about_the_box)
        self.now = 0.0
        self.serial = 0
        self.alarms: list[tuple[float, LinkId]] = []
        self.dialling: list[LinkId] = []
        self.closing: dict[LinkId, set[Leg]] = {}
        self.link = LinkId(0)
        self.model: LinkModel | None = None
        self.old_own_ids: set[str] = set()
        self.reported: list[int] = []
        """Requests of the box whose last report has come: any further one is the CSMS's."""
        self.last_answer: tuple[Leg, str] | None = None

    def happen(self, event: Event) -> None:
        """Tell the router, let the model judge, carry out what the edge would."""
        before, link_before = self.model, self.link
        commands = self.router.handle(event, Instant(self.now))
        for command in commands:
            self._carry_out(command)
        if before is not None:
            mine = [command for command in commands if command.link == link_before]
            before.check(mine, self.now, over=self.model is not before)
        if self.model is not None and self.model is not before:
            self.model.check([command for command in commands if command.link == self.link], self.now)

    def _carry_out(self, command: Command) -> None:
        match command:
            case WakeAt():
                self.alarms.append((command.at, command.link))
            case Observe(what=LinkOpened()):
                self.link, self.model = command.link, LinkModel()
                self.dialling.remove(command.link)
            case Observe(what=LinkLost()):
                self._lost(command.link)
            case Forget():
                self.closing.pop(command.link, None)
                if command.link in self.dialling:
                    self.dialling.remove(command.link)
            case _:
                pass

    def _lost(self, link: LinkId) -> None:
        """The open link is over: its books must balance, and both legs will be reported."""
        assert link == self.link
        assert self.model is not None
        self.closing.setdefault(link, set(Leg))
        self.old_own_ids |= self.model.own_ids
        self.over, self.model = self.model, None

    @property
    def open(self) -> bool:
        return self.model is not None

    @initialize()
    def link_opens(self) -> None:
        self.station_comes()
        self.happen(UpstreamAccepted(link=self.dialling[0], subprotocol="ocpp2.1"))

    @precondition(lambda self: len(self.dialling) < 2)
    @rule(now=SOMETIMES)
    def station_arrives(self, now: bool) -> None:
        if now or not self.open:
            self.station_comes()

    def station_comes(self) -> None:
        self.serial += 1
        link = LinkId(self.serial)
        self.dialling.append(link)
        self.happen(StationArrived(link=link, identity="CS", offer=("ocpp2.1",)))

    @precondition(lambda self: self.dialling)
    @rule(verdict=st.sampled_from(["accept", "accept", "accept", "refuse", "fail"]), newest=st.booleans())
    def csms_decides(self, verdict: str, newest: bool) -> None:
        link = self.dialling[-1 if newest else 0]
        if self.router._links[link].state.name != "DIALLING":
            return
        replaces, old = self.model is not None, self.model
        if verdict == "accept":
            self.happen(UpstreamAccepted(link=link, subprotocol="ocpp2.1"))
            assert self.link == link
            if replaces:
                assert self.over is old
                self._balance()
        elif verdict == "refuse":
            self.happen(UpstreamRefused(link=link, status=401))
        else:
            self.happen(UpstreamFailed(link=link, reason="no route"))
        if verdict != "accept":
            assert self.model is old, "a refused newcomer harmed the open link"

    @precondition(lambda self: self.open)
    @rule(sender=LEGS, burst=st.lists(st.tuples(IDS, FORMS), min_size=1, max_size=4))
    def peer_calls(self, sender: Leg, burst: list[tuple[str, str]]) -> None:
        """One CALL or several in one go, whatever still waits."""
        for message_id, form in burst:
            self._peer_calls(sender, message_id, form)

    def _peer_calls(self, sender: Leg, message_id: str, form: str) -> None:
        model = self.model
        assert model is not None
        if len(model.towards[sender.other].waiting) > 8:
            return
        self.serial += 1
        text = {
            "call": f'[2,"{message_id}","DataTransfer",{{"n":{self.serial}}}]',
            "send": f'[6,"{message_id}","NotifyPeriodicEventStream",{{"n":{self.serial}}}]',
            "broken": f'[2,"{message_id}","DataTransfer",{{"n":{self.serial},}}]',
            "boot": f'[2, "{message_id}", "BootNotification", {{"n":{self.serial}}}]',
        }[form]
        model.calls(sender, Said(text, message_id, is_call=form != "send"))
        self.happen(FrameArrived(link=self.link, leg=sender, text=text))

    @precondition(lambda self: self.open)
    @rule(answerer=LEGS, good=st.booleans(), status=STATUSES)
    def peer_answers_what_is_open(self, answerer: Leg, good: bool, status: str) -> None:
        assert self.model is not None
        said = self.model.towards[answerer].out
        if said is not None:
            self._peer_answers(answerer, said.message_id, good, status)

    @precondition(lambda self: self.open and any(d.expired for d in self.model.towards.values()))
    @rule(good=st.booleans(), status=STATUSES)
    def peer_answers_late(self, good: bool, status: str) -> None:
        assert self.model is not None
        answerer = next(leg for leg, direction in self.model.towards.items() if direction.expired)
        self._peer_answers(answerer, next(iter(self.model.towards[answerer].expired)), good, status)

    @precondition(lambda self: self.open and self.last_answer is not None)
    @rule()
    def peer_answers_again(self) -> None:
        assert self.last_answer is not None
        self._peer_answers(*self.last_answer, good=True, status="Accepted")

    @precondition(lambda self: self.open)
    @rule(data=st.data(), answerer=LEGS, good=st.booleans(), status=STATUSES)
    def peer_answers(self, data: st.DataObject, answerer: Leg, good: bool, status: str) -> None:
        """An id that expired, an own one of any age, or any other."""
        model = self.model
        assert model is not None
        expired = sorted(model.towards[answerer].expired)
        ids = ["1", "2", "3", "never", *expired, *expired, *sorted(model.own_ids | self.old_own_ids)]
        self._peer_answers(answerer, data.draw(st.sampled_from(ids)), good, status)

    def _peer_answers(self, answerer: Leg, message_id: str, good: bool, status: str) -> None:
        model = self.model
        assert model is not None
        self.serial += 1
        self.last_answer = answerer, message_id
        text = (
            f'[3,"{message_id}",{{"status":"{status}","n":{self.serial}}}]'
            if good
            else f'[4,"{message_id}","GenericError","{self.serial}",{{}}]'
        )
        said = model.answer_belongs(answerer, message_id, self.now)
        if said is not None and said.token is None:
            model.allowed.append((answerer.other, text))
        if said is not None and said.token is not None and not (good and status == "Accepted"):
            model.due.pop(said.token, None)
        self.happen(FrameArrived(link=self.link, leg=answerer, text=text))

    @precondition(lambda self: self.open)
    @rule(sender=LEGS, text=st.sampled_from(BABBLE))
    def peer_babbles(self, sender: Leg, text: str) -> None:
        assert self.model is not None
        if text in ("", "{}", "[2,", '"2"'):
            self.model.allowed.append((sender, '[4,"-1","RpcFrameworkError","message type or id is not readable",{}]'))
        if text == COMPLAINT and self.model.may_be_complained_of(sender):
            self.model.allowed.append((sender.other, text))
        self.happen(FrameArrived(link=self.link, leg=sender, text=text))

    @precondition(lambda self: self.open)
    @rule(priority=st.sampled_from(list(Priority)), follow=SOMETIMES.map(lambda no: not no))
    def box_asks(self, priority: Priority, follow: bool) -> None:
        model = self.model
        assert model is not None
        self.serial += 1
        token = self.serial
        model.own_ends[token] = []
        model.own_asked[token] = priority is Priority.ROUTINE
        follow_up = FollowUp(action="NotifyReport", request_id=token, within_s=100.0) if follow else None
        if follow:
            model.due[token] = self.now + 99.0
        self.happen(
            OwnCallAsked(
                link=self.link,
                token=token,
                action="GetBaseReport",
                payload=f'{{"own":{token}}}',
                priority=priority,
                follow_up=follow_up,
            )
        )

    @precondition(lambda self: self.open)
    @rule(profile=st.sampled_from([7, 2_000_000_000]))
    def station_pulls(self, profile: int) -> None:
        """What is about the box's own profile stays here, what is about the CSMS's must go on."""
        model = self.model
        assert model is not None
        self.serial += 1
        message_id = f"p{self.serial}"
        text = f'[2,"{message_id}","{PULL}",{{"chargingProfileId":{profile}}}]'
        if profile == 7:
            model.calls(Leg.STATION, Said(text, message_id, is_call=True))
        else:
            model.allowed.append((Leg.STATION, f'[3,"{message_id}",{PULLED}]'))
        self.happen(FrameArrived(link=self.link, leg=Leg.STATION, text=text))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), tbc=st.booleans())
    def station_reports(self, data: st.DataObject, tbc: bool) -> None:
        """A report for the box must stay here, one for the CSMS must go on."""
        model = self.model
        assert model is not None
        direction = model.towards[Leg.STATION]
        asked = {s.token for s in (direction.out, *direction.expired.values()) if s and s.token in model.due}
        done = {token for token in model.due if model.own_ends[token] == ["result"]}
        sure = sorted(token for token in asked | done if self.now < model.due[token])
        request_id = data.draw(st.sampled_from([*sure, *sure, *sure, *self.reported, -1]))
        self.serial += 1
        message_id = f"r{self.serial}"
        payload = json.dumps({"requestId": request_id, "tbc": tbc})
        text = f'[2,"{message_id}","NotifyReport",{payload}]'
        if request_id in sure:
            model.allowed.append((Leg.STATION, f'[3,"{message_id}",{{}}]'))
        else:
            model.calls(Leg.STATION, Said(text, message_id, is_call=True))
        self.happen(FrameArrived(link=self.link, leg=Leg.STATION, text=text))
        if request_id in sure and not tbc:
            del model.due[request_id]
            self.reported.append(request_id)

    @rule(seconds=st.sampled_from([0.1, 5.0, 15.0, 31.0, 31.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        """The edge wakes links at the moments they asked for, never before."""
        until = self.now + seconds
        while due := sorted(alarm for alarm in self.alarms if alarm[0] <= until):
            self.alarms.remove(due[0])
            self.now = max(self.now, due[0][0])
            self.happen(Woke(link=due[0][1]))
        self.now = until

    @precondition(lambda self: self.open)
    @rule(leg=LEGS, code=st.sampled_from([None, 1000, 1006, 1008, 4001]), now=RARELY)
    def leg_is_lost(self, leg: Leg, code: int | None, now: bool) -> None:
        if not now:
            return
        link = self.link
        self.closing[link] = {leg.other}
        self.happen(LegLost(link=link, leg=leg, reason="", code=code))
        self._balance()
        assert not self.open

    @precondition(lambda self: self.closing)
    @rule(late_frame=st.booleans())
    def edge_confirms(self, late_frame: bool) -> None:
        """Late frames of an old link do nothing; with its last leg the link is forgotten."""
        link, legs = next(iter(self.closing.items()))
        if late_frame:
            frame = FrameArrived(link=link, leg=next(iter(legs)), text='[2,"1","Heartbeat",{}]')
            assert self.router.handle(frame, Instant(self.now)) == []
        for leg in sorted(legs, key=lambda leg: leg.value):
            self.happen(LegLost(link=link, leg=leg, reason=""))
        assert link not in self.closing

    def _balance(self) -> None:
        self.over.ended()

    @invariant()
    def tables_are_bounded(self) -> None:
        assert len(self.router) == len(self.dialling) + len(self.closing) + self.open

    @invariant()
    def no_call_is_out_past_its_time(self) -> None:
        if self.model is None:
            return
        for direction in self.model.towards.values():
            said = direction.out
            if said is not None:
                due_at = said.sent_at + (TIMEOUT_S if said.token is None else OWN_TIMEOUT_S)
                assert self.now < due_at
                assert any(link == self.link and at <= due_at for at, link in self.alarms), "nobody wakes this link"

    def teardown(self) -> None:
        if self.model is not None:
            link = self.link
            self.closing[link] = {Leg.CSMS}
            self.happen(LegLost(link=link, leg=Leg.STATION, reason=""))
            self._balance()


TestLinkMachine = LinkMachine.TestCase
TestLinkMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
