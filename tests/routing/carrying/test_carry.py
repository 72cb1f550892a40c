"""The box in the CSMS's place: what it keeps before it answers, in which mode, by which number, up to which energy."""

import base64
import json

import msgspec
import pytest

from routing import Command, Instant, Leg, LinkLost, OurBug, Pause, Resume, StationArrived, UpstreamFailed
from routing.carrying.carry import MOVES, Carry, Mode, status_of
from routing.carrying.items import Alias, Kind, Known
from routing.carrying.numbers import MAX_ALIASES
from routing.commands import Keep
from routing.events import Kept
from routing.frames import CALL, Frame
from routing.observations import CapReached, FrameDropped
from routing.policy import OutagePolicy, StationPolicy
from tests.routing.carrying.cupboard import BOOT, REDIAL_S, Cupboard, away, event, met, said, start_16, stop_16
from tests.routing.playbook import (
    L1,
    L2,
    V16,
    V21,
    V201,
    Play,
    call,
    csms_lost,
    result_error,
    send,
    station,
    station_lost,
)

TOKEN = ',"idToken":{"idToken":"A","type":"ISO14443"}'


def carry(version: str = V201, known: Known | None = None) -> Carry:
    policy = StationPolicy(csms="main", outage=OutagePolicy(mode="carry"))
    return Carry(L1, "CS-17", policy, version, Play().router.common, known or Known())


def mode(play: Cupboard) -> Mode:
    return play.router._links[L1].exchange.carry.mode


def test_modes_change_only_as_the_table_says():
    for start in Mode:
        for why in ("lose", "recall", "drained"):
            one = carry()
            one.mode = start
            if (start, why) in MOVES:
                one.move(why)
                assert one.mode is MOVES[start, why]
            else:
                with pytest.raises(OurBug, match=f"no move {why} from {start.name}"):
                    one.move(why)


def test_while_the_backlog_drains_only_what_may_wait_in_it_is_kept_and_never_a_boot():
    one = carry()
    assert not one.takes("TransactionEvent")
    one.mode = Mode.DRAINING
    for action, taken in {
        "TransactionEvent": True, "TransactionEvent-Signed": True, "StatusNotification": True, "NotifyEvent": True,
        "BootNotification": False, "Authorize": False, "Heartbeat": False, "DataTransfer": False, "Vendor": False,
    }.items():  # fmt: skip
        assert one.takes(action) is taken, action
    one.mode = Mode.CARRYING
    assert one.takes("Heartbeat")
    assert one.takes("Vendor")


def test_p4_a_pipelining_station_hears_each_answer_when_its_own_message_is_on_disk():
    play = away()
    play.slow = True
    for number in range(3):
        said(play, f"k{number}", "TransactionEvent", event("t", number))
        assert not play.down
    assert [play.works(1).down for _ in range(3)] == [[f'[3,"k{number}",{{}}]'] for number in range(3)]


def test_what_needs_no_disk_is_answered_at_once_also_while_the_disk_is_slow():
    play = away()
    play.slow = True
    said(play, "1", "TransactionEvent", event("t", 0))
    assert said(play, "2", "Heartbeat", "{}").down[0].startswith('[3,"2",')


def test_p4_a_repetition_is_not_answered_before_its_first_is_on_disk_and_not_kept_twice():
    play = away()
    play.slow = True
    said(play, "1", "TransactionEvent", event("t", 0, "Started"))
    assert not said(play, "2", "TransactionEvent", event("t", 0, "Started")).down
    assert play.works().down == ['[3,"1",{}]', '[3,"2",{}]']
    assert len(play.kept) == 1
    assert said(play, "3", "TransactionEvent", event("t", 0, "Started")).down == ['[3,"3",{}]']
    assert len(play.kept) == 1


