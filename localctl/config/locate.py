"""Where every key and value of a valid TOML text stands: line, column, length.

tomli says what a file means but not where; this walks the same text once more. It may be simple because tomli has
already accepted the text, so it never has to judge, only to step over: keys, strings of four kinds, arrays, inline
tables, headers. A path such as `("station", 0, "evses", 1, "id")` counts array elements from 0, in file order.

Own code instead of a round-trip parser: that one takes sixteen times as long as tomli itself and keeps no positions.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

Part = str | int
Path = tuple[Part, ...]

_BLANK: Final = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}#\n]*[^,\]}#\n \t]")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'", re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))")
_ESCAPED: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of one line, counted from 1."""

    line: int
    column: int
    length: int


class Places:
    """The places of one text. `text` must be valid TOML with plain newlines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        scanner = _Scanner(text)
        scanner.document()
        self._keys, self._values = scanner.keys, scanner.values

    def key(self, path: Path) -> Place | None:
        """Where the key (or the header of the table, or the array element) stands; None for what is not written."""
        return self._place(self._keys.get(path) or self._values.get(path))

    def value(self, path: Path) -> Place | None:
        """Where the value stands; of a table its header."""
        return self._place(self._values.get(path) or self._keys.get(path))

    def nearest(self, path: Path) -> Path:
        """The longest beginning of the path that is written in the file."""
        while path and path not in self._keys and path not in self._values:
            path = path[:-1]
        return path

    def all_keys(self) -> dict[Path, Place]:
        """All keys and headers with their places."""
        return {path: place for path in self._keys if (place := self.key(path)) is not None}

    def line(self, number: int) -> str:
        """The text of a line, without its newline."""
        end = self._starts[number] - 1 if number < len(self._starts) else len(self._text)
        return self._text[self._starts[number - 1] : end]

    def _place(self, span: tuple[int, int] | None) -> Place | None:
        if span is None:
            return None
        line = bisect_right(self._starts, span[0])
        column = span[0] - self._starts[line - 1]
        length = min(span[1] - span[0], len(self.line(line)) - column)
        return Place(line=line, column=column + 1, length=max(1, length))


class _Scanner:
    """One walk over the text; `at` is where it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, tuple[int, int]] = {}
        self.values: dict[Path, tuple[int, int]] = {}
        self.counts: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self._blank() < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 1 + many
        parts = [part for part, _ in self._parts()]
        self.at += 1 + many
        path = (*self._inside(tuple(parts[:-1])), parts[-1])
        if many:
            self.keys.setdefault(path, (start, self.at))
            self.counts[path] = self.counts.get(path, 0) + 1
        path = self._inside(tuple(parts))
        self.keys.setdefault(path, (start, self.at))
        return path

    def _inside(self, parts: tuple[str, ...]) -> Path:
        """The written name as a path: an array of tables means its latest element."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        path = table
        for part, span in self._parts():
            path = (*path, part)
            self.keys.setdefault(path, span)
        self.at += 1  # the equals sign
        self._space()
        self._value(path)

    def _parts(self) -> list[tuple[str, tuple[int, int]]]:
        parts = []
        while True:
            self._space()
            start = self.at
            match = _BARE.match(self.text, start) or _STRING.match(self.text, start)
            assert match is not None  # tomli has accepted this text
            self.at = match.end()
            parts.append((_plain(match.group()), (start, self.at)))
            self._space()
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def _value(self, path: Path) -> None:
        start = self.at
        if self.text[start] == "[":
            self._array(path)
        elif self.text[start] == "{":
            self._inline_table(path)
        else:
            match = _STRING.match(self.text, start) or _SCALAR.match(self.text, start)
            assert match is not None  # tomli has accepted this text
            self.at = match.end()
        self.values[path] = (start, self.at)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self.text[self._blank()] != "]":
            self._value((*path, index))
            index += 1
            if self.text[self._blank()] == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self.text[self._blank()] != "}":
            self._pair(path)
            if self.text[self._blank()] == ",":
                self.at += 1
        self.at += 1

    def _blank(self) -> int:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at


def _plain(written: str) -> str:
    """A key as it is meant: without quotes, with its escapes resolved."""
    if written[0] == '"':
        return _ESCAPE.sub(_character, written[1:-1])
    return written[1:-1] if written[0] == "'" else written


def _character(match: re.Match[str]) -> str:
    code = match.group(1) or match.group(2) or match.group(3)
    return chr(int(code, 16)) if code else _ESCAPED.get(match.group(4), match.group(4))
