"""The outbox over HTTP: who may see what, and what a disk that refuses looks like."""

import json
import sqlite3
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import pytest

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.store.journal_values import DeadLetter, QueueRow
from localctl.web.app import build_app
from localctl.web.local_socket import LocalSocket
from localctl.web.outbox_api import outbox_routes
from localctl.web.server import HttpServer
from routing.carrying.items import Item, Kind

ITEM = Item(kind=Kind.TRANSACTION, action="TransactionEvent", message_id="m1", payload='{"idToken":"CARD"}')
LETTER = DeadLetter(
    id=3, identity="CP [1]", item=ITEM, kept_at=50.0, buried_at=99.0, attempts=5, code="InternalError", text="no CARD",
)  # fmt: skip


class Journal:
    """What operators ask of a journal, from memory; `broken` makes its disk refuse."""

    def __init__(self) -> None:
        self.rows = [QueueRow(identity="CP [1]", waiting=7, oldest_at=100.0, bytes=900)]
        self.letters = {3: LETTER}
        self.broken: Exception | None = None

    def numbered(self, number: int) -> DeadLetter:
        return msgspec.structs.replace(LETTER, id=number)

    def queues(self) -> list[QueueRow]:
        if self.broken is not None:
            raise self.broken
        return self.rows

    def dead_letters(self, identity: str | None = None, *, after: int = 0, most: int = 100) -> list[DeadLetter]:
        return [letter for number, letter in sorted(self.letters.items()) if number > after][:most]

    def retry(self, letter: int) -> str | None:
        found = self.letters.pop(letter, None)
        return None if found is None else found.identity

    def drop(self, letter: int) -> bool:
        return self.letters.pop(letter, None) is not None


class Box:
    """A served box with this journal, or with none."""

    def __init__(self, folder: Path, journal: Journal | None) -> None:
        self.journal = journal
        routes = [] if journal is None else outbox_routes(journal, token=lambda: "right")
        shown = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
        app = build_app(box=shown, render_metrics=lambda accept: (b"", ""), routes=routes)
        self.server = HttpServer(app, port=0, local=LocalSocket(path=folder / "box.sock"))
        self.port = self.server.start()
        self.url, self.socket = f"http://127.0.0.1:{self.port}", f"unix:{folder}/box.sock"

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        assert self.server.wait_stopped(30)

    def ask(self, method: str, path: str, token: str | None = "right") -> tuple[int, object]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers={} if token is None else {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with Box(tmp_path, Journal()) as one:
        yield one


def test_p7_the_rows_need_no_token_and_hold_neither_message_nor_the_csms_s_words(box: Box):
    status, told = box.ask("GET", "/api/v1/outbox", None)
    assert status == 200
    assert told["queues"] == [{"identity": "CP [1]", "waiting": 7, "oldest_at": 100.0, "bytes": 900}]
    assert told["dead"][0]["code"] == "InternalError"
    assert "CARD" not in json.dumps(told)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/outbox/letters"), ("POST", "/api/v1/outbox/3/retry"), ("POST", "/api/v1/outbox/3/drop")],
)
def test_messages_and_changes_need_the_token(box: Box, method: str, path: str):
    assert box.ask(method, path, None)[0] == 401
    assert 3 in box.journal.letters
    assert box.ask(method, path)[0] == 200


def test_letters_come_in_pages(box: Box):
    box.journal.letters |= {number: box.journal.numbered(number) for number in range(4, 30)}
    status, told = box.ask("GET", "/api/v1/outbox/letters?after=5")
    assert (status, [one["id"] for one in told["letters"]]) == (200, list(range(6, 16)))
    assert told["letters"][0]["payload"] == ITEM.payload


@pytest.mark.parametrize("number", ["4", "99999999999999999999999999"])
def test_a_letter_that_is_not_there_is_a_404(box: Box, number: str):
    assert box.ask("POST", f"/api/v1/outbox/{number}/retry")[0] == 404
    assert box.ask("POST", f"/api/v1/outbox/{number}/drop")[0] == 404


@pytest.mark.parametrize("fault", [sqlite3.OperationalError("disk I/O error"), TimeoutError()])
def test_a_disk_that_refuses_is_a_503(box: Box, fault: Exception):
    box.journal.broken = fault
    status, told = box.ask("GET", "/api/v1/outbox")
    assert (status, "the journal cannot be read" in told["error"]) == (503, True)
