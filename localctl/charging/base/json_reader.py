"""Taking typed members out of a JSON object, with the member's path in every complaint.

Used for profiles and for the requests of the offline calculator: whatever a peer or a person wrote comes out typed
and bounded, or as BadMember. A boolean is no number, text is no number, NaN and infinity are no numbers, 5.0 is 5.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from localctl.charging.base.instants import BadInstant, Instant, read_instant

E = TypeVar("E", bound=StrEnum)

# Far beyond any fuse, any duration or any id, and small enough for exact arithmetic in doubles.
LARGEST: Final = 10**12
LONGEST_TEXT: Final = 255


class BadMember(ValueError):
    """A member that cannot be read: where it is and what is wrong with it."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what


@dataclass(frozen=True, slots=True)
class Reader:
    """One JSON object and its path."""

    members: dict[str, Any]
    path: str

    @classmethod
    def of(cls, raw: object, path: str) -> "Reader":
        """Wrap an object, or say that it is none."""
        if not isinstance(raw, dict):
            raise BadMember(path or "request", f"must be an object, is {shown(raw)}")
        return cls(raw, path)

    def at(self, name: str) -> str:
        """Path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def bad(self, name: str, what: str) -> BadMember:
        """The complaint about a member, to be raised by the caller."""
        return BadMember(self.at(name), what)

    def has(self, name: str) -> bool:
        """True where the member is present and not null."""
        return self.members.get(name) is not None

    def required(self, name: str) -> object:
        """The raw member."""
        if not self.has(name):
            raise self.bad(name, "is missing")
        return self.members[name]

    def child(self, name: str) -> "Reader":
        """The object under a name; a list of one counts as its only element."""
        raw = self.required(name)
        return Reader.of(raw[0] if isinstance(raw, list) and len(raw) == 1 else raw, self.at(name))

    def items(self, name: str, most: int | None = None) -> Iterator[tuple[str, Any]]:
        """Path and raw value of each element of a list."""
        raw = self.required(name)
        if not isinstance(raw, list):
            raise self.bad(name, f"must be a list, is {shown(raw)}")
        if most is not None and not 1 <= len(raw) <= most:
            raise self.bad(name, f"must have 1 to {most} elements, has {len(raw)}")
        for index, each in enumerate(raw):
            yield f"{self.at(name)}[{index}]", each

    def one_or_more(self, name: str, most: int | None = None) -> "Iterator[Reader]":
        """A reader for each object of a list; an object by itself counts as a list of one."""
        if isinstance(self.members.get(name), dict):
            return iter([self.child(name)])
        return self.objects(name, most)

    def objects(self, name: str, most: int | None = None) -> "Iterator[Reader]":
        """A reader for each object of a list."""
        for path, each in self.items(name, most):
            yield Reader.of(each, path)

    def integer(self, name: str) -> int:
        """A whole number."""
        return whole(self.required(name), self.at(name))

    def optional_integer(self, name: str) -> int | None:
        """A whole number or None."""
        return self.integer(name) if self.has(name) else None

    def number(self, name: str) -> float:
        """A finite number."""
        return finite(self.required(name), self.at(name))

    def optional_number(self, name: str) -> float | None:
        """A finite number or None."""
        return self.number(name) if self.has(name) else None

    def optional_limit(self, name: str) -> float | None:
        """A finite number of 0 or more, or None."""
        limit = self.optional_number(name)
        if limit is not None and limit < 0:
            raise self.bad(name, f"must not be negative, is {limit:g}")
        return limit

    def optional_flag(self, name: str) -> bool | None:
        """True, false or None."""
        if not self.has(name):
            return None
        if not isinstance(self.members[name], bool):
            raise self.bad(name, f"must be true or false, is {shown(self.members[name])}")
        return bool(self.members[name])

    def text(self, name: str) -> str:
        """A text of bounded length."""
        raw = self.required(name)
        if not isinstance(raw, str) or len(raw) > LONGEST_TEXT:
            raise self.bad(name, f"must be text of at most {LONGEST_TEXT} characters, is {shown(raw)}")
        return raw

    def optional_text(self, name: str) -> str | None:
        """A text or None."""
        return self.text(name) if self.has(name) else None

    def instant(self, name: str) -> Instant:
        """A date and time as whole seconds UTC (R1)."""
        try:
            return read_instant(self.text(name))
        except BadInstant as problem:
            raise self.bad(name, str(problem)) from None

    def optional_instant(self, name: str) -> Instant | None:
        """A date and time or None."""
        return self.instant(name) if self.has(name) else None

    def choice(self, name: str, among: type[E]) -> E:
        """One of the words of an enumeration."""
        raw = self.required(name)
        if not isinstance(raw, str) or raw not in among._value2member_map_:
            raise self.bad(name, f"must be one of {', '.join(among)}, is {shown(raw)}")
        return among(raw)

    def optional_choice(self, name: str, among: type[E]) -> E | None:
        """One of the words or None."""
        return self.choice(name, among) if self.has(name) else None


def whole(raw: object, path: str) -> int:
    """A JSON integer, or a number without a fraction."""
    number = finite(raw, path)
    if number != math.floor(number):
        raise BadMember(path, f"must be a whole number, is {number:g}")
    return int(number)


def number_or_none(raw: object) -> float | None:
    """A finite number; None for anything else."""
    try:
        return finite(raw, "")
    except BadMember:
        return None


def finite(raw: object, path: str) -> float:
    """A JSON number that arithmetic can use."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise BadMember(path, f"must be a number, is {shown(raw)}")
    if not -LARGEST <= raw <= LARGEST:
        raise BadMember(path, "must be a finite number between -1e12 and 1e12")
    return float(raw)


def shown(raw: object) -> str:
    """A value as JSON people would know it, cut to a readable length."""
    match raw:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[raw]
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return repr(raw if len(raw) <= 40 else raw[:40] + "…")
        case _:
            return "a number"
