"""How the two legs of a link come and go: handshakes, refusals, losses, and the table behind them."""

import itertools

import pytest

from routing import (
    Accept,
    Close,
    Dial,
    Event,
    Forget,
    FrameArrived,
    Leg,
    LegLost,
    LinkLost,
    LinkOpened,
    LinkRefused,
    OurBug,
    OwnCallEnded,
    Pause,
    ReadingStopped,
    Refuse,
    Resume,
    Router,
    UpstreamAccepted,
    UpstreamFailed,
    UpstreamRefused,
    Woke,
)
from routing.link import Link
from routing.link_states import MOVES, Move, State
from routing.policy import StationPolicy
from routing.values import Instant
from tests.routing.playbook import (
    L1,
    V16,
    V21,
    V201,
    Play,
    accepted,
    arrived,
    call,
    close_csms,
    close_station,
    csms,
    csms_lost,
    opened,
    own,
    result,
    station,
    station_lost,
    to_csms,
    to_station,
)

ACCEPT = Accept(link=L1, subprotocol=V201)
FORGET = Forget(link=L1)
REFUSED_401 = UpstreamRefused(link=L1, status=401, headers=((b"WWW-Authenticate", b'Basic realm="x"'),), body=b"no")
FAILED = UpstreamFailed(link=L1, reason="no route to host")
COMMON = Router(lambda _identity: StationPolicy(csms="main"), own_key=b"k", uniform=lambda: 0.5).common
STOPPED = ReadingStopped(link=L1, reason="bug", code=1011)


def dial(*offer: str) -> Dial:
    return Dial(link=L1, csms="main", offer=offer)


def away(reason: str = "no route to host", retry_s: int = 2) -> Refuse:
    return Refuse(link=L1, status=503, reason=reason, headers=((b"Retry-After", str(retry_s).encode()),))


def no_version(status: int = 400) -> Refuse:
    return Refuse(link=L1, status=status, reason="no OCPP version in common")


def test_1_3_5_the_upgrade_is_held_until_the_csms_has_accepted():
    (
        Play()
        .when(arrived(offer=(V201, V16)))
        .then(dial(V201, V16))
        .when(accepted(V16))
        .then(Accept(link=L1, subprotocol=V16))
        .noticed(LinkOpened(identity="CS-17", subprotocol=V16))
        .when(station(call("1")))
        .then(to_csms(call("1")))
    )


def test_1_3_6_a_csmss_refusal_is_given_to_the_station_word_for_word():
    (
        Play()
        .given(arrived())
        .when(REFUSED_401)
        .then(
            Refuse(
                link=L1,
                status=401,
                reason="CSMS main answered 401",
                headers=((b"WWW-Authenticate", b'Basic realm="x"'),),
                body=b"no",
            ),
            FORGET,
        )
        .noticed(LinkRefused(identity="CS-17", status=401, cause="csms", reason="CSMS main answered 401"))
    )


def test_a_csms_that_is_away_means_503_and_when_to_come_back():
    play = Play().given(arrived()).when(FAILED).then(away(), FORGET)
    play.noticed(LinkRefused(identity="CS-17", status=503, cause="csms_away", reason="no route to host"))


def test_quirk_1_a_station_without_version_is_assumed_to_speak_one_and_gets_no_header():
    play = Play(assume_subprotocol=V16).when(arrived(offer=())).then(dial(V16))
    play.when(accepted(V16)).then(Accept(link=L1, subprotocol=None))
    assert play.fact(LinkOpened).subprotocol == V16


def test_quirk_3_a_pin_offers_one_version_only():
    Play(subprotocol=V16).when(arrived(offer=(V201, V16))).then(dial(V16))


def test_a_pin_the_station_does_not_offer_is_refused_without_asking_the_csms():
    Play(subprotocol=V16).when(arrived(offer=(V201,))).then(no_version(), FORGET)


@pytest.mark.parametrize("chosen", [None, V16, "ocpp9"])
def test_tc_b_58_no_common_version_is_refused_with_400(chosen):
    play = Play().given(arrived(offer=(V201,))).when(accepted(chosen)).then(no_version(), close_csms(1001))
    assert play.fact(LinkRefused).cause == "subprotocol"
    play.when(csms_lost()).then(FORGET)


