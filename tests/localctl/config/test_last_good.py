"""A copy of the last good configuration starts the box when the file is broken."""

import os
import stat

import pytest

from localctl.config.last_good import NAME, keep, last_good, state_dir
from localctl.config.load import load
from tests.localctl.config.files import ROUTER


@pytest.fixture
def file(tmp_path):
    """A good configuration whose state is beside it."""
    path = tmp_path / "config.toml"
    path.write_text('[controller]\nstate_dir = "state"\n' + ROUTER)
    return path


def kept(file):
    """Keep the file as it is now; where the copy is."""
    loaded = load(file, {})
    assert loaded.config is not None, loaded.problems
    keep(loaded)
    return loaded.config.controller.state_dir / NAME


def test_the_copy_is_the_files_own_text_and_its_owners_alone(file):
    copy = kept(file)
    assert copy == file.parent / "state" / NAME
    assert copy.read_bytes() == file.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in copy.parent.iterdir()) == [NAME]


@pytest.mark.parametrize("mistake", ["nonsense = 1\n", "[[[", "\x00"])
def test_a_broken_file_is_replaced_by_the_last_good_one(file, mistake):
    kept(file)
    good = load(file, {}).config
    file.write_text(file.read_text() + mistake)
    assert load(file, {}).config is None
    assert last_good(file, {}).config == good


def test_a_file_that_is_gone_is_replaced_too_when_systemd_says_where_the_state_is(file):
    copy = kept(file)
    file.unlink()
    assert last_good(file, {"STATE_DIRECTORY": str(copy.parent)}).config is not None


def test_relative_names_in_the_copy_start_at_the_folder_of_the_original(file):
    (file.parent / "token").write_text("a-token-of-some-length")
    (file.parent / "token").chmod(0o600)
    file.write_text(file.read_text() + '[http]\ntoken_file = "token"\n')
    kept(file)
    file.write_text(file.read_text() + "nonsense = 1\n")
    assert last_good(file, {}).config.http.token.reveal() == "a-token-of-some-length"


def test_without_a_copy_there_is_nothing_to_start_with(file):
    assert last_good(file, {}) is None


def test_a_bad_configuration_never_replaces_the_copy(file):
    copy = kept(file)
    before = copy.read_bytes()
    file.write_text(file.read_text() + "nonsense = 1\n")
    keep(load(file, {}))
    assert copy.read_bytes() == before


def test_the_copys_date_says_since_when_it_is_in_force(file):
    copy = kept(file)
    os.utime(copy, (1, 1))
    kept(file)
    assert copy.stat().st_mtime == 1
    file.write_text(file.read_text() + "# changed\n")
    kept(file)
    assert copy.stat().st_mtime > 1


def test_p7_what_was_read_is_in_no_repr(file):
    file.write_text(file.read_text() + '[http]\ntoken = "hunter2hunter2hunter2"\n')
    assert "hunter2" not in repr(load(file, {}))


@pytest.mark.parametrize(
    ("text", "environ", "place"),
    [
        ('[controller]\nstate_dir = "/srv/box"\n[[[', {"STATE_DIRECTORY": "/var/lib/x"}, "/srv/box"),
        ("  state_dir='/srv/box' # here\n", {}, "/srv/box"),
        ('# state_dir = "/srv/box"\n', {"STATE_DIRECTORY": "/var/lib/x:/var/lib/y"}, "/var/lib/x"),
        ('state_dir = "/srv/box\n', {}, "/var/lib/localctl"),
        ("", {}, "/var/lib/localctl"),
    ],
)
def test_a_broken_file_may_still_tell_where_the_state_is(tmp_path, text, environ, place):
    (tmp_path / "config.toml").write_text(text)
    assert str(state_dir(tmp_path / "config.toml", environ)) == place
