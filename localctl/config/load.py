"""Reading a configuration: the file, its syntax, its values, what they mean together. Every mistake in one run.

    loaded = load(Path("config.toml"))
    if loaded.config is None: show(loaded.problems)

Values are judged one by one first. A table with a mistake of its own is then left aside, and the rest is checked for
agreement, so that the last mistake of a file is not hidden behind its first.
"""

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Final

import tomli
from pydantic import ValidationError

from localctl.config.crosscheck import Known, check_connections
from localctl.config.crosscheck_site import check_site
from localctl.config.explain import UNKNOWN, explain
from localctl.config.files import check_files, check_people
from localctl.config.locate import Path, Place, Places
from localctl.config.model import Config
from localctl.config.problems import Finding, Problem, Severity, masked, placed
from localctl.config.sources import filled

MAX_BYTES: Final = 4_000_000
DEFAULT_FILES: Final = (FilePath("config.toml"), FilePath("/etc/localctl/config.toml"))
_MULTILINE: Final = ('"""', "'''")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came out of a file: a configuration if there is no error, and all problems in the order of the lines."""

    file: str
    config: Config | None
    problems: tuple[Problem, ...]
    places: Places | None = None
    data: bytes | None = field(default=None, repr=False)
    """What was read, for the copy of the last good file; None where the file could not even be taken apart."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the service from starting."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    def with_findings(self, findings: list[Finding]) -> "Loaded":
        """The same with more findings about the configuration, placed and in order; errors take the config away."""
        if self.places is None or not findings:
            return self
        more = placed(findings, self.places, self.file)
        problems = tuple(sorted({*self.problems, *more}, key=lambda problem: problem.order))
        failed = any(problem.severity is Severity.ERROR for problem in more)
        return replace(self, config=None if failed else self.config, problems=problems)


def default_file() -> FilePath:
    """The file that is read when none is named: the one in this folder, else the system's."""
    return next((file for file in DEFAULT_FILES if file.exists()), DEFAULT_FILES[-1])


