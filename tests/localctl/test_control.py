"""The control loop's edge: what wakes it, when orders leave, what happens when disk, station or controller fail."""

import errno
import itertools
import json
import logging

import pytest
import trio
import trio.testing

from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.limiting.external import ExternalLimit
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.loop.controller import Controller
from localctl.charging.profile.profiles import Protocol
from localctl.control import BREATH, MOST_OPEN, STORE_S, STORE_WITHIN_S, Control
from routing import observations as seen
from routing.events import Priority
from routing.values import Instant, Leg, LinkId
from tests.localctl.charging.played import MAIN, START, limit_at, place, site_plan

ONE, TWO = LinkId(1), LinkId(2)


class Box:
    """A Control with everything around it faked: wall clock, disk, stations."""

    def __init__(self, *boxes, **control):
        self.plan = site_plan(boxes or (place("A"), place("B")))
        self.controller = Controller(self.plan)
        self.calls, self.stored, self.rounds = [], [], []
        self.reads, self.reports = [], []
        self.verdict = "result"
        self.answer = b'{"status":"Accepted"}'
        self.station_takes_s = 0.0
        self.disk_takes_s = 0.0
        self.disk_error = None
        self.tokens = 0
        self.control = Control(
            self.controller, call=self.call, unix_now=self.unix_now, store=self.store, on_round=self.over,
            **control,
        )  # fmt: skip

    @staticmethod
    def unix_now():
        return START + trio.current_time()

    def over(self, ended):
        self.rounds.append(ended.trouble)
        self.failed = ended.failed

    async def call(
        self, identity, action, payload, *, priority=Priority.ROUTINE, timeout_s=None, follow_up=None, on_follow_up=None
    ):
        self.tokens += 1
        token = self.tokens
        if action == "GetChargingProfiles":
            return self.read(identity, token, follow_up, on_follow_up)
        self.calls.append((identity, action, json.loads(payload), priority, len(self.stored)))
        await trio.sleep(self.station_takes_s)
        answer = self.answer if self.verdict == "result" else b""
        return seen.OwnCallEnded(identity=identity, token=token, action=action, verdict=self.verdict, answer=answer)

    def read(self, identity, token, follow_up, on_follow_up):
        self.reads.append((identity, follow_up))
        for payload in self.reports:
            report = json.dumps({"requestId": follow_up.request_id} | payload).encode()
            on_follow_up(
                seen.FollowUpArrived(identity=identity, token=token, action="ReportChargingProfiles", payload=report)
            )
        answer = b'{"status":"Accepted"}' if self.reports else b'{"status":"NoProfiles"}'
        return seen.OwnCallEnded(
            identity=identity, token=token, action="GetChargingProfiles", verdict="result", answer=answer
        )

    async def store(self, document):
        await trio.sleep(self.disk_takes_s)
        if self.disk_error is not None:
            raise self.disk_error
        self.stored.append(json.loads(json.dumps(document)))

    def see(self, what, link=ONE):
        self.control.observe(link, what, Instant(trio.current_time()))

    def opens(self, name, link=ONE, subprotocol="ocpp2.0.1"):
        self.see(seen.LinkOpened(identity=name, subprotocol=subprotocol), link)

    def loses(self, name, link=ONE):
        self.see(seen.LinkLost(identity=name, by=Leg.STATION, cause="station_closed", code=None, reason=""), link)

    def asks(self, name, action, payload, leg=Leg.STATION, link=ONE, number="1"):
        raw = json.dumps(payload).encode()
        self.see(seen.CallSeen(identity=name, leg=leg, action=action, message_id=number, payload=raw), link)

    def answers(self, name, action, payload, answer, leg=Leg.STATION, link=ONE, number="1", **more):
        what = seen.CallAnswered(
            identity=name, leg=leg, action=action, message_id=number, request=json.dumps(payload).encode(),
            answer=json.dumps(answer).encode(), verdict=more.pop("verdict", "result"), latency_s=0.1, **more,
        )  # fmt: skip
        self.see(what, link)

    def plugs_in(self, name, link=ONE, verdict="result"):
        info = {"transactionId": f"t-{name}", "chargingState": "Charging"}
        event = {"eventType": "Started", "seqNo": 0, "transactionInfo": info, "evse": {"id": 1}}
        self.asks(name, "TransactionEvent", event, link=link)
        self.answers(name, "TransactionEvent", event, {}, link=link, verdict=verdict)

    def limits(self):
        """(station, present limit) of every profile that was sent."""
        sent = [(name, payload) for name, action, payload, *_ in self.calls if action == "SetChargingProfile"]
        return [(name, limit_at(each["chargingProfile"], self.unix_now())) for name, each in sent]


