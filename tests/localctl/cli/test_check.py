"""`localctl check`: exit codes and formats."""

import json
from pathlib import Path

import pytest

from localctl.cli.check import is_placeholder, read, run
from tests.localctl.config.files import ROUTER

EXAMPLE = Path(__file__).parents[3] / "config.toml"


@pytest.fixture
def file(tmp_path):
    """A usable file that other tests spoil."""
    path = tmp_path / "config.toml"
    path.write_text(ROUTER)
    return path


def test_the_example_is_fine_even_strictly(capsys):
    assert run([EXAMPLE], strict=True) == 0
    assert capsys.readouterr().out == f"{EXAMPLE}: fine\n"


def test_an_address_that_only_stands_for_one_is_told_but_no_mistake(file, capsys):
    assert run([file], strict=True) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{file}: fine\n"
    assert "wss://csms.example, which stands for your CSMS's address" in shown.err
    assert run([file], fmt="json") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("wss://csms.example/ocpp", True), ("ws://EXAMPLE.com:80", True), ("wss://a.example.org.", True),
        ("wss://csms.invalid", True), ("wss://myexample.com", False), ("ws://127.0.0.1:9", False),
    ],
)  # fmt: skip
def test_names_reserved_for_examples_stand_for_another(url, is_one):
    assert is_placeholder(url) == is_one


def test_the_example_with_any_table_header_misspelt_is_not_fine(tmp_path):
    for number, line in enumerate(EXAMPLE.read_text().splitlines()):
        if line.startswith("["):
            lines = EXAMPLE.read_text().splitlines()
            lines[number] = line.replace("]", "x]", 1)
            (tmp_path / "c.toml").write_text("\n".join(lines))
            assert run([tmp_path / "c.toml"]) == 78, line


def test_an_invalid_file_gives_78_in_every_format(file, capsys):
    file.write_text(ROUTER + "[http]\nprot = 1\n")
    assert run([file]) == 78
    assert "did you mean `port`?" in capsys.readouterr().out
    assert run([file], fmt="json") == 78
    assert json.loads(capsys.readouterr().out)["errors"] == 1
    assert run([file], fmt="github") == 78
    assert capsys.readouterr().out.startswith("::error file=")


def test_warnings_give_3_only_when_strict(file, capsys):
    file.write_text(ROUTER + '[http]\ntoken = "0123456789abcdef"\n')
    assert run([file]) == 0
    assert run([file], strict=True) == 3
    assert capsys.readouterr().out.count("warning: ") == 2


def test_a_good_file_says_nothing_to_github(file, capsys):
    assert run([file], fmt="github") == 0
    assert capsys.readouterr().out == ""


def test_several_files_are_judged_together(file, tmp_path, capsys):
    assert run([file, tmp_path / "none.toml"]) == 78
    assert "no such file" in capsys.readouterr().out


def test_without_a_name_the_file_of_this_folder_is_checked(file, monkeypatch, capsys):
    monkeypatch.chdir(file.parent)
    assert run() == 0
    assert capsys.readouterr().out == "config.toml: fine\n"


def test_p3_failsafe_currents_that_do_not_fit_a_fuse_are_refused_with_its_line(file):
    file.write_text(EXAMPLE.read_text().replace("fuse_a = 32", "fuse_a = 20"))
    problem = read(file).errors[0]
    assert problem.path == "panel[2].fuse_a"
    assert problem.source == "fuse_a = 20"
    assert "with nobody in control" in problem.what
