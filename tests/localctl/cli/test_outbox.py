"""`localctl outbox`: what waits, the letters nobody would take, and what may be done about them."""

import json
import stat
from pathlib import Path

import pytest

from localctl.cli import FAILED, OK, UNAVAILABLE, outbox
from tests.localctl.web.test_outbox_api import LETTER, Box, box

__all__ = ["box"]


def test_queues_and_dead_letters_are_shown(box: Box, capsys: pytest.CaptureFixture[str]):
    assert outbox.rows(url=box.url) == OK
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["CP", "[1]", "7", "1970-01-01", "00:01:40", "UTC", "900"] in lines
    assert ["3", "CP", "[1]", "TransactionEvent", "1970-01-01", "00:00:50", "UTC", "5", "InternalError"] in lines


def test_when_nothing_waits_that_is_said(box: Box, capsys: pytest.CaptureFixture[str]):
    box.journal.rows, box.journal.letters = [], {}
    assert outbox.rows(url=box.url) == OK
    assert capsys.readouterr().out == "nothing is waiting\n"


def test_a_box_that_keeps_nothing_at_all_has_nothing_waiting(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Box(tmp_path, journal=None) as empty:
        assert outbox.rows(url=empty.url) == OK
        assert outbox.rows(url=empty.url, as_json=True) == OK
        assert outbox.show(1, url=empty.url) == FAILED
        assert outbox.export(tmp_path / "letters", url=empty.socket) == OK
    shown = capsys.readouterr()
    assert shown.out == 'nothing is waiting\n{"queues":[],"dead":[]}\n'
    assert "there is no dead letter 1" in shown.err


def test_one_letter_is_shown_with_its_message(box: Box, capsys: pytest.CaptureFixture[str]):
    assert outbox.show(3, url=box.socket) == OK
    assert json.loads(capsys.readouterr().out)["payload"] == LETTER.item.payload
    assert outbox.show(2, url=box.socket) == FAILED
    assert "there is no dead letter 2" in capsys.readouterr().err


def test_p7_reading_messages_over_tcp_needs_the_token(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LOCALCTL_TOKEN", raising=False)
    assert outbox.show(3, url=box.url) == FAILED
    assert outbox.change("drop", 3, url=box.url) == FAILED
    monkeypatch.setenv("LOCALCTL_TOKEN", "right")
    assert outbox.show(3, url=box.url) == OK


def test_an_export_has_every_letter_and_is_for_its_owner_only(box: Box, tmp_path: Path):
    box.journal.letters |= {number: box.journal.numbered(number) for number in range(4, 40)}
    file = tmp_path / "letters.jsonl"
    assert outbox.export(file, url=box.socket) == OK
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == list(range(3, 40))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert outbox.export(file, url=box.socket) == FAILED


def test_an_export_that_is_refused_leaves_nothing_in_the_way_of_the_next(box: Box, tmp_path: Path, monkeypatch):
    monkeypatch.delenv("LOCALCTL_TOKEN", raising=False)
    file = tmp_path / "letters.jsonl"
    assert outbox.export(file, url=box.url) == FAILED
    assert not file.exists()
    assert outbox.export(file, url=box.socket) == OK


def test_a_letter_can_wait_again_or_be_dropped(box: Box, capsys: pytest.CaptureFixture[str]):
    assert outbox.change("retry", 3, url=box.socket) == OK
    assert capsys.readouterr().out == "dead letter 3 waits again for the CSMS of CP [1]\n"
    assert outbox.change("drop", 3, url=box.socket) == FAILED
    said = capsys.readouterr().err
    assert "there is no dead letter 3" in said
    assert "`localctl outbox list`" in said
    box.journal.letters[4] = box.journal.numbered(4)
    assert outbox.change("drop", 4, url=box.socket) == OK
    assert capsys.readouterr().out == "dead letter 4 is dropped\n"


def test_no_running_localctl_is_69(tmp_path: Path):
    nowhere = f"unix:{tmp_path}/none.sock"
    assert outbox.rows(url=nowhere) == UNAVAILABLE
    assert outbox.show(1, url=nowhere) == UNAVAILABLE
    assert outbox.change("drop", 1, url=nowhere) == UNAVAILABLE
    assert outbox.export(tmp_path / "x", url=nowhere) == UNAVAILABLE
