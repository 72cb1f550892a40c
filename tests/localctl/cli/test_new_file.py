"""Files that commands make: new ones only, and never half of one."""

import os
import stat
from pathlib import Path

import pytest

from localctl.cli.new_file import NotWritten, new_file


def test_what_was_written_is_there_and_for_its_owner_only(tmp_path: Path):
    with new_file(tmp_path / "new") as file:
        file.write(b"all of it")
    assert (tmp_path / "new").read_bytes() == b"all of it"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_left_alone(tmp_path: Path):
    (tmp_path / "old").write_text("precious")
    with (
        pytest.raises(NotWritten, match=r"old is there already and is left alone; name another file"),
        new_file(tmp_path / "old"),
    ):
        pass
    assert (tmp_path / "old").read_text() == "precious"


@pytest.mark.parametrize(("name", "reason"), [("none/new", "No such file or directory"), ("a\0b", "null byte")])
def test_what_cannot_be_made_is_told_with_the_reason_and_the_way_out(tmp_path: Path, name: str, reason: str):
    with (
        pytest.raises(NotWritten, match=rf"cannot be written: .*{reason}; name a file in a folder"),
        new_file(tmp_path / name),
    ):
        pass


def test_a_disk_that_fills_up_leaves_no_half_a_file(tmp_path: Path):
    def write() -> None:
        with new_file(tmp_path / "new") as file:
            file.write(b"half")
            raise OSError(28, os.strerror(28))

    with pytest.raises(NotWritten, match=r"new cannot be written: No space left on device"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_whatever_else_goes_wrong_goes_on_and_leaves_none_either(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt), new_file(tmp_path / "new"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
