"""What `doctor` finds: values with a place and a way out, and how they are told."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from localctl.cli.render import plain, table
from localctl.config.report import counted


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `where` is a file, an address or a part of the box; `hint` says what to do."""

    level: Level
    where: str
    what: str
    hint: str = ""


Check = Callable[[], Iterable[Finding]]


def good(where: str, what: str) -> Finding:
    """All is well there."""
    return Finding(level=Level.GOOD, where=where, what=what)


def warning(where: str, what: str, hint: str) -> Finding:
    """Works now, and may not for long."""
    return Finding(level=Level.WARNING, where=where, what=what, hint=hint)


def fault(where: str, what: str, hint: str) -> Finding:
    """Somebody should do something about it."""
    return Finding(level=Level.FAULT, where=where, what=what, hint=hint)


def looked(name: str, check: Check) -> Iterator[Finding]:
    """What a check finds; a check that breaks is a finding too and never the end of the others."""
    try:
        yield from check()
    except Exception as error:
        yield fault(name, f"could not be checked ({type(error).__name__})", "please report this as a bug of localctl")


def shown(findings: Sequence[Finding]) -> Iterator[Any]:
    """For a terminal: the table with the worst first, then the ways out."""
    order = (Level.FAULT, Level.WARNING, Level.GOOD)
    lines = table("", "where", "what")
    for one in sorted(findings, key=lambda finding: order.index(finding.level)):
        lines.add_row(_mark(one.level), plain(one.where), plain(one.what))
    yield lines
    for one in findings:
        if one.hint and one.level is not Level.GOOD:
            yield plain(f"hint for {one.where}: {one.hint}")
    bad = (_counted(findings, level) for level in (Level.FAULT, Level.WARNING))
    yield f"{counted(len(findings), 'thing')} looked at: {', '.join(bad)}"


def told(findings: Sequence[Finding]) -> str:
    """For programs: a JSON array."""
    return json.dumps([asdict(one) for one in findings], indent=1, ensure_ascii=False) + "\n"


def _counted(findings: Sequence[Finding], level: Level) -> str:
    count = sum(one.level is level for one in findings)
    return counted(count, level.value)


def _mark(level: Level) -> str:
    colour = {Level.GOOD: "green", Level.WARNING: "yellow", Level.FAULT: "red"}[level]
    return f"[{colour}]{level.value}[/]"
