"""The log of a site: one line per change, none per frame, no secret."""

import pytest

from localctl.observe.log_observer import BURST_LINES, MAX_REMEMBERED, LogObserver
from routing import observations as seen
from routing.values import Instant, Leg, LinkId

CANARY = "c4n4ry-S3cret"


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def info(self, event: str, **facts: object) -> None:
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: object) -> None:
        self.lines.append(("warning", event, facts))

    def error(self, event: str, **facts: object) -> None:
        self.lines.append(("error", event, facts))


def told(*story: seen.Observation, every_s: float = 1.0) -> list[tuple[str, str, dict[str, object]]]:
    log = Lines()
    observer = LogObserver(log)
    for number, what in enumerate(story):
        observer.observe(LinkId(1), what, Instant(number * every_s))
    return log.lines


OPENED = seen.LinkOpened(identity="CS1", subprotocol="ocpp2.0.1")


def lost(cause: str) -> seen.LinkLost:
    return seen.LinkLost(identity="CS1", by=Leg.STATION, cause=cause, code=1006, reason="reset by peer")  # type: ignore[arg-type]


def refused(identity: str = "CS1", status: int = 503) -> seen.LinkRefused:
    return seen.LinkRefused(identity=identity, status=status, cause="csms_away", reason="CSMS main does not answer")


def test_a_station_that_comes_and_goes_leaves_two_lines():
    assert told(OPENED, lost("station_closed")) == [
        ("info", "station connected", {"station": "CS1", "subprotocol": "ocpp2.0.1"}),
        ("info", "station lost", {"station": "CS1", "cause": "station_closed", "by": "station", "code": 1006,
                                  "reason": "reset by peer"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "level"),
    [
        ("half_dead", "warning"),
        ("csms_refused", "warning"),
        ("overrun", "warning"),
        ("bug", "error"),
        ("stopping", "info"),
    ],
)
def test_a_loss_is_as_loud_as_its_cause(cause: str, level: str):
    assert [line[0] for line in told(lost(cause))] == [level]


def test_calls_and_answers_leave_no_line():
    call = {"identity": "CS1", "action": "Authorize", "message_id": "m"}
    assert told(
        seen.CallSeen(**call, leg=Leg.STATION, payload=b"{}"),
        seen.CallAnswered(**call, leg=Leg.STATION, request=b"{}", answer=b"{}", verdict="result", latency_s=0.1),
        seen.CallExpired(**call, to=Leg.CSMS, own=False),
        seen.OwnCallEnded(identity="CS1", token=1, action="Reset", verdict="expired"),
        seen.FollowUpArrived(identity="CS1", token=1, action="NotifyReport", payload=b"{}"),
    ) == []  # fmt: skip


def test_a_station_that_knocks_again_and_again_is_refused_once_until_it_was_in():
    knocks = [refused()] * 5
    assert [line[1] for line in told(*knocks, OPENED, *knocks)] == [
        "station refused", "station connected", "station refused",
    ]  # fmt: skip


def test_another_cause_of_refusal_is_news():
    assert len(told(refused(status=503), refused(status=404), refused(status=503))) == 2


def test_strangers_with_ever_new_names_cannot_fill_the_log():
    crowd = [refused(identity=f"stranger{number}") for number in range(10 * BURST_LINES)]
    assert len(told(*crowd, every_s=0.001)) == BURST_LINES


def test_after_a_flood_the_log_speaks_again():
    crowd = [refused(identity=f"stranger{number}") for number in range(2 * BURST_LINES)]
    log = Lines()
    observer = LogObserver(log)
    for what in crowd:
        observer.observe(LinkId(1), what, Instant(0.0))
    observer.observe(LinkId(1), refused(identity="later"), Instant(3600.0))
    assert log.lines[-1][2]["station"] == "later"


def test_what_was_said_is_remembered_within_bounds():
    observer = LogObserver(Lines())
    for number in range(MAX_REMEMBERED + 500):
        observer.observe(LinkId(1), refused(identity=f"stranger{number}"), Instant(0.0))
    assert len(observer._said) == MAX_REMEMBERED


def test_dropped_frames_of_one_kind_are_said_once():
    dropped = seen.FrameDropped(identity="CS1", leg=Leg.STATION, cause="unreadable", reason="no JSON")
    lines = told(*[dropped] * 50)
    assert [(level, facts["cause"]) for level, _, facts in lines] == [("warning", "unreadable")]


def test_a_boot_is_told_with_the_csmss_verdict():
    booted = seen.StationBooted(identity="CS1", registration=seen.Registration.REJECTED, interval_s=60)
    assert told(booted)[0][2] == {"station": "CS1", "registration": "Rejected", "interval_s": 60}


@pytest.mark.parametrize(
    "what",
    [
        seen.PasswordChanged(identity="CS1", password=CANARY.encode()),
        seen.NetworkProfileSet(identity="CS1", url=f"wss://user:{CANARY}@elsewhere.example/ocpp/{CANARY}", slot=2),
        seen.NetworkProfileSet(identity="CS1", url=f"wss://[{CANARY}", slot=2),
        seen.RootCertificateChanged(identity="CS1", change="deleted"),
    ],
)
def test_changes_that_may_part_a_station_from_the_box_are_warnings_without_secrets(what: seen.Observation):
    ((level, event, facts),) = told(what)
    assert level == "warning"
    assert facts["station"] == "CS1"
    assert CANARY not in f"{event} {facts}"


def test_the_new_address_of_a_station_is_told_by_its_host():
    ((_, _, facts),) = told(seen.NetworkProfileSet(identity="CS1", url="wss://elsewhere.example:9000/x", slot=1))
    assert facts["host"] == "elsewhere.example"


def test_a_peers_words_are_bounded():
    long = seen.LinkLost(identity="x" * 5000, by=None, cause="bug", code=None, reason="y" * 5000)
    ((_, _, facts),) = told(long)
    assert len(str(facts)) < 600
    assert facts["by"] == "localctl"
