"""Reading files: what is wrong with the file itself, line ends, size, and mistakes that must not hide each other."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.config.load import MAX_BYTES, default_file, load, parse
from localctl.config.problems import Finding, Severity
from tests.localctl.config.files import ROUTER, read, whats


def test_an_absent_file_is_an_error_that_says_what_to_do(tmp_path):
    loaded = load(tmp_path / "none.toml", {})
    assert loaded.config is None
    assert loaded.problems[0].what == "no such file"
    assert "localctl config reference" in loaded.problems[0].hint


def test_a_folder_and_an_impossible_name_are_errors(tmp_path):
    assert whats(load(tmp_path, {})) == ["cannot be read: Is a directory"]
    assert "not a folder" in load(tmp_path, {}).problems[0].hint
    assert whats(load(Path("a\0b"), {})) == ["cannot be read: is not a possible file name"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(tmp_path):
    file = tmp_path / "c.toml"
    file.touch(mode=0o000)
    assert whats(load(file, {})) == ["cannot be read: Permission denied"]


def test_a_file_of_ten_megabytes_is_refused_without_reading_it_all(tmp_path):
    file = tmp_path / "big.toml"
    file.write_bytes(b"#" * 10_000_000)
    assert whats(load(file, {})) == [f"is longer than {MAX_BYTES // 1_000_000} MB"]


def test_windows_line_ends_are_fine_and_counted_as_lines():
    loaded = parse((ROUTER + "[http]\nprot = 1\n").replace("\n", "\r\n").encode(), file="f", folder=Path(), environ={})
    assert [(problem.what, problem.place.line) for problem in loaded.problems] == [("unknown key", 11)]


def test_relative_names_start_at_the_folder_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "c.toml").write_text(ROUTER + '[http]\ntoken_file = "token"\n')
    (tmp_path / "token").write_text("0123456789abcdef\n")
    (tmp_path / "token").chmod(0o600)
    monkeypatch.chdir(tmp_path.parent)
    loaded = load(Path(tmp_path.name) / "c.toml", {})
    assert loaded.problems == ()
    assert loaded.config.http.token.reveal() == "0123456789abcdef"


def test_a_mistake_in_one_table_does_not_hide_one_in_another_nor_shift_its_row():
    loaded = read(
        ROUTER
        + """
[[station]]
identity = "CP1"
weight = "1"
[[station]]
identity = "CP2"
[[station]]
identity = "CP2"
panel = "nowhere"
evses = [{ id = 1 }]
"""
    )
    assert [problem.path for problem in loaded.problems] == [
        "station[0].weight",
        "station[2].identity",
        "station[2].panel",
    ]
    assert loaded.config is None


def test_a_misspelt_key_does_not_cause_a_second_message_about_its_absence():
    loaded = read(
        ROUTER + '[[panel]]\nid = "main"\nfuse_a = 63\n[[station]]\nidentity = "C"\npanel = "main"\nevse = []\n'
    )
    assert [problem.path for problem in loaded.errors] == ["station[0].evse"]


def test_a_panel_with_a_mistake_is_still_known_to_its_stations():
    loaded = read(
        ROUTER
        + """
[[panel]]
id = "main"
fuse_a = "63"
[[station]]
identity = "CP1"
panel = "main"
evses = [{ id = 1 }]
"""
    )
    assert [problem.path for problem in loaded.errors] == ["panel[0].fuse_a"]


def test_warnings_leave_the_configuration_usable():
    loaded = read(ROUTER + '[http]\ntoken = "0123456789abcdef"\n')
    assert loaded.config is not None
    assert [problem.severity for problem in loaded.problems] == [Severity.WARNING]


def test_findings_of_others_get_their_lines_and_an_error_takes_the_configuration_away():
    loaded = read(ROUTER)
    warned = loaded.with_findings([Finding(path=("csms", 0, "url"), what="slow", severity=Severity.WARNING)])
    assert warned.config is not None
    assert warned.problems[0].place.line == 7
    assert warned.with_findings([Finding(path=("csms", 0), what="bad")]).config is None
    assert loaded.with_findings([]) is loaded


def test_a_syntax_error_inside_a_password_of_several_lines_shows_no_line_of_it():
    loaded = read(ROUTER + '[http]\ntoken = """\nhunter2 \\q\n"""\n')
    assert [problem.source for problem in loaded.problems] == [""]
    assert loaded.problems[0].place.line == 12


def test_without_a_name_the_file_of_this_folder_comes_before_the_one_of_the_system(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_file() == Path("/etc/localctl/config.toml")
    (tmp_path / "config.toml").touch()
    assert default_file() == Path("config.toml")


LINES = st.sampled_from(
    """[[station]] | [http] | [[panel]] | [site] | [defaults] | port = 1 | id = "a" | identity = "b" | x = [ | ] | '
    evses = [{ id = 1 }] | fuse_a = 1e9 | panel = 3 | "" = 1 | a.b.c = {} | token = 'hunter2' | station = 1 | csms = []
    listen = {} | evses = [1, [2], {}] | [station.evses] | [[http.token]] | parent = 'a' | \0 | [[listen]] | [csms]
    csms = [1, {}, { url = "x" }] | station = [{ identity = "c", evses = 1 }] | password = 7 | name = [[["""
    .replace("\n", " | ").split(" | ")
)  # fmt: skip


@given(st.lists(LINES, max_size=12))
def test_whatever_is_written_is_judged_without_an_exception_and_without_showing_a_secret(lines):
    loaded = read("\n".join(lines))
    assert loaded.config is None
    assert loaded.errors
    assert "hunter2" not in repr(loaded.problems)


@given(st.binary(max_size=60))
def test_any_bytes_are_judged_without_an_exception(data):
    assert parse(data, file="f", folder=Path("/site"), environ={}).config is None
