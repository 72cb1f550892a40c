"""`localctl docs [PAGE | WORDS]`: the documentation that is shipped with the program, without a network.

A page comes through a pager on a terminal, as it was written anywhere else. Words that are no page are looked for in
all of them.

Exit codes: 0 shown, 2 no such page and no such words.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from rich.markdown import Markdown

from localctl.cli import OK, USAGE
from localctl.cli.render import out_console, plain, table, talk
from localctl.config.problems import near

LESS = "FRX"
"""What `less` needs to show colours, and to leave a page that fits the screen; whoever has set $LESS knows better."""


def run(topic: str | None = None) -> int:
    """Print one page, the sections in which these words are, or without any the list of pages."""
    pages = topics()
    if topic is None:
        return _list(pages)
    page = pages.get(topic.removesuffix(".md"))
    if page is not None:
        return _show(page.read_text(encoding="utf-8"))
    found = sections(topic, pages)
    meant = near(topic, pages)
    if found:
        return _found(found, meant)
    talk(f"there is no page {topic!r}, and nothing about it; {meant or 'see `localctl docs` for what there is'}")
    return USAGE


def topics() -> dict[str, Traversable]:
    """Every page by its name, those of a folder as `folder/page`."""
    return dict(sorted(_below(files("localctl") / "docs", "")))


def sections(words: str, pages: dict[str, Traversable]) -> Counter[tuple[str, str]]:
    """How often these words stand in each section, as page and heading; upper and lower case alike."""
    phrase = r"\s+".join(map(re.escape, words.split()))
    wanted = re.compile(rf"(?<!\w){phrase}(?!\w)", re.IGNORECASE)
    found: Counter[tuple[str, str]] = Counter()
    for name, page in pages.items():
        for heading, text in _sections(page.read_text(encoding="utf-8")):
            found[name, heading] += len(wanted.findall(text))
    return +found


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Each heading with what stands below it, itself included; a # inside a block of code is none."""
    heading, lines, in_code = "", list[str](), False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        if line.startswith("#") and not in_code:
            yield heading, "\n".join(lines)
            heading, lines = line.lstrip("# "), []
        lines.append(line)
    yield heading, "\n".join(lines)


def _below(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _below(one, f"{prefix}{one.name}/")
        elif one.name.endswith(".md"):
            found.append((prefix + one.name.removesuffix(".md"), one))
    return found


def _show(text: str) -> int:
    if not sys.stdout.isatty():
        print(text, end="")
        return OK
    os.environ.setdefault("LESS", LESS)
    console = out_console()
    with console.pager(styles=not console.no_color):
        console.print(Markdown(text))
    return OK


def _list(pages: dict[str, Traversable]) -> int:
    shown = table("page", "")
    for name, page in pages.items():
        head = page.read_text(encoding="utf-8").lstrip().partition("\n")[0]
        shown.add_row(plain(name), plain(head.lstrip("# ")))
    out_console().print(shown)
    return OK


def _found(found: Counter[tuple[str, str]], meant: str) -> int:
    shown = table("page", "section", "times")
    for (page, heading), times in found.items():
        shown.add_row(plain(page), plain(heading), str(times))
    out_console().print(shown)
    talk(f"`localctl docs PAGE` shows one{'; ' * bool(meant)}{meant}")
    return OK
