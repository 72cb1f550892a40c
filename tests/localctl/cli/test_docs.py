"""`localctl docs`: every shipped page, by name, as it is."""

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


def test_pages_of_a_folder_have_its_name_in_front(tmp_path: Path):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "start.md").write_text("# Anfang\n")
    (tmp_path / "picture.svg").touch()
    assert [name for name, _ in docs._below(tmp_path, "")] == ["de/start"]
