"""Problems for people, for programs and for a pull request page.

The text form names place, key and way out, then shows the line with a mark under the spot:

    config.toml:8:1   station[0].circut  unknown key; did you mean `circuit`?
       8 | circut = "row-a"
         | ^^^^^^
"""

import json
from collections.abc import Sequence
from typing import Final

from localctl.config.problems import Problem, Severity

_WIDEST: Final = 160
_COLUMN: Final = 48


def as_text(problems: Sequence[Problem], files: Sequence[str]) -> str:
    """All problems with their lines, and a closing line that says what they mean."""
    wheres = [_where(problem) for problem in problems]
    widths = [
        min(_COLUMN, max((len(text) for text in column), default=0))
        for column in (wheres, [problem.path for problem in problems])
    ]
    blocks = [_block(problem, where, widths) for problem, where in zip(problems, wheres, strict=True)]
    return "\n".join([*blocks, _summary(problems, files)])


def _where(problem: Problem) -> str:
    if problem.place is None:
        return problem.file
    return f"{problem.file}:{problem.place.line}:{problem.place.column}"


def _block(problem: Problem, where: str, widths: list[int]) -> str:
    note = "warning: " if problem.severity is Severity.WARNING else ""
    path = f"{problem.path:<{widths[1]}}  " if widths[1] else ""
    lines = [f"{where:<{widths[0]}}  {path}{note}{problem.text}"]
    if problem.place is not None and problem.source:
        margin = f"{problem.place.line:>4} | "
        column, length = problem.place.column - 1, problem.place.length
        first = max(0, column - _WIDEST // 2)
        source = problem.source[first : first + _WIDEST]
        length = max(1, min(length, len(source) - (column - first)))
        lines += [f"{margin}{source}", f"     | {' ' * (column - first)}{'^' * length}"]
    if problem.other is not None and problem.other != problem.place:
        lines.append(f"     = see also {problem.file}:{problem.other.line}:{problem.other.column}")
    return "\n".join(lines)


def _summary(problems: Sequence[Problem], files: Sequence[str]) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    names = ", ".join(files)
    counts = [counted(errors, "error")] * (errors > 0) + [counted(warnings, "warning")] * (warnings > 0)
    if not counts:
        return f"{names}: fine"
    tail = "; it is not used.  hint: `localctl config reference` explains every key" if errors else ""
    return f"{' and '.join(counts)} in {names}{tail}"


def counted(number: int, word: str) -> str:
    """`1 car`, `2 cars`."""
    return f"{number} {word}{'s' * (number != 1)}"


def as_json(problems: Sequence[Problem], files: Sequence[str]) -> str:
    """One JSON object: files, numbers of errors and warnings, and each problem."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    entries = [_entry(problem) for problem in problems]
    document = {"files": list(files), "errors": errors, "warnings": len(problems) - errors, "problems": entries}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(problem: Problem) -> dict[str, object]:
    place, other = problem.place, problem.other
    return {
        "file": problem.file,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "length": place.length if place else None,
        "path": problem.path,
        "severity": problem.severity.value,
        "what": problem.what,
        "hint": problem.hint,
        "other_line": other.line if other else None,
    }


def as_github(problems: Sequence[Problem]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    return "\n".join(_command(problem) for problem in problems)


def _command(problem: Problem) -> str:
    facts = [f"file={_property(problem.file)}"]
    if problem.place is not None:
        facts += [f"line={problem.place.line}", f"col={problem.place.column}"]
    facts += [f"title={_property(problem.path)}"] * bool(problem.path)
    return f"::{problem.severity.value} {','.join(facts)}::{_data(problem.text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
