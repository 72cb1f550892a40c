"""What pydantic found, in an electrician's words.

pydantic names the kind of a mistake and the path; this says what was expected, what was there, and how to mend it. The
value itself is never shown for keys that hold secrets.
"""

from typing import Any, Final, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from localctl.config.locate import Path
from localctl.config.model import Config
from localctl.config.problems import Finding, is_secret, near, printable

_MANY: Final = {"listen", "csms", "panel", "station", "load", "limit_source"}
_FEW: Final = 12
UNKNOWN: Final = "unknown key"
_WANTED: Final = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "path_type": "a file name",
    "tuple_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a number",
}
_COMPARE: Final = {
    "greater_than_equal": ("must be at least", "ge"),
    "greater_than": ("must be above", "gt"),
    "less_than_equal": ("must be at most", "le"),
    "less_than": ("must be below", "lt"),
}


def explain(error: ValidationError, document: dict[str, Any]) -> list[Finding]:
    """Every mistake of a validation as findings, each key once."""
    findings: dict[tuple[Path, str], Finding] = {}
    for detail in error.errors(include_url=False):
        path, value = _written(tuple(detail["loc"]), document)
        if detail["type"] == "too_short" and isinstance(value, list) and value:
            continue  # it was long enough before its faulty elements were taken out
        finding = _finding(detail, path, value)
        findings.setdefault((finding.path, finding.what), finding)
    return list(findings.values())


def _written(path: Path, document: dict[str, Any]) -> tuple[Path, object]:
    """The path as far as the file goes into it: one number may stand for three, `fuse_a[2]` for `fuse_a`."""
    value: Any = document  # anything TOML can hold
    for depth, part in enumerate(path):
        if isinstance(value, dict) and part not in value and depth == len(path) - 1:
            return path, None
        inside = isinstance(value, dict) and part in value
        inside = inside or (isinstance(value, list) and isinstance(part, int) and part < len(value))
        if not inside:
            return path[:depth], value
        value = value[part]
    return path, value


def _finding(detail: ErrorDetails, path: Path, value: object) -> Finding:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return _missing(path, value)
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "literal_error":
        return _choice(path, value, context["expected"])
    if kind in _COMPARE:
        words, bound = _COMPARE[kind]
        return Finding(path=path, what=f"{words} {context[bound]:g}, not {_shown(path, value)}", at_value=True)
    if kind in _WANTED:
        return _wrong_type(path, value, _wanted(kind, path))
    what, hint = _other(detail, path, value)
    return Finding(path=path, what=what, hint=hint, at_value=True)


def _missing(path: Path, value: object) -> Finding:
    if isinstance(value, list):
        return Finding(path=path, what=f"needs one number or three, got {len(value)}", at_value=True)
    key = str(path[-1])
    return Finding(path=path[:-1], what=f"`{key}` is missing", hint=_purpose(path), absent=True)


def _purpose(path: Path) -> str:
    table = table_at(path[:-1])
    text = (table.model_fields[str(path[-1])].description or "") if table else ""
    return f"it is: {text.split('. ')[0].rstrip('.')}".replace("\n", " ") if text else ""


def _unknown(path: Path) -> Finding:
    table, key = table_at(path[:-1]), str(path[-1])
    known = list(table.model_fields) if table else []
    hint = near(key, known) or _elsewhere(key, path)
    if not hint and len(known) <= _FEW:
        hint = f"known here: {', '.join(known)}"
    return Finding(path=path, what=UNKNOWN, hint=hint)


def _elsewhere(key: str, path: Path) -> str:
    """A key that exists, but in another table: the usual slip of pasting under the wrong header."""
    for name in Config.model_fields:
        table = table_at((name,))
        if table is not None and key in table.model_fields and name != path[0]:
            return f"it belongs into {f'[[{name}]]' if name in _MANY else f'[{name}]'}"
    return ""


def _choice(path: Path, value: object, expected: str) -> Finding:
    options = expected.replace("'", "").replace(" or ", ", ").split(", ")
    hint = near(value, options) if isinstance(value, str) else ""
    return Finding(
        path=path, what=f"must be one of {', '.join(options)}, not {_shown(path, value)}", hint=hint, at_value=True
    )


def _wanted(kind: str, path: Path) -> str:
    if kind == "tuple_type" and (str(path[-1]) in {"fuse_a", "limit_a", "current_a"} or "fallback_a" in path):
        return "a number, or three for R, S, T"
    if kind == "tuple_type" and path[-1] == "phases":
        return "1, 2, 3 or an array of conductors"
    return _WANTED[kind]


def _wrong_type(path: Path, value: object, wanted: str) -> Finding:
    hint = ""
    name = str(path[-1])
    if name in _MANY and len(path) == 1 and isinstance(value, dict):
        return Finding(path=path, what="must be written with two brackets", hint=f"write [[{name}]]")
    if isinstance(value, list) and wanted == "a table":
        return Finding(path=path, what="is there once only", hint=f"write [{name}] with single brackets")
    if isinstance(value, str) and ("number" in wanted) and _is_number(value):
        hint = "remove the quotes"
    elif wanted == "a text" and isinstance(value, int | float):
        hint = "put it in quotes"
    elif wanted == "an array":
        hint = f"write {name} = [ … ]"
    elif wanted == "true or false" and isinstance(value, str) and value.casefold() in {"true", "false"}:
        hint = "remove the quotes"
    return Finding(path=path, what=f"needs {wanted}, got {_shown(path, value)}", hint=hint, at_value=True)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _other(detail: ErrorDetails, path: Path, value: object) -> tuple[str, str]:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "string_too_short" | "empty_secret":
            return "is empty", ""
        case "string_too_long":
            return f"is longer than {context['max_length']} characters", ""
        case "too_short":
            return f"needs at least {context['min_length']}", ""
        case "too_long":
            return f"has {context['actual_length']} entries, at most {context['max_length']} are possible", ""
        case "ip_address":
            hint = 'write "127.0.0.1"' if value == "localhost" else 'every address of the box is "0.0.0.0"'
            return f"needs an IP address, got {_shown(path, value)}", hint
        case "string_pattern_mismatch":
            return f"{_shown(path, value)} cannot be used here", _pattern(path)
        case _:
            return f"{detail['msg']}, got {_shown(path, value)}", ""


def _pattern(path: Path) -> str:
    if path[-1] == "base_path":
        return 'start it with a slash, such as "/ocpp"'
    return "control characters are not allowed" if path[-1] == "identity" else "leave out spaces and slashes"


def _shown(path: Path, value: object) -> str:
    """The value as the reader wrote it, unless it may be a secret."""
    if any(is_secret(str(part)) for part in path):
        return "something else"
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else printable(str(value), 24)
        case str():
            return f'the text "{printable(value, 40)}"'
        case list():
            return "an array"
        case dict():
            return "a table"
        case _:
            return printable(str(value), 40)


def table_at(path: Path) -> type[BaseModel] | None:
    """The model of the table at a path; array indexes are stepped over."""
    table: type[BaseModel] | None = Config
    for part in path:
        if isinstance(part, str):
            if table is None or part not in table.model_fields:
                return None
            table = _model_in(table.model_fields[part].annotation)
    return table


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in cast("tuple[object, ...]", getattr(annotation, "__args__", ())):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
