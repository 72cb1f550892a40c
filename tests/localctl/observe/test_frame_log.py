"""Frames are told at debug level: once each, by station, without a secret, and not at all otherwise."""

import json

import pytest

from localctl.observe import frame_log
from localctl.observe.frame_log import LONGEST, FrameLog
from routing.commands import Send
from routing.events import FrameArrived, StationArrived
from routing.values import Instant, Leg, LinkId

LINK, NOW = LinkId(1), Instant(0.0)
CALL = '[2,"1","Authorize",{"idToken":{"idToken":"CARD","type":"ISO14443"}}]'


class Log:
    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def debug(self, event: str, **facts: object) -> None:
        self.lines.append({"event": event, **facts})


class Router:
    """Passes every frame on to the CSMS and answers an unreadable one itself."""

    def handle(self, event, now):
        if not isinstance(event, FrameArrived):
            return []
        own = '[4,"-1","RpcFrameworkError","",{}]'
        text = event.text if event.text.startswith("[2") else own
        return [Send(link=event.link, leg=Leg.CSMS if text == event.text else event.leg, text=text)]


@pytest.fixture
def frames() -> FrameLog:
    one = FrameLog(Router(), Log())
    one.on = True
    one.handle(StationArrived(link=LINK, identity="CP1"), NOW)
    return one


def came(text: str) -> FrameArrived:
    return FrameArrived(link=LINK, leg=Leg.STATION, text=text)


def test_what_is_relayed_is_told_once_by_station_and_without_the_card(frames: FrameLog):
    assert [command.text for command in frames.handle(came(CALL), NOW)] == [CALL]
    (line,) = frames._log.lines
    assert (line["event"], line["station"], line["leg"]) == ("frame came in", "CP1", "station")
    assert json.loads(str(line["frame"]))[2] == "Authorize"
    assert "CARD" not in str(line)


def test_what_the_box_says_itself_is_told_too(frames: FrameLog):
    frames.handle(came("CARD"), NOW)
    assert [line["event"] for line in frames._log.lines] == ["frame came in", "frame sent by localctl"]
    assert frames._log.lines[0]["frame"] == "[unreadable, 4 long]"


def test_long_frames_are_cut_after_the_redaction(frames: FrameLog):
    frames.handle(came(json.dumps([2, "1", "DataTransfer", {"data": "x" * 5000}])), NOW)
    shown = str(frames._log.lines[0]["frame"])
    assert len(shown) < LONGEST + 40
    assert shown.endswith("characters)")


def test_while_it_is_off_nothing_is_told_and_everything_is_routed(frames: FrameLog):
    frames.on = False
    assert frames.handle(came(CALL), NOW)
    assert frames._log.lines == []


def test_the_memory_of_names_is_bounded(frames: FrameLog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frame_log, "MOST_NAMES", 10)
    for number in range(50):
        frames.handle(StationArrived(link=LinkId(number), identity=f"CP{number}"), NOW)
    assert len(frames._names) == 10