def load(file: FilePath, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read a file. Never raises for what is in it or for its absence."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "name the file to read; `localctl config reference` lists every key"
        return _unreadable(str(file), "no such file", hint)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is not a possible file name"
        hint = "name a file, not a folder, that this user may read; for the service that is the user `localctl`"
        return _unreadable(str(file), f"cannot be read: {reason}", hint)
    if len(data) > MAX_BYTES:
        return _unreadable(str(file), f"is longer than {MAX_BYTES // 1_000_000} MB", "is it the right file?")
    return parse(
        data, file=str(file), folder=file.parent.absolute(), environ=os.environ if environ is None else environ
    )


def parse(data: bytes, *, file: str, folder: FilePath, environ: Mapping[str, str]) -> Loaded:
    """Read the bytes of a file; relative names in it start at `folder`."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(data, error, file)
    if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
        return _unreadable(file, "starts with a byte order mark", "save it as UTF-8 without BOM")
    text = text.replace("\r\n", "\n")
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        return _bad_syntax(text, error, file)
    except RecursionError:
        return _unreadable(file, "arrays or tables are nested too deeply", "nothing here needs more than four levels")
    return replace(_judge(document, Places(text), file, folder, environ), data=data)


def _judge(document: dict[str, Any], places: Places, file: str, folder: FilePath, environ: Mapping[str, str]) -> Loaded:
    sound, findings = _validated(document, folder)
    rows = _all_rows(document)
    if sound is None:
        rest, rows = _without(document, findings)
        sound, _ = _validated(rest, folder)
    findings += _indispensable(document)
    if sound is not None:
        complete = all(len(rows[name]) == len(document[name]) for name in rows)
        sound, more = _together(sound, _known(document, complete=complete), environ)
        misspelt = {finding.path[: _depth(finding.path)] for finding in findings}
        moved = (_moved(finding, rows) for finding in more)
        findings += [one for one in moved if not (one.absent and one.path[: _depth(one.path)] in misspelt)]
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    problems = placed(findings, places, file)
    return Loaded(file=file, config=None if failed else sound, problems=problems, places=places)


def _validated(document: dict[str, Any], folder: FilePath) -> tuple[Config | None, list[Finding]]:
    try:
        return Config.model_validate(document, context={"folder": folder}), []
    except ValidationError as error:
        return None, explain(error, document)


def _indispensable(document: dict[str, Any]) -> list[Finding]:
    """Without these two the service would have nothing to do."""
    needs = {"listen": "where do stations arrive?", "csms": "where do they go?"}
    return [
        Finding(path=(name,), what=f"there is no [[{name}]]", hint=f"{purpose} At least one is needed")
        for name, purpose in needs.items()
        if not document.get(name)
    ]


def _together(config: Config, known: Known, environ: Mapping[str, str]) -> tuple[Config, list[Finding]]:
    """Secrets resolved, and all findings that need more than one key or a look at other files."""
    config, findings = filled(config, environ)
    findings += check_files(config)
    findings += check_people(config)
    findings += check_connections(config, known)
    findings += check_site(config, known)
    return config, findings


def _all_rows(document: dict[str, Any]) -> dict[str, list[int]]:
    """For each array of tables: which of its elements are kept (all of them)."""
    arrays = {
        name: value for name, value in document.items() if name in Config.model_fields and isinstance(value, list)
    }
    return {name: list(range(len(value))) for name, value in arrays.items()}


def _without(document: dict[str, Any], findings: list[Finding]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """The document without unknown keys and without tables that have another mistake; and which rows are left."""
    rest, rows = copy.deepcopy(document), _all_rows(document)
    spoiled: set[Path] = set()
    for finding in findings:
        if finding.what == UNKNOWN:
            _delete(rest, finding.path)
        else:
            spoiled.add(finding.path[: _depth(finding.path)])
    for name in {str(path[0]) for path in spoiled if len(path) == 1}:
        rest.pop(name, None)
        rows.pop(name, None)
    for name, kept in rows.items():
        kept[:] = [row for row in kept if (name, row) not in spoiled]
        rest[name] = [rest[name][row] for row in kept]
    return rest, rows


def _delete(document: dict[str, Any], path: Path) -> None:
    table: Any = document  # anything TOML can hold
    for part in path[:-1]:
        table = table[part]
    table.pop(path[-1], None)


def _depth(path: Path) -> int:
    """How much of a path names the outermost table: `http`, or `station` and its number."""
    return 2 if len(path) > 1 and isinstance(path[1], int) else 1


def _moved(finding: Finding, rows: dict[str, list[int]]) -> Finding:
    """The finding with the row numbers of the file instead of those of what was left of it."""
    changes = {"path": _moved_path(finding.path, rows)}
    if finding.other is not None:
        changes["other"] = _moved_path(finding.other, rows)
    return Finding(**{name: changes.get(name, getattr(finding, name)) for name in Finding.__slots__})


def _moved_path(path: Path, rows: dict[str, list[int]]) -> Path:
    kept = rows.get(str(path[0]))
    if kept is None or len(path) < 2 or not isinstance(path[1], int):
        return path
    return (path[0], kept[path[1]], *path[2:])


def _known(document: dict[str, Any], *, complete: bool) -> Known:
    return Known(
        panels=frozenset(_texts(document.get("panel"), "id")),
        csms=frozenset(_texts(document.get("csms"), "name") or ["csms"]),
        complete=complete,
    )


def _texts(tables: object, key: str) -> list[str]:
    if not isinstance(tables, list):
        return []
    values = [table.get(key) for table in tables if isinstance(table, dict)]
    return [value for value in values if isinstance(value, str)]


def _unreadable(file: str, what: str, hint: str) -> Loaded:
    return Loaded(file=file, config=None, problems=(Problem(file=file, path="", what=what, hint=hint),))


def _not_utf8(data: bytes, error: UnicodeDecodeError, file: str) -> Loaded:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _unreadable(file, "is UTF-16 text", "save it as UTF-8")
    line = data.count(b"\n", 0, error.start) + 1
    column = error.start - data.rfind(b"\n", 0, error.start)
    place = Place(line=line, column=column, length=1)
    problem = Problem(file=file, path="", what="is not UTF-8 text from here on", hint="save it as UTF-8", place=place)
    return Loaded(file=file, config=None, problems=(problem,))


def _bad_syntax(text: str, error: tomli.TOMLDecodeError, file: str) -> Loaded:
    lines = text.split("\n")
    number = min(error.lineno, len(lines))
    line = lines[number - 1]
    # A text over several lines may be a password: then no line of it is shown.
    source = "" if any(quotes in text for quotes in _MULTILINE) else masked(line)
    place = Place(line=number, column=min(error.colno, len(source) + 1) if source else error.colno, length=1)
    what, hint = _syntax_words(error.msg)
    problem = Problem(file=file, path="", what=what, hint=hint, place=place, source=source)
    return Loaded(file=file, config=None, problems=(problem,))


_SYNTAX: Final = {
    "Cannot declare": ("this table is there already", "tables that may repeat have two brackets, as in [[station]]"),
    "Cannot overwrite": ("this key is there already in the same table", ""),
    "Invalid value": ("this is no value", 'texts stand in quotes, "…"; true and false in lower case'),
    "Unescaped": ("a backslash inside quotes", "use single quotes, as in 'C:\\certs', or slashes"),
    "Invalid hex": ("a backslash inside quotes", "use single quotes, as in 'C:\\certs', or slashes"),
    "Illegal character '\\n'": ("the closing quote is missing", ""),
    "Expected newline": ("something follows the value", "one key per line; decimals are written with a point"),
    "Unclosed array": ("an array that was begun is not closed", "a comma or ] is missing here or further up"),
    "Unclosed inline table": ("a table that was begun is not closed", "a comma or } is missing here or further up"),
    "Unterminated string": ("a text that was begun is not closed", "a closing quote is missing further up"),
    'Expected "\'"': ("the closing quote is missing", ""),
    "Cannot mutate": ("this name holds something else already", ""),
    "Expected '=' after": ("an = is missing after the key", ""),
}
"""The parser's words, and what mostly lies behind them."""


def _syntax_words(message: str) -> tuple[str, str]:
    for begin, words in _SYNTAX.items():
        if message.startswith(begin):
            return words
    return f"this is no TOML: {message[:1].lower()}{message[1:]}", ""