@pytest.fixture
async def box(nursery):
    """Two stations, one of them there, both settled."""
    made = Box()
    nursery.start_soon(made.control.run)
    made.opens("A")
    made.opens("B", TWO)
    await trio.sleep(60)
    made.calls.clear()
    return made


async def test_a_car_gets_its_share_soon_after_it_came(autojump_clock, box):
    before = trio.current_time()
    box.plugs_in("A")
    await trio.sleep(1)
    assert box.limits()[0] == ("A", 26.0)
    assert trio.current_time() - before < 5


async def test_k09_what_a_station_reports_of_its_profiles_comes_to_the_ledger_and_not_to_the_csms(
    autojump_clock, nursery
):
    box = Box(place("A"))
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
    profile = {
        "id": 4,
        "stackLevel": 3,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
    }
    told = {"evseId": 0, "chargingLimitSource": "CSO", "chargingProfile": [profile | {"chargingSchedule": [schedule]}]}
    box.reports = [told | {"tbc": True}, told | {"chargingProfile": []}]
    nursery.start_soon(box.control.run)
    box.opens("A")
    await trio.sleep(30)
    ((identity, follow_up),) = box.reads
    assert (identity, follow_up.action, follow_up.evse_id) == ("A", "ReportChargingProfiles", None)
    assert box.controller.ledgers["A"].levels() == {"TxDefaultProfile": 3}


async def test_k28_a_station_that_pulls_our_dynamic_profile_is_told_its_value_by_an_order(autojump_clock, nursery):
    box = Box(place("A", protocol=Protocol.V21, control=Actuator.DYNAMIC))
    nursery.start_soon(box.control.run)
    box.opens("A", subprotocol="ocpp2.1")
    box.plugs_in("A")
    await trio.sleep(60)
    box.calls.clear()
    pull = {"chargingProfileId": 2_000_000_001}
    box.asks("A", "PullDynamicScheduleUpdate", pull)
    box.answers("A", "PullDynamicScheduleUpdate", pull, {"status": "Rejected"}, verdict="carried")
    await trio.sleep(1)
    ((name, action, payload, _, stored),) = box.calls
    assert (name, action, payload["chargingProfileId"]) == ("A", "UpdateDynamicSchedule", 2_000_000_001)
    assert stored == len(box.stored) > 0


