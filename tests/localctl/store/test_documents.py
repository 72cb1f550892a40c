"""The state directory over restarts, power cuts and bad bytes."""

import errno
import json
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from localctl.store.documents import Documents, way_out


def test_what_was_saved_is_there_after_a_restart(tmp_path: Path):
    Documents(tmp_path / "state").save("security", {"profiles": {"CS1": 3}})
    assert Documents(tmp_path / "state").load("security") == {"profiles": {"CS1": 3}}


def test_a_missing_document_is_empty(tmp_path: Path):
    assert Documents(tmp_path).load("nothing") == {}


@pytest.mark.parametrize("bytes_on_disk", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 200_000])
def test_an_unreadable_document_is_put_aside_and_the_box_starts(tmp_path: Path, bytes_on_disk: bytes):
    (tmp_path / "security.json").write_bytes(bytes_on_disk)
    assert Documents(tmp_path).load("security") == {}
    assert (tmp_path / "security.json.broken").read_bytes() == bytes_on_disk
    assert not (tmp_path / "security.json").exists()


def test_a_power_cut_while_writing_leaves_the_old_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    documents = Documents(tmp_path)
    documents.save("security", {"generation": 1})

    def cut(_descriptor: int) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(OSError, match="power cut"):
        documents.save("security", {"generation": 2})
    assert json.loads((tmp_path / "security.json").read_text()) == {"generation": 1}


def test_p7_only_the_owner_can_read_a_document(tmp_path: Path):
    Documents(tmp_path).save("security", {})
    assert stat.S_IMODE((tmp_path / "security.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("error", "below", "words"),
    [
        (OSError(errno.ENOSPC, "full"), ".", "Free some space"),
        (sqlite3.OperationalError("no code at all"), ".", "Free some space"),
        (PermissionError(errno.EACCES, "no"), ".", "Let the user that runs localctl write to"),
        (OSError(errno.EROFS, "read-only"), ".", "Let the user"),
        (PermissionError(errno.EACCES, "no"), "none/at/all", "There is no folder"),
    ],
)
def test_the_way_out_of_a_folder_that_cannot_be_written_is_the_true_one(tmp_path: Path, error, below, words):
    assert way_out(error, tmp_path / below).startswith(words)


def test_what_sqlite_says_of_a_file_it_cannot_open_is_understood(tmp_path: Path):
    with pytest.raises(sqlite3.OperationalError) as refused:
        sqlite3.connect(tmp_path / "none" / "journal.db")
    assert way_out(refused.value, tmp_path / "none").startswith("There is no folder")


def test_below_a_file_there_is_no_document(tmp_path: Path):
    (tmp_path / "file").touch()
    assert Documents(tmp_path / "file").load("security") == {}
