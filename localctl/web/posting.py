"""How the HTTP thread gets something done on the control loop, and hears how it went.

The control loop is never touched from here: a command is posted to it (`post`, safe between threads), runs there
between two of its steps, and must be quick. Whatever it raises comes back to the one who asked; nothing it does can
end the loop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from localctl.web.requests import Refused

Post = Callable[[Callable[[], None]], object]
"""Runs a function on the control loop soon; RuntimeError when that loop has ended (`TrioToken.run_sync_soon`)."""
WAIT_S = 5.0
T = TypeVar("T")


async def on_control_loop(post: Post, command: Callable[[], T], wait_s: float = WAIT_S) -> T:
    """The command's result. Raises what it raised, or Refused with 503 when the loop did not get to it.

    A command that was given up on is never run later: whoever hears 503 knows that nothing has changed.
    """
    done: Future[T] = Future()

    def run() -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(command())
        except Exception as error:  # anything that escaped here would end the control loop
            done.set_exception(error)

    try:
        post(run)
    except RuntimeError:
        raise Refused(503, "localctl is starting or stopping; nothing was changed") from None
    waiting = asyncio.wrap_future(done)
    finished, _ = await asyncio.wait([waiting], timeout=wait_s)
    if not finished and done.cancel():
        raise Refused(503, "the control loop is busy; nothing was changed, try again", headers={"retry-after": "5"})
    return await waiting