def test_p4_3_3_or_upgraded_without_version_and_closed_at_once():
    play = Play(no_common_subprotocol="close").given(arrived()).when(accepted(None))
    play.then(Accept(link=L1, subprotocol=None), close_csms(1001), close_station(1002))
    assert play.fact(LinkRefused).status == 101
    play.when(csms_lost()).then().when(station_lost()).then(FORGET)


def test_a_hopeless_pin_with_style_close_is_upgraded_and_closed():
    play = Play(subprotocol=V16, no_common_subprotocol="close").when(arrived(offer=(V201,)))
    play.then(Accept(link=L1, subprotocol=None), close_station(1002)).when(station_lost()).then(FORGET)


def test_a_station_that_leaves_during_the_dial_takes_the_dial_with_it():
    play = Play().given(arrived()).when(station_lost(reason="reset")).then(close_csms(1001), FORGET)
    play.noticed(LinkRefused(identity="CS-17", status=499, cause="gone", reason="reset"))
    play.when(accepted()).then().when(csms_lost()).then().when(FAILED).then()


def test_a_dial_that_answers_after_all_while_the_link_ends_is_not_joined():
    play = Play(handshake="early").given(arrived(), station(call("1"))).when(STOPPED)
    play.then(close_csms(1001), close_station(1001))
    play.when(accepted()).then().when(REFUSED_401).then().when(FAILED).then().when(csms_lost()).then()
    play.when(station_lost()).then(FORGET)


EARLY = {"handshake": "early", "probe_grace_s": 2.0}


def test_quirk_2_early_greets_at_once_and_dials_upon_the_first_frame():
    (
        Play(**EARLY)
        .when(arrived(offer=(V16, V201)))
        .then(ACCEPT)
        .alarm(2.0)
        .when(station(call("1", "BootNotification")))
        .then(dial(V201))
        .when(station(call("2")))
        .then()
        .when(accepted(V201))
        .then(to_csms(call("1", "BootNotification")))
        .when(csms(result("1")))
        .then(to_station(result("1")), to_csms(call("2")))
    )


def test_quirk_2_a_quiet_station_is_dialled_for_after_the_grace():
    Play(**EARLY).given(arrived()).after(1.9).then().alarm().after(0.1).then(dial(V201))


def test_quirk_2_a_probe_that_leaves_never_reaches_the_csms():
    Play(**EARLY).given(arrived()).when(station_lost()).then(FORGET).after(5).then()


def test_quirk_1_early_without_offer_takes_the_assumed_version():
    play = Play(assume_subprotocol=V16, **EARLY).when(arrived(offer=())).then(Accept(link=L1, subprotocol=None))
    play.when(station(call("1"))).then(dial(V16)).when(accepted(None)).then(to_csms(call("1")))
    assert play.fact(LinkOpened).subprotocol == V16


def test_early_with_nothing_usable_on_offer_is_refused():
    Play(**EARLY).when(arrived(offer=("ocpp0.1",))).then(no_version(), FORGET)


@pytest.mark.parametrize(
    ("verdict", "code", "status", "cause"),
    [
        (REFUSED_401, 1008, 401, "csms"),
        (UpstreamRefused(link=L1, status=502), 1001, 502, "csms_away"),
        (FAILED, 1001, 503, "csms_away"),
    ],
)
@pytest.mark.parametrize("style", ["close", "drop"])
def test_early_a_station_already_let_in_is_let_go(verdict, code, status, cause, style):
    play = Play(close_style=style, **EARLY).given(arrived(), station(call("1"))).when(verdict)
    play.then(close_station(code, style=style))
    assert (play.fact(LinkRefused).status, play.fact(LinkRefused).cause) == (status, cause)
    play.when(station_lost()).then(FORGET)


