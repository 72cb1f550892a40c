"""A mistake in a file is a value: where, what, and the way out. All of them are collected, none stops the reading.

A `Finding` knows the path of the key it is about; a `Problem` knows the line. Whoever checks meaning makes findings and
needs no text; `placed` turns them into problems. No excerpt of the file ever shows a password: see `masked`.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from localctl.config.locate import Path, Place, Places
from localctl.config.secrets import MASK

_SECRET_WORDS: Final = ("password", "token", "secret", "upstream_password", "passwd", "pwd", "passphrase")
_HARMLESS: Final = re.compile(r'\s*(?:"\$\{[A-Za-z_][A-Za-z0-9_]*\}"|true|false)')
_ASSIGNED: Final = re.compile(r"""([A-Za-z0-9_-]+)["']?\s*=\s*(?=\S)""")
_USER_INFO: Final = re.compile(r"(?<=://)[^/\s\"'@]*@")


class Severity(Enum):
    """An error keeps the service from starting; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake by the path of its key. `at_value` marks the value instead of the key.

    `other` is a second place that has to do with it; `absent` says that it is about something that is not written, so
    it may be no more than the consequence of a misspelt key.
    """

    path: Path
    what: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    at_value: bool = False
    other: Path | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake with its place in the file. `source` is that line, with secrets masked."""

    file: str
    path: str
    what: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    place: Place | None = None
    source: str = ""
    other: Place | None = None

    @property
    def text(self) -> str:
        """What is wrong and the way out, in one line."""
        return f"{self.what}; {self.hint}" if self.hint else self.what

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Problems are shown as they stand in the file."""
        place = self.place or Place(line=0, column=0, length=0)
        return (place.line, place.column, self.path, self.what)


def placed(findings: Iterable[Finding], places: Places, file: str) -> tuple[Problem, ...]:
    """The findings with their lines, in the order of the file; what is not written is placed at its table."""
    problems = [_problem(finding, places, file) for finding in findings]
    return tuple(sorted(set(problems), key=lambda problem: problem.order))


def _problem(finding: Finding, places: Places, file: str) -> Problem:
    written = places.nearest(finding.path)
    place = places.value(written) if finding.at_value and written == finding.path else places.key(written)
    return Problem(
        file=file,
        path=show(finding.path),
        what=finding.what,
        hint=finding.hint,
        severity=finding.severity,
        place=place,
        source=masked(places.line(place.line)) if place else "",
        other=places.key(places.nearest(finding.other)) if finding.other else None,
    )


def show(path: Path) -> str:
    """A path as people write it: `station[0].evses[1].max_a`. Keys that need quotes get them."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            word = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else '"' + printable(part) + '"'
            text += f".{word}" if text else word
    return text


def printable(text: str, limit: int = 60) -> str:
    """Text of unknown origin for a message: no control characters, not longer than a line bears."""
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def near(word: str, known: Iterable[str]) -> str:
    """`did you mean X?` with the most similar known word, or nothing."""
    by_fold = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold()[:80], by_fold, n=1, cutoff=0.6)
    return f"did you mean `{by_fold[close[0]]}`?" if close else ""


def is_secret(key: str) -> bool:
    """Whether the value of this key must not be shown, misspellings of secret keys included."""
    folded = key.casefold().replace("-", "_")
    if folded.endswith(("_file", "_hash")) and folded != "password_hash":
        return False
    if any(word in folded for word in ("passw", "pwd", "token", "secret")):
        return True
    return bool(difflib.get_close_matches(folded, _SECRET_WORDS, n=1, cutoff=0.75))


def masked(line: str) -> str:
    """A line of the file without what follows a secret key and without a password in an address."""
    line = _USER_INFO.sub(f"{MASK}@", line.expandtabs(1).rstrip())
    for match in _ASSIGNED.finditer(line):
        if is_secret(match.group(1)) and not _HARMLESS.match(line, match.end()):
            return line[: match.end()] + MASK
    return line
