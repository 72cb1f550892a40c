"""The documentation on the page: the Markdown files that come with this version, made into pages without any network.

Only files that were found at the start have an address, so no path of a request ever reaches the disk. Raw HTML in them
is shown as text, and links lead to other pages of the manual or to anchors; anything else is left as plain text.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER: Final = Path(__file__).parent.parent / "docs"
FIRST: Final = "index"
ORDER: Final = (
    FIRST, "quick-start", "wiring", "use-garage", "use-ems", "use-two-csms", "use-outage", "use-dc", "use-quirks",
    "use-fleet", "install", "commissioning", "page", "decides", "outages", "troubleshooting", "cli", "config",
)  # fmt: skip
"""Pages that come first, as far as they are there; `/docs/` itself shows the first."""
PICTURES: Final = {".png": "image/png", ".svg": "image/svg+xml"}
"""Kinds of pictures, with what HTTP calls them."""


class Manual:
    """All pages of one folder, by name. Pages are made when first asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {path.stem: path for path in sorted(folder.glob("*.md")) if path.stem.isascii()}
        self._pictures = {path.name: path for path in sorted((folder / "img").glob("*")) if path.suffix in PICTURES}
        self._made: dict[str, str] = {}
        self._reader = MarkdownIt("commonmark", {"html": False}).enable("table")

    def titles(self) -> list[tuple[str, str]]:
        """Name and title of every page, in reading order."""
        names = sorted(self._files, key=lambda name: (_place(name), name))
        return [(name, _title(self._files[name])) for name in names]

    def page(self, name: str) -> str | None:
        """A page's HTML; None where there is no such page."""
        if name not in self._files:
            return None
        if name not in self._made:
            self._made[name] = self._html(self._files[name].read_text(encoding="utf-8"))
        return self._made[name]

    def picture(self, name: str) -> tuple[bytes, str] | None:
        """A picture of the manual and its media type; None where there is no such one."""
        if name not in self._pictures:
            return None
        path = self._pictures[name]
        return path.read_bytes(), PICTURES[path.suffix]

    def _html(self, source: str) -> str:
        tokens = self._reader.parse(source)
        for place, token in enumerate(tokens):
            if token.type == "heading_open":
                token.attrSet("id", anchor(tokens[place + 1].content))
            if token.type == "table_open":
                token.attrSet("tabindex", "0")
            self._settle_links(token.children or ())
        return str(self._reader.renderer.render(tokens, self._reader.options, {}))

    def _settle_links(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "link_open":
                token.attrs = {"href": target} if (target := self._target(str(token.attrGet("href")))) else {}
            elif token.type == "image":
                name = str(token.attrGet("src")).rpartition("/")[2]
                token.attrSet("src", f"/docs/img/{name}" if name in self._pictures else "")
            self._settle_links(token.children or ())

    def _target(self, href: str) -> str | None:
        """Where a link of the files leads here; None for what is not part of the manual."""
        found = re.fullmatch(r"(?:(?:localctl/docs/|\./|\.\./docs/)?([\w-]+)\.md)?(#[\w-]*)?", href)
        if found is None or not href or (found[1] and found[1] not in self._files):
            return None
        return (f"/docs/{found[1]}" if found[1] else "") + (found[2] or "")


def anchor(heading: str) -> str:
    """The name a heading can be linked by, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _title(path: Path) -> str:
    first = next((line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")), "")
    return first.removeprefix("# ").replace("`", "").strip() or path.stem
