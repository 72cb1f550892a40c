"""How late the control loop is, and how many tasks live on it: a task that naps and looks around when it wakes.

What it measures is what every frame suffers on top of its own work; all of it goes into a histogram.
"""

from collections.abc import Iterator

import trio

from localctl.observe import catalogue as rows
from localctl.observe.tally import Distribution, Sample

NAP_S = 0.25


class LoopLag:
    """Lag of the trio loop in seconds, as a distribution, and its living tasks."""

    def __init__(self) -> None:
        self.tasks = 0
        self.distribution = Distribution(rows.LAG_S)

    async def run(self, nap_s: float = NAP_S) -> None:
        """Sample until cancelled."""
        while True:
            due = trio.current_time() + nap_s
            await trio.sleep_until(due)
            self.woke(late_s=trio.current_time() - due)
            self.tasks = trio.lowlevel.current_statistics().tasks_living

    def woke(self, *, late_s: float) -> None:
        """One nap ended this much too late."""
        self.distribution.add(max(0.0, late_s))

    def samples(self) -> Iterator[Sample]:
        """For a scrape."""
        yield rows.EVENT_LOOP_LAG, (), self.distribution
        yield rows.TASKS, (), self.tasks
