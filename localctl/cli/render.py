"""Words on a terminal: talk to stderr, tables to stdout, colour only where it can be seen."""

import json
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE = 4000
"""Columns of what is not a terminal."""


def talk(line: str) -> None:
    """One line for the person at the terminal; scripts that read stdout never see it."""
    print(line, file=sys.stderr)


def print_json(answer: object) -> None:
    """A whole answer for scripts, on one line."""
    print(json.dumps(answer, separators=(",", ":")))


def out_console() -> Console:
    """Where data for people goes. rich honours NO_COLOR and leaves pipes plain; there no line is ever folded."""
    on_terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, highlight=False, soft_wrap=not on_terminal, width=None if on_terminal else PIPE)


def table(*columns: str) -> Table:
    """An empty table in the house style: no frame, heads in bold."""
    empty = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        empty.add_column(column, overflow="fold")
    return empty


def up_or_down(up: bool) -> str:
    """Colour and word, as rich markup: colour alone tells nothing to many readers."""
    return "[green]up[/]" if up else "[red]away[/]"


def plain(text: object) -> str:
    """A peer's words inside markup: brackets are brackets, control characters are gone."""
    return escape(
        "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(text))
    )
