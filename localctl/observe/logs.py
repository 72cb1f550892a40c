"""The log: one line per change, facts as fields, on stderr.

Three looks, one content. Under journald (it sets JOURNAL_STREAM) lines are logfmt with the priority in front, `<4>`,
so that `journalctl -p warning` works without a C library. On a terminal they are for people, with colour unless
NO_COLOR is set. `json` is for log collectors. What is bound with `structlog.contextvars` follows a trio task into the
tasks it starts. Every event passes the redaction (P7) last, whatever look it has.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Literal, TextIO, cast

import structlog
from structlog.typing import Processor

from localctl.observe.log_tail import LogTail
from localctl.observe.logs_line import Stamp, journal, logfmt
from localctl.observe.redact import redact_event

Look = Literal["auto", "journal", "terminal", "logfmt", "json"]
Level = Literal["debug", "info", "warning", "error"]
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def set_up_logs(
    *, level: Level = "info", look: Look = "auto", out: TextIO | None = None, environ: Mapping[str, str] | None = None
) -> None:
    """Send every log event of this process to `out` (stderr) in this look. May be called again after a reload."""
    out = sys.stderr if out is None else out
    environ = os.environ if environ is None else environ
    look = _choose_look(out, environ) if look == "auto" else look
    logging.basicConfig(handlers=[_FromLibraries()], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *_stamps(look),
            structlog.processors.format_exc_info,
            redact_event,
            _renderer(look, colours=out.isatty() and not environ.get("NO_COLOR")),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=_always(structlog.WriteLogger(cast("TextIO", LogTail(out)))),
        cache_logger_on_first_use=False,
    )


def _always(writer: structlog.WriteLogger) -> Callable[..., structlog.WriteLogger]:
    """One writer for all loggers: making one for each line costs as much as the writing."""
    return lambda *_names: writer


class _FromLibraries(logging.Handler):
    """What libraries say through the standard library's logging becomes a line like any other."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on; an exception's text goes along, its traceback too."""
        say = structlog.get_logger().error if record.levelno >= logging.ERROR else structlog.get_logger().warning
        say(record.getMessage(), library=record.name, **({"exc_info": record.exc_info} if record.exc_info else {}))


def _choose_look(out: TextIO, environ: Mapping[str, str]) -> Look:
    if _is_journal(out, environ.get("JOURNAL_STREAM", "")):
        return "journal"
    return "terminal" if out.isatty() else "logfmt"


def _is_journal(out: TextIO, stream: str) -> bool:
    """True when `out` is the very pipe to journald: JOURNAL_STREAM names its device and inode (systemd.exec)."""
    try:
        status = os.fstat(out.fileno())
    except (OSError, ValueError):
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"


def _stamps(look: Look) -> list[Processor]:
    """journald stamps lines itself; everywhere else the instant goes in front."""
    return [] if look == "journal" else [Stamp()]


def _renderer(look: Look, *, colours: bool) -> Processor:
    match look:
        case "json":
            return structlog.processors.JSONRenderer(ensure_ascii=False)
        case "terminal":
            return structlog.dev.ConsoleRenderer(colors=colours, timestamp_key="at")
        case "journal":
            return journal
        case _:
            return logfmt