@pytest.mark.parametrize(("chosen", "assumed"), [(V16, None), (None, None), (None, V16)])
def test_early_a_csms_that_takes_another_version_is_left_again(chosen, assumed):
    play = Play(assume_subprotocol=assumed, **EARLY).given(arrived(), station(call("1"))).when(accepted(chosen))
    play.then(close_csms(1001), close_station(1002)).when(csms_lost(), station_lost()).then(FORGET)


def test_p6_early_what_waits_is_bounded_like_everything():
    play = Play(max_waiting=2, **EARLY).given(arrived(), station(call("0")), station(call("1")))
    play.when(station(call("2"))).then(Pause(link=L1, leg=Leg.STATION))
    play.when(accepted()).then(to_csms(call("0"))).when(csms(result("0")))
    play.then(to_station(result("0")), to_csms(call("1")), Resume(link=L1, leg=Leg.STATION))


def test_p6_early_a_flood_before_the_csms_answers_ends_the_link():
    play = Play(max_waiting=2, **EARLY).given(arrived(), *(station(call(str(n))) for n in range(68)))
    play.when(station(call("68"))).then(close_csms(1001), close_station(1013))
    assert play.fact(LinkRefused).cause == "overrun"


def test_6_3_a_station_that_leaves_takes_its_csms_leg_with_it():
    play = opened().given(station(call("1"))).when(station_lost(code=1000, reason="bye"))
    play.then(close_csms(1000, "bye"))
    play.noticed(LinkLost(identity="CS-17", by=Leg.STATION, cause="station_closed", code=1000, reason="bye"))
    play.when(csms(result("1"))).then().when(csms_lost(code=1000)).then(FORGET)


def test_6_3_a_station_that_vanishes_is_going_away_for_the_csms():
    opened().when(station_lost(reason="reset by peer")).then(close_csms(1001))


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1008, 1011, 3000, 4000])
def test_6_3_a_stations_goodbye_reaches_the_csms_as_it_was_said(code):
    opened().when(station_lost(code=code)).then(close_csms(code))


@pytest.mark.parametrize(
    ("code", "told", "cause"),
    [
        (1000, 1000, "csms_closed"),
        (1012, 1012, "csms_closed"),
        (4321, 4321, "csms_closed"),
        (1005, 1005, "csms_closed"),
        (1006, 1001, "csms_closed"),
        (None, 1001, "csms_closed"),
        (1008, 1008, "csms_refused"),
    ],
)
@pytest.mark.parametrize("style", ["close", "drop"])
def test_6_3_a_csms_that_leaves_takes_the_station_leg_with_it(code, told, cause, style):
    play = opened(close_style=style).given(station(call("1"))).when(csms_lost(code=code))
    play.then(close_station(told, style=style))
    assert (play.fact(LinkLost).cause, play.fact(LinkLost).by) == (cause, Leg.CSMS)
    play.when(station(call("2"))).then().when(station_lost()).then(FORGET)


def test_6_3_the_policys_code_is_told_when_the_csms_gave_none():
    opened(close_code=1012).when(csms_lost()).then(close_station(1012))


def test_3_5_at_the_end_own_calls_are_over_and_nobody_answers_for_a_peer():
    play = opened().given(station(call("1")), csms(call("2"))).when(own(token=8)).when(csms_lost(code=1000))
    play.then(close_station(1000))
    assert (play.fact(OwnCallEnded).token, play.fact(OwnCallEnded).verdict) == (8, "dropped")


def test_own_calls_without_an_open_link_are_dropped_at_once():
    play = Play().given(arrived()).when(own(token=8)).then()
    assert play.fact(OwnCallEnded).verdict == "dropped"
    play.given(accepted(), csms_lost()).when(own(token=9)).then()
    assert play.fact(OwnCallEnded).verdict == "dropped"


@pytest.mark.parametrize(("code", "cause"), [(1011, "bug"), (1001, "stopping"), (1012, "stopping")])
def test_an_open_link_the_edge_gives_up_is_let_go_both_ways(code, cause):
    play = opened().when(ReadingStopped(link=L1, reason="so be it", code=code))
    play.then(close_csms(code, "so be it"), close_station(code, "so be it"))
    assert (play.fact(LinkLost).cause, play.fact(LinkLost).by) == (cause, None)
    play.when(STOPPED).then().when(station_lost(), csms_lost()).then(FORGET)


