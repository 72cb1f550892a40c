"""Talk goes to stderr; a peer's words never become markup or terminal commands."""

import io

import pytest
from rich.console import Console

from localctl.cli.render import out_console, plain, table, talk, up_or_down


def rendered(*cells: str) -> str:
    out = io.StringIO()
    shown = table("a")
    for cell in cells:
        shown.add_row(cell)
    Console(file=out, width=200, force_terminal=True).print(shown)
    return out.getvalue()


def test_talk_is_not_data(capsys: pytest.CaptureFixture[str]):
    talk("one moment")
    assert capsys.readouterr() == ("", "one moment\n")


def test_brackets_of_a_peer_are_brackets():
    assert "[red]CS1[/red]" in rendered(plain("[red]CS1[/red]"))


def test_a_peer_cannot_command_the_terminal():
    shown = rendered(plain("CS\x1b[2J1\r\n\x07"))
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown


def test_up_and_down_are_words_before_they_are_colours():
    assert "up" in rendered(up_or_down(True))
    assert "away" in rendered(up_or_down(False))


def test_a_pipe_gets_whole_lines_however_long(capsys: pytest.CaptureFixture[str]):
    shown = table("name", "text")
    shown.add_row("x", "word " * 100)
    out_console().print(shown)
    assert len(capsys.readouterr().out.splitlines()) == 2
