"""`localctl demo`: a small CSMS, an EMS, twelve stations and a real localctl between them, on loopback, with a verdict.

Exit codes: 0 every message arrived as it was sent, every station came back after the outage, no fuse was overdrawn and
the EMS's limits were followed; 1 not so.
"""

import signal
import tempfile
from pathlib import Path
from typing import Final

import trio
from rich.console import Console

from localctl.demo.box import BoxFailed
from localctl.demo.cast import MINUTE_S, Plan
from localctl.demo.keys import terminal
from localctl.demo.outcome import Outcome
from localctl.demo.site import Scene, Show, play, through_localctl
from localctl.demo.view import LiveView, PlainView, view_for

ARRIVED: Final = 0
NOT_ARRIVED: Final = 1
FAST_S: Final = 12.0
SHORTEST_S: Final = 5.0


def run(*, duration_s: float = MINUTE_S, fast: bool = False, plain: bool = False) -> int:
    """Play the demo; `duration_s` is at least five seconds, `fast` is a short one, `plain` never draws a table."""
    console = Console()
    outcome = _outcome(console, Plan(duration_s=FAST_S if fast else max(SHORTEST_S, duration_s)), plain)
    if isinstance(outcome, BoxFailed):
        console.print(str(outcome), markup=False, highlight=False, style="red")
        return NOT_ARRIVED
    style = "bold green" if outcome.good else "bold red"
    console.print(outcome.sentence(), markup=False, highlight=False, soft_wrap=True, style=style)
    return ARRIVED if outcome.good else NOT_ARRIVED


def _outcome(console: Console, plan: Plan, plain: bool) -> Outcome | BoxFailed:
    """Play it. What trio wraps in groups comes out as the one thing that happened."""
    try:
        with PlainView(console) if plain else view_for(console) as view:
            return trio.run(_play, plan, view)
    except BaseExceptionGroup as group:
        why = _first(group)
        if isinstance(why, BoxFailed):
            return why
        if isinstance(why, SystemExit | KeyboardInterrupt):  # the reader of our output left; a second Ctrl-C
            raise why from None
        raise


async def _play(plan: Plan, view: PlainView | LiveView) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        async with trio.open_nursery() as nursery:
            seen: list[Scene] = []
            nursery.start_soon(_stop_on_signal, seen)
            through, show = through_localctl(Path(folder), plan), _remember(seen, view.show)
            outcome = await play(plan, through=through, show=show, keys=terminal())
            nursery.cancel_scope.cancel()
    return outcome


def _remember(seen: list[Scene], show: Show) -> Show:
    def both(scene: Scene) -> None:
        seen[:] = [scene]
        show(scene)

    return both


async def _stop_on_signal(seen: list[Scene]) -> None:
    """The first Ctrl-C ends the demo in good order, with its verdict; the second at once."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        count = 0
        async for _ in signals:
            count += 1
            if count > 1 or not seen:
                raise KeyboardInterrupt
            seen[0].stop.set()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
