"""How one log event becomes one line of logfmt, quickly: a thousand stations that come back at once say two each.

A field's name is looked at once in its life, an instant's text is made once a second, and a value in which nothing
needs a quote is taken as it is. The form: `name=value`, the value quoted as JSON does it where it has a blank, `=`,
`"` or anything that cannot be printed.
"""

import json
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "exception": 3, "critical": 2}
FIRST: Final = ("at", "level", "event")
NAMES_KEPT: Final = 512

_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode


def logfmt(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """A structlog renderer: instant, level, event, then the facts in the order they were given."""
    fields = [f"{name}={_value(event.pop(name))}" for name in FIRST if name in event]
    fields += [f"{_name(name)}={_value(fact)}" for name, fact in event.items()]
    return " ".join(fields)


def journal(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
    """The same behind the priority that journald reads, without the level's word."""
    return f"<{PRIORITIES.get(str(event.pop('level', 'info')), 6)}>{logfmt(logger, method, event)}"


@lru_cache(maxsize=NAMES_KEPT)
def _name(name: str) -> str:
    """A name that logfmt can carry: it knows no blanks or quotes in names."""
    return "".join(c if c.isalnum() or c in "_.-" else "_" for c in name)


def _value(fact: object) -> str:
    """Bare where nothing in it could be misread, else in quotes; a peer's control characters never get out."""
    if fact is None:
        return ""
    if fact is True or fact is False:
        return "true" if fact else "false"
    text = str(fact)
    if not text.isprintable():
        return json.dumps(text)
    return _quoted(text) if " " in text or "=" in text or '"' in text else text


class Stamp:
    """A structlog processor: `at`, the instant in UTC to the millisecond, its text made once a second."""

    def __init__(self) -> None:
        self._last = (0, "")

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Put the instant into the event."""
        second, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
        known, text = self._last  # one step, so that several threads may log
        if known != second:
            text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._last = (second, text)
        event["at"] = f"{text}.{milliseconds:03}Z"
        return event
