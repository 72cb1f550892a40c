"""Connector states that are said again to a CSMS that was away for long, or that heard a repeated boot (B04, B01)."""

import json

import msgspec
import pytest

from routing import LinkLost
from routing.carrying.answers import state_of
from routing.carrying.states import LONG_S, MAX_CHARS, MAX_CONNECTORS, States
from routing.observations import BacklogDone
from tests.routing.carrying.clerk import signed
from tests.routing.carrying.cupboard import BOOTED, V16, Cupboard, back, drained, event, met
from tests.routing.playbook import V201, call, csms, csms_lost, error, result, station


def state(connector: int, status: str = "Available", version: str = V201) -> str:
    """A StatusNotification's payload."""
    if version == V16:
        return f'{{"connectorId":{connector},"errorCode":"NoError","status":"{status}"}}'
    stamp = "2026-11-22T12:00:00Z"
    return f'{{"timestamp":"{stamp}","connectorStatus":"{status}","evseId":{connector},"connectorId":1}}'


def told(play: Cupboard, message_id: str, payload: str) -> Cupboard:
    """The station tells the CSMS of a connector."""
    return play.when(station(call(message_id, "StatusNotification", payload))).when(csms(result(message_id)))


def two_connectors(version: str = V201, **outage: object) -> Cupboard:
    play = met(version, **outage)
    for number in (1, 2):
        told(play, f"s{number}", state(number, version=version))
    return play


def delivered(play: Cupboard) -> list[str]:
    """What goes up until nothing is left, by message id."""
    return [frame[1] for frame in drained(play)]


def outage(play: Cupboard, seconds: float, version: str = V201) -> Cupboard:
    play.when(csms_lost())
    play.now += seconds
    return back(play, version)


def test_b04_fr01_a_csms_that_was_away_for_long_hears_the_last_state_of_every_connector():
    play = two_connectors()
    told(play, "s3", state(1, "Occupied"))
    assert delivered(outage(play, LONG_S)) == ["s2", "s3"]
    assert not play.rows


def test_b04_fr02_one_that_was_away_for_a_moment_hears_only_what_changed():
    play = two_connectors().when(csms_lost())
    play.when(station(call("s3", "StatusNotification", state(2, "Faulted"))))
    assert delivered(back(play)) == ["s3"]


def test_b04_states_of_the_outage_are_said_once_and_newer_ones_take_their_place():
    play = two_connectors().when(csms_lost())
    play.when(station(call("s3", "StatusNotification", state(2, "Occupied"))))
    play.when(station(call("e", "TransactionEvent", event("t", 0))))
    play.now += LONG_S
    back(play).when(station(call("s4", "StatusNotification", state(1, "Reserved"))))
    assert sorted(row.item.message_id for row in play.rows) == ["e", "s3", "s4"]


def test_16_has_no_offline_threshold_and_says_only_what_changed():
    assert delivered(outage(two_connectors(V16), 2 * LONG_S, V16)) == []


@pytest.mark.parametrize("version", [V16, V201])
def test_b01_a_boot_in_the_stations_name_is_followed_by_the_states_of_its_connectors(version: str):
    play = outage(two_connectors(version, boot_again=True), 1.0, version)
    assert '"BootNotification"' in play.up[0]
    assert delivered(play.answer(BOOTED)) == ["s1", "s2"]


def test_b01_a_boot_that_is_refused_is_followed_by_nothing():
    play = outage(two_connectors(boot_again=True), 1.0)
    boot = msgspec.json.decode(play.up[0])[1]
    assert play.when(csms(error(boot))).rows == []
    play = outage(two_connectors(boot_again=True), 1.0)
    assert play.answer('{"status":"Rejected","currentTime":"2026-11-22T12:00:00Z","interval":9}').rows == []


def test_b04_a_disk_that_refuses_the_states_ends_no_link():
    play = two_connectors().when(csms_lost())
    play.full, play.now = True, play.now + LONG_S
    back(play).no_fact(LinkLost)
    assert play.fact(BacklogDone)
    assert play.when(station(call("h", "Heartbeat"))).up == [call("h", "Heartbeat")]


def test_a_station_that_is_closed_in_outages_says_everything_itself():
    play = two_connectors(mode="close")
    assert play.router.common.states_of("CS-17").all() == ()


def test_e14_fr07_states_that_wait_are_nothing_of_a_transaction():
    play = outage(two_connectors(), LONG_S)
    assert play.rows
    play.when(csms(call("q", "GetTransactionStatus"))).when(station(result("q", '{"messagesInQueue":false}')))
    assert play.down == []
    assert play.up == ['[3,"q",{"messagesInQueue":false}]']


def test_3_12_a_signed_state_is_remembered_as_received_and_broken_ones_are_not():
    jws = json.dumps(signed(json.loads(state(7)))).encode()
    item = state_of(V201, "StatusNotification-Signed", "s", jws)
    assert item is not None
    assert (item.merge, item.payload) == ("StatusNotification/7/1", jws.decode())
    for action, payload in (("StatusNotification", b"[1]"), ("Heartbeat", b"{}"), ("StatusNotificationX", b"{}")):
        assert state_of(V201, action, "s", payload) is None


def test_p6_states_are_bounded_in_number_and_size():
    states = States()
    for number in range(MAX_CONNECTORS + 1):
        item = state_of(V201, "StatusNotification", "s", state(number).encode())
        assert item is not None
        states.note(item)
    assert [item.merge for item in states.all()][::MAX_CONNECTORS - 1] == [
        "StatusNotification/1/1", f"StatusNotification/{MAX_CONNECTORS}/1",
    ]  # fmt: skip
    states.note(msgspec.structs.replace(states.all()[0], payload="x" * (MAX_CHARS + 1)))
    assert len(states.all()) == MAX_CONNECTORS - 1, "an old state is no better than none"
