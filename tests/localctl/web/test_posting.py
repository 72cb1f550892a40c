"""Commands to the control loop: done once or not at all, and their mistakes come back instead of ending the loop."""

import asyncio
from collections.abc import Callable

import pytest
import trio
import trio.lowlevel

from localctl.web.posting import on_control_loop
from localctl.web.requests import Refused


def asked(post: Callable[[Callable[[], None]], object], command: Callable[[], object], wait_s: float = 5.0) -> object:
    """What somebody on the HTTP thread hears."""
    return asyncio.run(on_control_loop(post, command, wait_s))


async def test_a_command_runs_on_the_control_loop_and_its_result_comes_back():
    token = trio.lowlevel.current_trio_token()
    control = trio.lowlevel.current_task().parent_nursery

    def where() -> bool:
        return trio.lowlevel.in_trio_run() and control is not None

    assert await trio.to_thread.run_sync(asked, token.run_sync_soon, where) is True


async def test_what_a_command_raises_comes_back_and_the_loop_goes_on():
    def broken() -> None:
        raise LookupError("no such thing")

    token = trio.lowlevel.current_trio_token()
    with pytest.raises(LookupError, match="no such thing"):
        await trio.to_thread.run_sync(asked, token.run_sync_soon, broken)
    await trio.lowlevel.checkpoint()


def test_a_loop_that_never_gets_to_it_is_a_503_and_the_command_is_never_run():
    posted: list[Callable[[], None]] = []
    done: list[int] = []
    with pytest.raises(Refused) as refused:
        asked(posted.append, lambda: done.append(1), wait_s=0.05)
    assert refused.value.status == 503
    (late,) = posted
    late()
    assert done == []


def test_a_loop_that_has_ended_is_a_503():
    ended = []

    async def run_once() -> None:
        ended.append(trio.lowlevel.current_trio_token())

    trio.run(run_once)
    with pytest.raises(Refused) as refused:
        asked(ended[0].run_sync_soon, lambda: None)
    assert refused.value.status == 503