async def test_a_reading_of_the_csms_that_was_answered_late_settles_nothing(autojump_clock, nursery):
    box = Box(place("A"))
    box.reports = [{"requestId": 0}]
    nursery.start_soon(box.control.run)
    box.opens("A")
    await trio.sleep(30)
    read = {"requestId": 9, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    box.answers("A", "GetChargingProfiles", read, {"status": "NoProfiles"}, leg=Leg.CSMS, verdict="late")
    assert box.controller.ledgers["A"].present()


async def test_a_car_that_comes_while_the_csms_is_away_gets_its_share_like_any_other(autojump_clock, box):
    box.loses("A")
    box.see(seen.LinkOpened(identity="A", subprotocol="ocpp2.0.1", carried=True))
    boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
    box.asks("A", "BootNotification", boot)
    box.answers("A", "BootNotification", boot, {"status": "Accepted"}, verdict="carried")
    box.plugs_in("A", verdict="carried")
    await trio.sleep(1)
    assert box.controller.states["A"].running(1).id == "t-A"
    assert ("A", 26.0) in box.limits()


async def test_16_a_transaction_begins_under_the_number_the_box_gave_it(autojump_clock, box):
    box.loses("A")
    box.see(seen.LinkOpened(identity="A", subprotocol="ocpp1.6", carried=True))
    start = {"connectorId": 1, "idTag": "tag", "meterStart": 0}
    box.asks("A", "StartTransaction", start)
    box.answers("A", "StartTransaction", start, {"transactionId": 2_000_000_001}, verdict="carried")
    await trio.sleep(1)
    assert box.controller.states["A"].running(1).id == "2000000001"
    box.asks("A", "StopTransaction", {"transactionId": 2_000_000_001})
    box.answers("A", "StopTransaction", {"transactionId": 2_000_000_001}, {}, verdict="carried")
    assert box.controller.states["A"].running(1) is None


async def test_cars_keep_their_shares_when_the_csms_goes_and_limits_go_on_being_enforced(autojump_clock, box):
    box.plugs_in("A")
    await trio.sleep(30)
    box.calls.clear()
    box.see(seen.OutageBegan(identity="A", carried=True, reason="reset"))
    cap = Cap(a=(20.0, 20.0, 20.0))
    limit = ExternalLimit(source="ems", node=MAIN, steps=(Step(at=START, cap=cap),), set_at=START, expires_at=None)
    box.controller.limits.put(limit)
    box.control.wake()
    await trio.sleep(1)
    assert ("A", 14.0) in box.limits()


async def test_p2_what_is_ordered_is_stored_before_it_is_sent(autojump_clock, box):
    stored = len(box.stored)
    box.plugs_in("A")
    await trio.sleep(1)
    *_, stored_then = box.calls[0]
    assert stored_then > stored
    assert box.stored[stored_then - 1]["dispatch"]["desks"]["A"]["slots"]["0"]["open"]


async def test_many_events_at_once_are_one_cycle(autojump_clock, box):
    box.rounds.clear()
    for _ in range(100):
        box.control.wake()
    await trio.sleep(1)
    assert len(box.rounds) == 1


async def test_a_cycle_runs_every_few_seconds_although_nothing_happens(autojump_clock, box):
    box.rounds.clear()
    await trio.sleep(51)
    assert len(box.rounds) == 10


async def test_meter_values_wait_for_the_next_regular_cycle(autojump_clock, box):
    await trio.sleep(5)
    box.rounds.clear()
    box.asks("A", "MeterValues", {"evseId": 1, "meterValue": []})
    box.answers("A", "MeterValues", {"evseId": 1, "meterValue": []}, {})
    await trio.sleep(0.2)
    assert box.rounds == []


async def test_a_slow_cycle_leaves_the_box_four_times_its_length(autojump_clock, nursery, monkeypatch):
    box, began = Box(), []

    def slow(now):
        began.append(trio.current_time())
        autojump_clock.jump(0.5)
        box.control.wake()
        return []

    monkeypatch.setattr(box.controller, "cycle", slow)
    nursery.start_soon(box.control.run)
    await trio.sleep(20)
    gaps = [two - one for one, two in itertools.pairwise(began)]
    assert min(gaps) >= 0.5 * (1 + BREATH) - 1e-6


async def test_orders_are_sent_side_by_side(autojump_clock, box):
    box.station_takes_s = 10.0
    box.plugs_in("A")
    box.plugs_in("B", TWO)
    await trio.sleep(1)
    assert {name for name, *_ in box.calls} == {"A", "B"}


async def test_falls_go_out_as_safety_and_rises_as_routine(autojump_clock, box):
    box.plugs_in("A")
    await trio.sleep(30)
    box.plugs_in("B", TWO)
    await trio.sleep(30)
    kinds = [(name, priority) for name, action, _, priority, _ in box.calls if action == "SetChargingProfile"]
    assert kinds == [("A", Priority.ROUTINE), ("A", Priority.SAFETY), ("B", Priority.ROUTINE)]


async def test_with_a_full_disk_nobody_is_given_more_and_somebody_is_told(autojump_clock, box):
    box.disk_error = OSError(errno.ENOSPC, "No space left on device")
    box.plugs_in("A")
    await trio.sleep(30)
    assert box.limits() == []
    assert box.rounds[-1] == "charging state cannot be stored, nobody is given more: No space left on device"
    assert not box.failed
    box.disk_error = None
    await trio.sleep(10)
    assert box.limits() == [("A", 26.0)]
    assert box.rounds[-1] is None


async def test_p2_with_a_full_disk_falls_go_out_all_the_same(autojump_clock, box):
    box.plugs_in("A")
    await trio.sleep(30)
    box.disk_error = OSError(errno.EROFS, "Read-only file system")
    box.plugs_in("B", TWO)
    await trio.sleep(60)
    assert box.limits() == [("A", 26.0), ("A", 16.0)]


async def test_p2_falls_do_not_wait_for_a_disk_that_hangs(autojump_clock, box):
    box.plugs_in("A")
    await trio.sleep(30)
    box.disk_takes_s = 1000.0
    box.plugs_in("B", TWO)
    await trio.sleep(STORE_WITHIN_S + 1)
    assert box.limits() == [("A", 26.0), ("A", 16.0)]
    assert "the disk" in box.rounds[-1]


async def test_a_store_that_is_broken_otherwise_is_a_full_disk_too(autojump_clock, box, caplog):
    box.disk_error = TypeError("not JSON")
    box.plugs_in("A")
    await trio.sleep(1)
    assert box.rounds[-1] == "charging state cannot be stored, nobody is given more: TypeError"


async def test_what_was_heard_is_stored_after_a_while_although_nothing_is_ordered(autojump_clock, box):
    await trio.sleep(1)
    before = len(box.stored)
    await trio.sleep(STORE_S + 6)
    assert len(box.stored) > before
    assert box.calls == []


async def test_at_the_end_everything_is_stored_once_more(autojump_clock):
    box = Box()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(box.control.run)
        await trio.sleep(1)
        before = len(box.stored)
        nursery.cancel_scope.cancel()
    assert len(box.stored) == before + 1


async def test_a_bug_in_a_cycle_is_told_and_the_next_cycle_runs(autojump_clock, box, monkeypatch):
    monkeypatch.setattr(box.controller, "cycle", lambda now: 1 / 0)
    await trio.sleep(6)
    assert (box.rounds[-1], box.failed) == ("a control cycle failed: ZeroDivisionError", True)
    monkeypatch.undo()
    await trio.sleep(6)
    assert (box.rounds[-1], box.failed) == (None, False)


async def test_a_bug_in_sending_is_an_order_without_an_answer(autojump_clock, box, monkeypatch):
    async def broken(*_args, **_more):
        raise RuntimeError("switchboard")

    monkeypatch.setattr(box.control, "_call", broken)
    box.plugs_in("A")
    await trio.sleep(3)
    (open_order,) = box.controller.dispatcher.desks["A"].slots["0"].open
    assert open_order.entitled[0][1] == 26.0


async def test_a_late_answer_settles_its_order(autojump_clock, box):
    box.verdict = "expired"
    box.plugs_in("A")
    await trio.sleep(1)
    slot = box.controller.dispatcher.desks["A"].slots["0"]
    assert len(slot.open) == 1
    box.verdict = "result"
    late = seen.OwnCallEnded(
        identity="A", token=box.tokens, action="SetChargingProfile", verdict="result", answer=box.answer, late=True
    )
    box.see(late)
    assert box.controller.dispatcher.desks["A"].slots["0"].open == ()
    box.see(late)


async def test_a_newer_link_is_not_taken_down_by_the_end_of_the_old_one(autojump_clock, box):
    box.opens("A", LinkId(7))
    box.loses("A", ONE)
    assert "A" in box.controller.online
    box.loses("A", LinkId(7))
    assert "A" not in box.controller.online


async def test_a_call_of_the_csms_whose_link_ends_may_have_arrived(autojump_clock, box):
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
    profile = {"id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    profile |= {"chargingProfileKind": "Relative", "chargingSchedule": [schedule]}
    request = {"evseId": 0, "chargingProfile": profile}
    box.asks("A", "SetChargingProfile", request, leg=Leg.CSMS)
    assert not [entry for entry in box.controller.ledgers["A"].entries if not entry.ours]
    box.loses("A")
    (entry,) = [entry for entry in box.controller.ledgers["A"].entries if not entry.ours]
    assert not entry.sure


@pytest.mark.parametrize(
    ("answer", "more", "known"),
    [
        ({"status": "Accepted"}, {}, [True]),
        ({"status": "Rejected"}, {}, []),
        ({}, {"error_code": "NotSupported", "verdict": "error"}, []),
        ({}, {"error_code": "InternalError", "verdict": "error"}, [False]),
        ("nonsense", {}, [False]),
    ],
)
async def test_a_profile_of_the_csms_is_known_by_what_the_station_says(autojump_clock, box, answer, more, known):
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
    profile = {"id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    profile |= {"chargingProfileKind": "Relative", "chargingSchedule": [schedule]}
    request = {"evseId": 0, "chargingProfile": profile}
    box.asks("A", "SetChargingProfile", request, leg=Leg.CSMS)
    box.answers("A", "SetChargingProfile", request, answer, leg=Leg.CSMS, **more)
    assert [entry.sure for entry in box.controller.ledgers["A"].entries if not entry.ours] == known


async def test_a_call_that_expired_and_is_answered_late_counts_then(autojump_clock, box):
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
    profile = {"id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    profile |= {"chargingProfileKind": "Relative", "chargingSchedule": [schedule]}
    request = {"evseId": 0, "chargingProfile": profile}
    box.asks("A", "SetChargingProfile", request, leg=Leg.CSMS)
    box.see(seen.CallExpired(identity="A", to=Leg.STATION, action="SetChargingProfile", message_id="1", own=False))
    box.answers("A", "SetChargingProfile", request, {"status": "Accepted"}, leg=Leg.CSMS, verdict="late")
    assert [entry.sure for entry in box.controller.ledgers["A"].entries if not entry.ours] == [True]


async def test_7_1_7_a_station_whose_boot_is_not_accepted_gets_no_orders(autojump_clock, box):
    booted = {"registration": seen.Registration.PENDING, "interval_s": 30}
    box.see(seen.StationBooted(identity="A", **booted))
    box.plugs_in("A")
    await trio.sleep(30)
    assert box.calls == []
    box.see(seen.StationBooted(identity="A", registration=seen.Registration.ACCEPTED, interval_s=30))
    await trio.sleep(30)
    assert box.limits() == [("A", 26.0)]


async def test_the_station_that_does_not_speak_ocpp_is_left_alone(autojump_clock, box):
    box.opens("B", TWO, subprotocol="ocpp1.5")
    assert box.controller.managed["B"].protocol is Protocol.V201


async def test_what_never_finds_an_answer_is_bounded(autojump_clock, box):
    for number in range(MOST_OPEN * 3):
        box.asks("A", "Authorize", {}, number=str(number))
    assert len(box.control._open[ONE]) == MOST_OPEN
    box.loses("A")
    assert ONE not in box.control._open


async def test_p6_what_a_station_said_that_was_turned_away_is_let_go_and_counts_for_nothing(autojump_clock, box):
    box.plugs_in("A")
    info = {"transactionId": "t-A", "stoppedReason": "Local"}
    ended = {"eventType": "Ended", "seqNo": 9, "transactionInfo": info, "evse": {"id": 1}}
    for link in map(LinkId, range(7, 60)):
        for number in range(MOST_OPEN * 2 if link == 7 else 1):
            box.asks("A", "TransactionEvent", ended, link=link, number=str(number))
        assert len(box.control._open[link]) <= MOST_OPEN
        box.see(seen.LinkRefused(identity="A", status=401, cause="csms", reason=""), link)
    assert not box.control._open.keys() - {ONE, TWO}
    assert box.controller.states["A"].running(1).id == "t-A"


async def test_calls_that_say_nothing_about_charging_are_not_remembered(autojump_clock, box):
    box.asks("A", "Heartbeat", {})
    box.asks("A", "GetReport", {}, leg=Leg.CSMS)
    assert not box.control._open.get(ONE)


async def test_broken_json_of_a_peer_is_no_fact(autojump_clock, box):
    what = seen.CallAnswered(
        identity="A", leg=Leg.STATION, action="TransactionEvent", message_id="1", request=b"{", answer=b"\xff",
        verdict="late", latency_s=1.0,
    )  # fmt: skip
    box.see(what)
    assert box.controller.states["A"].open == {}


async def test_a_new_plan_meets_the_stations_that_are_there(autojump_clock, box):
    plan = site_plan((place("A"), place("B"), place("C")))
    box.opens("C", LinkId(3))
    assert box.controller.name_of("C") is None
    box.control.replan(plan)
    assert box.controller.online == {"A", "B", "C"}


async def test_troubles_with_stored_state_are_logged(autojump_clock, caplog, capsys):
    caplog.set_level(logging.INFO)
    Control(Controller(site_plan((place("A"),)), "broken"), call=None, unix_now=lambda: 0.0, store=None)
    assert "starting without it" in capsys.readouterr().out + caplog.text
