"""The timeline's figures: to the second for a quarter of an hour, a day on disk, gaps as gaps."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from localctl.observe.snapshot import SnapshotBox
from localctl.store.history import STEP_S, HistoryStore, Sample
from localctl.web import history as module
from localctl.web.history import FINE_S, History, HistoryApi, columns
from tests.localctl.charging.scene import START, Scene
from tests.localctl.web.shown import full

NONE = (None,) * 9


@pytest.fixture
def store(tmp_path: Path):
    one = HistoryStore(tmp_path)
    yield one
    one.close()


def instants(history: History, *, fine: bool) -> list[float]:
    return [sample.at for sample in history.read("main", 0.0, 1e12, fine=fine)]


def asked(api: HistoryApi, query: str) -> tuple[int, Any]:
    request = Request({"type": "http", "query_string": query.encode(), "headers": [], "method": "GET", "path": "/"})
    answer = asyncio.run(api.read(request))
    return answer.status_code, json.loads(bytes(answer.body))


def test_every_second_is_kept_in_memory_and_every_quarter_minute_on_disk(store: HistoryStore):
    history = History(store)
    for second in range(60):
        history.record(full(taken_at=START + second))
    assert instants(history, fine=True) == [START + second for second in range(60)]
    assert instants(history, fine=False) == [START, START + 15, START + 30, START + 45]


def test_a_sample_has_limit_given_and_measured_of_each_phase(store: HistoryStore):
    history = History(store)
    history.record(full())
    (sample,) = history.read("main", 0.0, 1e12, fine=False)
    panels: Any = full().charging["panels"]
    lines = panels[0]["phases"].values()
    assert sample.amps == pytest.approx(
        [line[name] for line in lines for name in ("net_a", "allocated_a", "measured_a")], abs=0.001
    )
    assert sample.amps[:3] == (13.0, 13.0, 9.0)


def test_the_same_snapshot_is_one_sample_and_one_without_a_cycle_is_none(store: HistoryStore):
    history, snapshot = History(store), full()
    history.record(snapshot)
    history.record(snapshot)
    history.record(full(charging=Scene().picture()))
    history.record(full(charging={}))
    assert len(instants(history, fine=True)) == 1


def test_memory_holds_a_quarter_of_an_hour(store: HistoryStore):
    history = History(store)
    for second in range(FINE_S + 50):
        history.record(full(taken_at=START + second))
    assert len(instants(history, fine=True)) == FINE_S


def test_a_bug_in_recording_ends_nothing(store: HistoryStore):
    history = History(store)
    with capture_logs() as told:
        history.record(full(charging={"cycle_at": 1.0}))
    assert [line["event"] for line in told] == ["the history of this moment could not be taken"]


def test_panels_that_left_the_site_leave_the_history(store: HistoryStore):
    store.keep({"old": Sample(at=START, amps=NONE)})
    History(store).record(full())
    assert store.read("old", 0.0, 1e12) == []


def test_a_pause_is_a_gap_and_not_a_line():
    samples = [Sample(at=at, amps=(float(at),) * 9) for at in (0, 15, 150)]
    shown: Any = columns("main", ["L1", "L3"], samples, STEP_S)
    assert shown["at"] == [0, 15, 30, 150]
    assert shown["phases"]["L3"]["given"] == [0.0, 15.0, None, 150.0]
    assert set(shown["phases"]) == {"L1", "L3"}


def test_the_api_gives_columns_of_the_panel_asked_for(store: HistoryStore, monkeypatch: pytest.MonkeyPatch):
    snapshot, history = full(), History(store)
    monkeypatch.setattr(module, "time", lambda: snapshot.taken_at + 1)
    history.record(snapshot)
    api = HistoryApi(SnapshotBox(snapshot), history)
    for span in (FINE_S, 86_400):
        status, shown = asked(api, f"panel=main&span={span}")
        assert (status, shown["panel"], shown["at"]) == (200, "main", [snapshot.taken_at])
        assert shown["phases"]["L1"]["limit"] == [13.0]
    assert asked(api, f"panel=sub&since={snapshot.taken_at}")[1]["at"] == []
    assert asked(api, "")[1]["panel"] == "main"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("panel=nope", 404, "no panel 'nope' here; there are main, sub"),
        ("span=1e99", 400, "span must be a number"),
        ("span=-1", 400, "span"),
        ("since=" + "9" * 500, 400, "since"),
        ("span=%D9%A3", 400, "span"),
        ("panel=" + "x" * 5000, 404, "no panel"),
    ],
)
def test_p6_what_cannot_be_asked_is_named(store: HistoryStore, query: str, status: int, words: str):
    told = asked(HistoryApi(SnapshotBox(full()), History(store)), query)
    assert told[0] == status
    assert words in told[1]["error"]
    assert len(told[1]["error"]) < 300


def test_a_box_without_panels_has_no_history(store: HistoryStore):
    assert asked(HistoryApi(SnapshotBox(full(charging={})), History(store)), "")[0] == 404
