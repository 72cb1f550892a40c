"""`localctl docs [TOPIC]`: the documentation that is shipped with the program, without a network and without a pager.

Exit codes: 0 shown, 2 no such topic.
"""

import sys
from importlib.resources import files
from importlib.resources.abc import Traversable

from rich.markdown import Markdown

from localctl.cli import OK, USAGE
from localctl.cli.render import out_console, plain, table, talk
from localctl.config.problems import near


def run(topic: str | None = None) -> int:
    """Print one page, or without a topic the list of them."""
    pages = topics()
    if topic is None:
        return _list(pages)
    page = pages.get(topic.removesuffix(".md"))
    if page is None:
        talk(f"there is no page {topic!r}; {near(topic, pages) or 'see `localctl docs` for what there is'}")
        return USAGE
    text = page.read_text(encoding="utf-8")
    if sys.stdout.isatty():
        out_console().print(Markdown(text))
    else:
        print(text, end="")
    return OK


def topics() -> dict[str, Traversable]:
    """Every page by its name, those of a folder as `folder/page`."""
    return dict(sorted(_below(files("localctl") / "docs", "")))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _below(one, f"{prefix}{one.name}/")
        elif one.name.endswith(".md"):
            found.append((prefix + one.name.removesuffix(".md"), one))
    return found


def _list(pages: dict[str, Traversable]) -> int:
    shown = table("topic", "")
    for name, page in pages.items():
        head = page.read_text(encoding="utf-8").lstrip().partition("\n")[0]
        shown.add_row(plain(name), plain(head.lstrip("# ")))
    out_console().print(shown)
    return OK