def test_p6_a_station_that_says_more_than_the_disk_can_take_is_paused_and_read_on_later():
    play = away(policy={"max_waiting": 4})
    play.slow = True
    for number in range(4):
        assert (
            Pause(link=L1, leg=Leg.STATION)
            not in said(play, f"{number}", "TransactionEvent", event("t", number)).commands
        )
    assert Pause(link=L1, leg=Leg.STATION) in said(play, "4", "TransactionEvent", event("t", 4)).commands
    assert Resume(link=L1, leg=Leg.STATION) not in play.works(2).commands
    assert Resume(link=L1, leg=Leg.STATION) in play.works(1).commands
    play.works()
    assert len(play.kept) == 5


def test_p6_repetitions_of_one_message_count_as_well_while_the_disk_is_slow():
    play = away(policy={"max_waiting": 4})
    play.slow = True
    for number in range(4):
        said(play, f"{number}", "TransactionEvent", event("t", 0))
    assert Pause(link=L1, leg=Leg.STATION) in said(play, "4", "TransactionEvent", event("t", 0)).commands
    assert Resume(link=L1, leg=Leg.STATION) in play.works().commands
    play.slow = True
    said(play, "new", "TransactionEvent", event("t", 1))
    for number in range(5, 200):
        said(play, f"{number}", "TransactionEvent", event("t", 1))
        if [fact for fact in play.facts if isinstance(fact, LinkLost)]:
            break
    assert play.fact(LinkLost).cause == "overrun"


def test_news_of_a_ticket_that_nobody_knows_does_nothing():
    play = away()
    said(play, "1", "TransactionEvent", event("t", 0))
    assert play.when(Kept(link=L1, ticket=99, row=9)).commands == []
    assert play.when(Kept(link=L1, ticket=1, row=1)).commands == []


def test_2_1_a_send_goes_nowhere_while_the_csms_is_away_and_that_is_told():
    play = away(V21).when(station(send("1")))
    play.then()
    assert play.fact(FrameDropped).cause == "csms_away"
    assert play.rows == []


def test_2_1_fr06_a_complaint_about_an_answer_of_the_box_stays_here():
    play = away(V21)
    said(play, "1", "Heartbeat", "{}")
    said(play, "2", "TransactionEvent", event("t", 0))
    for message_id in ("1", "2"):
        play.when(station(result_error(message_id))).then()
        assert play.fact(FrameDropped).cause == "own_answer"


def test_2_1_fr06_a_complaint_about_an_answer_of_the_csms_has_nobody_to_go_to():
    play = met(V21).when(csms_lost(), station(result_error("b"))).then()
    assert play.fact(FrameDropped).cause == "csms_away"


def test_signed_messages_are_kept_as_received_and_answered_in_plain():
    inner = base64.urlsafe_b64encode(event("t", 0, "Started", TOKEN).encode()).decode().rstrip("=")
    jws = f'{{"payload" : "{inner}","protected":"e30","signature":"c2ln"}}'
    play = said(away(), "1", "TransactionEvent-Signed", jws)
    assert play.down == ['[3,"1",{"idTokenInfo":{"status":"Unknown"}}]']
    assert [(item.payload, item.action, item.transaction) for item in play.kept] == [
        (jws, "TransactionEvent-Signed", "t")
    ]


def test_a_request_that_no_station_may_send_gets_an_error_and_is_not_kept():
    play = said(away(), "1", "SetChargingProfile", "{}")
    assert json.loads(play.down[0])[:3] == [4, "1", "NotSupported"]
    assert said(play, "2", "TransactionEvent", "{,}").down[0].startswith('[4,"2","FormatViolation"')
    assert play.rows == []


def test_a_boot_while_the_csms_is_away_is_kept_and_is_what_the_csms_hears_when_it_wants_one():
    newer = BOOT.replace("PowerUp", "Watchdog")
    play = said(away(), "1", "BootNotification", newer)
    assert json.loads(play.down[0])[2]["interval"] == 600
    assert play.router._links[L1].exchange.carry.known.boot == newer


def test_16_every_transaction_gets_a_number_of_its_own_and_a_repeated_begin_the_same():
    play = away(V16)
    first = json.loads(said(play, "1", "StartTransaction", start_16()).down[0])[2]["transactionId"]
    again = json.loads(said(play, "2", "StartTransaction", start_16()).down[0])[2]["transactionId"]
    other = json.loads(said(play, "3", "StartTransaction", start_16(meter=5)).down[0])[2]["transactionId"]
    assert first == again != other
    assert [item.invented for item in play.kept] == [first, other]