def test_a_waiting_station_the_edge_gives_up_is_refused():
    Play().given(arrived()).when(STOPPED).then(away("bug", 1), close_csms(1001), FORGET)


# Every state meets every move and every event.

REACHED: dict[State, tuple[dict[str, object], list[Event]]] = {
    State.HELD: ({"hold_s": 5.0}, []),
    State.DIALLING: ({}, [arrived()]),
    State.GREETED: (EARLY, [arrived()]),
    State.JOINING: (EARLY, [arrived(), station(call("1"))]),
    State.OPEN: ({}, [arrived(), accepted()]),
    State.ENDING: ({}, [arrived(), accepted(), csms_lost()]),
}
BUGS = {
    State.HELD: {"accepted", "refused", "failed", "frame up", "frame down", "lost up"},
    State.DIALLING: {"frame up", "frame down", "lost up"},
    State.GREETED: {"accepted", "refused", "failed", "frame up", "lost up"},
    State.JOINING: {"frame up", "lost up"},
    State.OPEN: {"accepted", "refused", "failed"},
    State.ENDING: set(),
}
"""Events that only an edge with a bug can report: listed as impossible, everything else is survived."""
EVENTS: dict[str, Event] = {
    "accepted": UpstreamAccepted(link=L1, subprotocol=V201),
    "refused": REFUSED_401,
    "failed": FAILED,
    "frame down": FrameArrived(link=L1, leg=Leg.STATION, text=call("1")),
    "frame up": FrameArrived(link=L1, leg=Leg.CSMS, text=call("1")),
    "lost down": LegLost(link=L1, leg=Leg.STATION, reason=""),
    "lost up": LegLost(link=L1, leg=Leg.CSMS, reason=""),
    "woke": Woke(link=L1),
    "asked": own(),
    "stopped": STOPPED,
}


def reach(state: State) -> tuple[Play, Link]:
    settings, events = REACHED[state]
    play = Play(**settings)
    if state is State.HELD:
        play.given(arrived(), FAILED, arrived())
    else:
        play.given(*events)
    link = play.router._links[L1]
    assert link.state is state
    return play, link


@pytest.mark.parametrize(("state", "name"), list(itertools.product(REACHED, EVENTS)))
def test_every_event_in_every_state_is_handled_or_listed_as_impossible(state, name):
    play, link = reach(state)
    if name in BUGS[state]:
        with pytest.raises(OurBug, match=state.name):
            play.when(EVENTS[name])
        assert link.state is state
    else:
        play.when(EVENTS[name])


@pytest.mark.parametrize("state", REACHED)
def test_after_a_bug_every_link_can_still_be_let_go_and_is_forgotten(state):
    play, link = reach(state)
    play.when(STOPPED)
    assert link.over
    play.when(station_lost(), csms_lost())
    assert link.state is State.GONE
    assert len(play.router) == 0


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_every_move_is_in_the_table_or_our_bug(state, move):
    link = Link(arrived(), StationPolicy(csms="main"), COMMON)
    link.state = state
    if (state, move) in MOVES:
        link._move(move)
        assert link.state is MOVES[state, move]
    else:
        with pytest.raises(OurBug, match=f"{move.name} from {state.name}"):
            link._move(move)


def test_every_state_can_end_and_every_end_is_forgotten():
    for state in set(State) - {State.ENDING, State.GONE}:
        assert MOVES[state, Move.END] is State.ENDING
    assert not any(state is State.GONE for state, _ in MOVES)


def test_there_is_no_conversation_before_the_station_is_let_in():
    link = Link(arrived(), StationPolicy(csms="main"), COMMON)
    link.arrive(Instant(0.0), [])
    with pytest.raises(OurBug, match="no conversation"):
        _ = link.exchange


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_close_commands_name_their_leg_once(version):
    play = opened(version).when(STOPPED)
    assert [command.leg for command in play.commands if isinstance(command, Close)] == [Leg.CSMS, Leg.STATION]
