"""The time of a demo: trio's clock for waiting, a date for time stamps. On a virtual clock both jump together."""

from datetime import UTC, datetime

import trio


class Clock:
    """Counts seconds since `start_at` (a date in UTC, now by default) on trio's clock. Make it inside `trio.run`."""

    def __init__(self, start_at: datetime | None = None) -> None:
        self._started_s = trio.current_time()
        self._start_at = (start_at or datetime.now(UTC)).timestamp()

    def passed_s(self) -> float:
        """Seconds since the start."""
        return trio.current_time() - self._started_s

    def now_at(self) -> float:
        """Seconds since 1970 in UTC."""
        return self._start_at + self.passed_s()

    def stamp(self) -> str:
        """Now, as OCPP writes it."""
        return stamp(self.now_at())


def stamp(at: float) -> str:
    """A moment in seconds since 1970 as RFC 3339 with milliseconds and Z (2.1.4)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> float:
    """RFC 3339 to seconds since 1970; a time without zone counts as UTC. ValueError when it is no time."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
