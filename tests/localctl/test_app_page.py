"""What the composition root gives the page: events, certificates, and a history that outlives the process."""

import json

import pytest
import trio

from localctl import app as module
from localctl.app import App
from tests.e2e.joined import http_get
from tests.localctl.boxes import config, running, until
from tests.localctl.net.certificates import Pki
from tests.localctl.test_app import arrive


@pytest.fixture(autouse=True)
def _quick_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CYCLE_S", 0.02)


async def test_a_station_that_is_refused_is_an_event_of_the_page(tmp_path):
    box = App(config(tmp_path))
    async with running(box):
        (port,) = box.ports.values()
        peer, status = await arrive(port, "STRANGER")
        assert status >= 400
        await trio.aclose_forcefully(peer.stream)
        await until(lambda: any(event.subject == "STRANGER" for event in box.box.get().events))
        assert "STRANGER refused" in (await http_get(box.http_port, "/"))[1]
        state = json.loads((await http_get(box.http_port, "/api/v1/state"))[1])
        assert state["events"][0]["kind"] == "refused"


async def test_starting_is_no_fault(tmp_path):
    box = App(config(tmp_path))
    async with running(box):
        await until(lambda: box.box.get().state.value == "ready")
        assert [event for event in box.box.get().events if event.kind == "fault"] == []


async def test_the_history_of_a_panel_is_there_again_after_a_restart(tmp_path):
    panel = '[[panel]]\nid = "main"\nfuse_a = 32\n'
    for _ in range(2):
        box = App(config(tmp_path, more=panel))
        async with running(box):
            await until(lambda box=box: box._history.read("main", 0.0, 1e12, fine=False))
            shown = json.loads((await http_get(box.http_port, "/api/history.json?panel=main"))[1])
            assert shown["phases"]["L1"]["limit"][-1] == 32.0
        kept = App(config(tmp_path, more=panel))._history.read("main", 0.0, 1e12, fine=False)
        assert kept, "nobody has run yet, and it is there"


async def test_certificates_are_shown_with_whom_they_are_for_and_a_broken_one_as_such(tmp_path):
    pair = Pki(tmp_path).pair("server", "box.example", cn="box.example")
    listen = f'certificates = [{{ cert_file = "{pair.cert_file}", key_file = "{pair.key_file}" }}]'
    box = App(config(tmp_path, listen=listen, profile=2))
    async with running(box):
        await until(lambda: box.box.get().certificates)
        (shown,) = box.box.get().certificates
        assert shown.use.startswith("server_")
        assert shown.subject == "box.example"
        assert shown.ends_at is not None
    pair.cert_file.write_text("no certificate")
    box._note_certificates()
    (broken,) = box._certificates
    assert (broken.ends_at, broken.subject) == (None, str(pair.cert_file))