def test_p6_a_station_that_only_ever_begins_transactions_fills_no_memory_of_ours():
    one, commands = carry(V16), []
    one._common.invent = iter(range(2_000_000_000, 2_100_000_000)).__next__
    one.move("lose")
    for number in range(MAX_ALIASES + 5):
        one.take(
            Frame(CALL, str(number), "StartTransaction", start_16(meter=number).encode()), 0.0, commands, seen=True
        )
    assert len(one.numbers) == MAX_ALIASES
    assert 2_000_000_000 + MAX_ALIASES + 4 in one.numbers


def test_16_numbers_are_translated_in_both_directions_only_where_the_csms_has_told_its_own():
    one = carry(V16, Known(aliases=(Alias(local=2_000_000_001, real=5), Alias(local=2_000_000_002))))
    payload = stop_16(2_000_000_002)
    frame = Frame(CALL, "1", "StopTransaction", payload.encode())
    assert one.up(frame, call("1", "StopTransaction", payload)) == call("1", "StopTransaction", payload)
    text = call("2", "RemoteStopTransaction", '{"transactionId":5}')
    frame, down = one.down(Frame(CALL, "2", "RemoteStopTransaction", b'{"transactionId":5}'), text)
    assert down == call("2", "RemoteStopTransaction", '{"transactionId":2000000001}')
    assert frame.payload == b'{"transactionId":2000000001}'


def test_a_frame_is_respelled_in_its_payload_alone():
    one = carry(V16)
    frame = Frame(CALL, '{"a":1}', "StopTransaction", b'{"a":1}')
    text = call('{"a":1}', "StopTransaction", '{"a":1}').replace('"{"a":1}"', '"{\\"a\\":1}"')
    assert one.respelled(frame, text, '{"a":2}') == text.replace('{"a":1}]', '{"a":2}]')
    assert one.respelled(Frame(CALL, "1", "X", b""), "[2,", "{}") == "[2,"


def with_energy(number: int, wh: float, kind: str = "Updated", more: str = "") -> str:
    values = f',"meterValue":[{{"timestamp":"2026-11-22T12:00:00Z","sampledValue":[{{"value":{wh}}}]}}]{more}'
    return event("t", number, kind, values)


def strangers(cap_wh: float | None = 5000.0) -> Cupboard:
    play = away(energy_cap_wh=cap_wh)
    play.router.common.authorizations._unknown = "accept"
    return said(play, "1", "TransactionEvent", with_energy(0, 100.0, "Started", TOKEN))


def test_a_transaction_of_an_unknown_token_is_stopped_once_it_took_the_energy_it_may():
    play = strangers()
    assert not [text for text in said(play, "2", "TransactionEvent", with_energy(1, 5100.0)).down if "Stop" in text]
    said(play, "3", "TransactionEvent", with_energy(2, 5101.0))
    assert play.fact(CapReached).transaction == "t"
    stop = [msgspec.json.decode(text) for text in play.down if text.startswith("[2")]
    assert [frame[2:] for frame in stop] == [["RequestStopTransaction", {"transactionId": "t"}]]
    said(play, "4", "TransactionEvent", with_energy(3, 9000.0)).no_fact(CapReached)


def came_in(play: Cupboard, known: Known, version: str = V201) -> Cupboard:
    """The station comes while its CSMS is away."""
    play.router.common.clock.set(unix_offset_s=1_790_000_000, synchronised=True)
    play.router.common.authorizations._unknown = "accept"
    play.now += REDIAL_S
    play.given(StationArrived(link=L2, identity="cs-17", offer=(version,), known=known))
    return play.when(UpstreamFailed(link=L2, reason="no route"))


