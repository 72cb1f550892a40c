"""`localctl docs`: every shipped page, by name, as it is."""

import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from localctl.cli import OK, USAGE, docs

PAGES = Path(__file__).parents[3] / "localctl" / "docs"


def test_every_page_is_a_topic(capsys: pytest.CaptureFixture[str]):
    assert set(docs.topics()) == {str(page.relative_to(PAGES))[: -len(".md")] for page in PAGES.rglob("*.md")}
    assert docs.run() == OK
    assert "config.toml: every key" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["config", "config.md"])
def test_in_a_pipe_a_page_comes_as_it_was_written(name: str, capsys: pytest.CaptureFixture[str]):
    assert docs.run(name) == OK
    assert capsys.readouterr().out == (PAGES / "config.md").read_text()


def test_on_a_terminal_it_is_laid_out(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(docs, "out_console", lambda: Console(file=sys.stdout, width=80))
    assert docs.run("states") == OK
    assert "# State machines" not in capsys.readouterr().out.splitlines()


def test_a_page_that_is_not_there_is_wrong_usage_with_the_nearest_name(capsys: pytest.CaptureFixture[str]):
    assert docs.run("confg") == USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "did you mean `config`?" in shown.err
    assert docs.run("../../secrets") == USAGE


@pytest.mark.parametrize("words", ["0 A", "0  a"])
def test_words_that_are_no_page_are_looked_for_in_all_of_them(words: str, capsys: pytest.CaptureFixture[str]):
    assert docs.run(words) == OK
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("troubleshooting ") for line in lines)


def test_words_are_found_whole_once_per_section_and_a_comment_in_code_is_no_heading(tmp_path: Path):
    page = tmp_path / "one.md"
    page.write_text("# One\n10 A\n## Two\n0 A, 0\nA\n```sh\n# no heading: 0 a\n```\n## Three\n0 Ah\n")
    assert docs.sections("0 A", {"one": page}) == {("one", "Two"): 3}


def test_a_page_comes_through_the_pager_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    paged: list[str] = []
    monkeypatch.setattr("pydoc.pager", paged.append)
    monkeypatch.delenv("LESS", raising=False)
    docs.run("states")
    assert paged == []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    docs.run("states")
    assert "State machines" in paged[0]
    assert os.environ["LESS"] == docs.LESS
    monkeypatch.setenv("LESS", "S")
    docs.run("states")
    assert os.environ["LESS"] == "S"


def test_pages_of_a_folder_have_its_name_in_front(tmp_path: Path):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "start.md").write_text("# Anfang\n")
    (tmp_path / "picture.svg").touch()
    assert [name for name, _ in docs._below(tmp_path, "")] == ["de/start"]
