"""The last lines of the log, kept in memory for a support bundle: a box without journald has them nowhere else.

Lines come here as they are written, after the redaction (P7). Bounded in number and length.
"""

import re
from collections import deque
from typing import Final, TextIO

MOST_LINES: Final = 2000
LONGEST: Final = 4000
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


class LogTail:
    """Writes to `out` and remembers. Used by one logger; read from any thread."""

    def __init__(self, out: TextIO, *, lines: "deque[str] | None" = None) -> None:
        self._out, self._lines = out, _LINES if lines is None else lines

    def write(self, text: str) -> int:
        """One line, or several at once."""
        self._lines.extend(line[:LONGEST] for line in text.splitlines() if line)
        return self._out.write(text)

    def flush(self) -> None:
        """As files do."""
        self._out.flush()


_LINES: "deque[str]" = deque(maxlen=MOST_LINES)


def last_lines(count: int = MOST_LINES, lines: "deque[str] | None" = None) -> list[str]:
    """The newest lines of this process, oldest first, without colours."""
    kept = list(_LINES if lines is None else lines)
    return [_COLOURS.sub("", line) for line in kept[-count:]] if count > 0 else []