def test_a_transaction_of_an_unknown_token_is_watched_over_a_new_connection_and_a_restart_of_the_box():
    before = said(strangers(), "2", "TransactionEvent", with_energy(1, 5000.0))
    known = Known(accepted=True, subprotocol=V201, trusted=True)
    recent = msgspec.structs.replace(known, recent=tuple(before.kept))
    again = came_in(before.given(station_lost()), known)
    anew = came_in(Cupboard(energy_cap_wh=5000.0), recent)
    for box in (again, anew):
        box.when(station(call("3", "TransactionEvent", with_energy(2, 5100.0)), L2)).no_fact(CapReached)
        box.when(station(call("4", "TransactionEvent", with_energy(3, 5101.0)), L2))
        assert box.fact(CapReached).transaction == "t"


def test_16_a_watched_transaction_keeps_its_number_over_a_restart_of_the_box():
    before = away(V16)
    before.router.common.authorizations._unknown = "accept"
    local = json.loads(said(before, "1", "StartTransaction", start_16(meter=100)).down[0])[2]["transactionId"]
    known = Known(accepted=True, subprotocol=V16, trusted=True, recent=tuple(before.kept))
    anew = came_in(Cupboard(energy_cap_wh=5000.0), known, V16)
    anew.when(station(call("2", "StopTransaction", stop_16(local, meter=5101)), L2))
    assert anew.fact(CapReached).transaction == str(local)


def test_without_a_cap_or_with_a_known_token_nothing_is_stopped():
    said(strangers(None), "3", "TransactionEvent", with_energy(2, 99_000.0)).no_fact(CapReached)
    play = away(energy_cap_wh=5000.0)
    said(play, "1", "TransactionEvent", with_energy(0, 100.0, "Started"))
    said(play, "3", "TransactionEvent", with_energy(2, 99_000.0)).no_fact(CapReached)


def test_16_the_cap_stops_a_transaction_by_the_number_the_station_knows():
    play = away(V16, energy_cap_wh=5000.0)
    play.router.common.authorizations._unknown = "accept"
    local = json.loads(said(play, "1", "StartTransaction", start_16(meter=100)).down[0])[2]["transactionId"]
    sample = f'{{"connectorId":1,"transactionId":{local},"meterValue":[{{"sampledValue":[{{"value":"5200"}}]}}]}}'
    said(play, "2", "MeterValues", sample)
    stop = [msgspec.json.decode(text) for text in play.down if text.startswith("[2")]
    assert [frame[2:] for frame in stop] == [["RemoteStopTransaction", {"transactionId": local}]]


def test_something_kept_by_another_connection_of_the_station_is_a_backlog_too():
    one = carry()
    assert not one.has_backlog
    one._common.note_kept("cs-17", some=True)
    assert one.has_backlog
    assert carry(known=Known(waiting=1)).has_backlog


def test_what_an_answer_says_of_a_token():
    assert status_of(b'{"idTokenInfo":{"status":"Blocked"}}') == "Blocked"
    assert status_of(b'{"idTagInfo":{"status":"Invalid"},"transactionId":1}') == "Invalid"
    for nothing in (b"{}", b"", b"[]", b'{"idTokenInfo":7}', b"\xff"):
        assert status_of(nothing) is None


def test_kinds_that_must_not_be_dropped_are_those_a_bill_rests_on_e04_fr08():
    play = away()
    for number, kind in enumerate(("Started", "Updated", "Ended")):
        said(play, str(number), "TransactionEvent", event("t", number, kind))
    assert [item.kind for item in play.kept] == [Kind.TRANSACTION, Kind.UPDATE, Kind.TRANSACTION]


def test_p4_what_an_older_connection_still_writes_does_not_answer_for_the_newer_one():
    older = carry()
    newer = Carry(L2, "cs-17", older.policy, V201, older._common, Known())
    frame = Frame(CALL, "1", "TransactionEvent", event("t", 0, "Started").encode())
    for one in (older, newer):
        one.move("lose")
        commands: list[Command] = []
        assert not one.take(frame, Instant(0.0), commands, seen=True)
        assert [type(command) for command in commands] == [Keep], "kept twice is a retry; answered now might be a loss"
    commands = []
    assert not newer.take(frame, Instant(0.0), commands, seen=True)
    assert commands == [], "its own it knows"
