"""The handbook's pages taken apart for the tests that look at them: fences, spans, links, headings."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from localctl.cli.main import app
from localctl.web.manual import anchor
from tests.repo.tree import ROOT

DOCS = ROOT / "localctl" / "docs"
GENERATED = {"carrying", "cli", "config", "conformance", "metrics", "states"}
"""Pages that `make docs` writes as a whole."""
WRITTEN = sorted(path for path in DOCS.glob("*.md") if path.stem not in GENERATED)
ALL = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A block of code: its language, the words behind that, and its lines."""

    language: str
    words: tuple[str, ...]
    body: str


def fences(page: Path) -> list[Fence]:
    """Every block of code of a page."""
    found = []
    for info, body in _FENCE.findall(page.read_text(encoding="utf-8")):
        language, *words = info.split() or [""]
        found.append(Fence(language=language, words=tuple(words), body=body))
    return found


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def spans(page: Path) -> list[str]:
    """Code in the midst of sentences; a span may go over the end of a line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(page))]


def links(page: Path) -> list[str]:
    """Where the page's links and pictures lead."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """The names by which the page's headings can be linked."""
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)}


def command_lines(page: Path) -> Iterator[list[str]]:
    """Every `localctl ...` that the page tells somebody to type, as words without the program's own name."""
    typed = [line for fence in fences(page) if fence.language == "sh" for line in fence.body.splitlines()]
    for line in [*typed, *spans(page)]:
        found = re.match(r"(?:\$ |sudo |docker exec localctl )*(?:\S*/)?localctl ([a-z].*)$", line.strip())
        if found:
            yield shlex.split(found[1].split(" | ")[0].split(" > ")[0], comments=True)


def wrong_command(words: list[str]) -> str | None:
    """What the command line's own parser says about them; None where it can take them."""
    command = typer.main.get_command(app)
    rest = list(words)
    while (inner := getattr(command, "commands", None)) is not None and rest:
        if rest[0] not in inner:
            return f"no command {rest[0]!r}"
        command = inner[rest.pop(0)]
    context = command.context_class(command, info_name="localctl")
    try:
        command.make_parser(context).parse_args(rest)
    except Exception as error:  # typer brings a kind of click of its own
        return f"{type(error).__name__}: {error}"
    return None
