"""What is wrong with the journal, as one text for people: told when it changes, None when all is well.

Loud before anything is dropped: from four fifths of a bound on, be it rows, bytes or age, in the log and here.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from structlog import get_logger

from localctl.store.journal_values import DAY_S, SANE_UNIX, Limits

LOUD: Final = 0.8
QUIET: Final = 0.7
"""From this part of a bound the journal is said to fill up, and below that part no more."""

log = get_logger(__name__)


class Alarm:
    """Follows the figures; `on_trouble` hears what has changed."""

    def __init__(self, limits: Limits, on_trouble: Callable[[str | None], None]) -> None:
        self._limits = limits
        self._on_trouble = on_trouble
        self._crowded: dict[str, int] = {}
        self._is_big = False
        self._aged: tuple[str, float] | None = None
        self._told: str | None = None

    def waiting(self, name: str, rows: int) -> None:
        """So many messages wait for this station."""
        most = self._limits.max_rows
        if rows >= (QUIET if name in self._crowded else LOUD) * most:
            if name not in self._crowded:
                log.warning("journal fills up", station=name, waiting=rows, room=most)
            self._crowded[name] = rows
        else:
            self._crowded.pop(name, None)
        if not rows and self._aged is not None and self._aged[0] == name:
            self._aged = None

    def oldest(self, oldest_at: Mapping[str, float], unix_at: float) -> None:
        """Since when the oldest message waits for each station, and what time it is."""
        ages = ((unix_at - at, name) for name, at in oldest_at.items() if at > SANE_UNIX)
        age_s, name = max(ages, default=(0.0, ""))
        part = age_s / self._limits.max_age_s
        if part < (LOUD if self._aged is None else QUIET):
            self._aged = None
            return
        if self._aged is None:
            log.warning("messages in the journal grow old", station=name, days=round(age_s / DAY_S, 1))
        self._aged = (name, part)

    def tell(self, size: int, disk: str | None, set_aside: Path | None) -> None:
        """The journal holds so many bytes; the disk's trouble; the broken journal that was replaced."""
        big = size >= (QUIET if self._is_big else LOUD) * self._limits.max_bytes
        if big and not self._is_big:
            log.warning("journal fills up", bytes=size, room=self._limits.max_bytes)
        self._is_big = big
        trouble = " ".join(filter(None, (disk, self._fullness(size), self._age(), _replaced(set_aside)))) or None
        if trouble != self._told:
            self._told = trouble
            self._on_trouble(trouble)

    def _fullness(self, size: int) -> str | None:
        """The bound that is near, in steps of five per cent: it is not told anew with every message."""
        if self._crowded:
            name = max(self._crowded, key=lambda name: self._crowded[name])
            part, of = self._crowded[name] / self._limits.max_rows, f"{self._limits.max_rows} messages for {name}"
        elif self._is_big:
            part, of = size / self._limits.max_bytes, f"{self._limits.max_bytes} bytes"
        else:
            return None
        return (
            f"The journal is at {int(part * 20) * 5} % of the {of} it may hold; when it is full, every second meter "
            "update goes first. The CSMS has to come back."
        )

    def _age(self) -> str | None:
        if self._aged is None:
            return None
        name, part = self._aged
        days = f"{int(part * 20) * 5} % of the {self._limits.max_age_s / DAY_S:g} days"
        return (
            f"Messages for {name} have waited {days} they may; then they go, but for begins and ends of transactions. "
            "The CSMS has to come back."
        )


def _replaced(set_aside: Path | None) -> str | None:
    if set_aside is None:
        return None
    return f"The journal was corrupt and a new one was begun; the old one is kept as {set_aside}."
