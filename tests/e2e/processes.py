"""Peers and localctl as processes of a test: start, command, expect, end.

async with peer("csms") as csms, peer("station") as station:
    await csms.do("listen")
    port = (await csms.expect("listening"))["port"]
"""

import json
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 20.0
"""How long a test waits for an event before it fails: generous, since the machine may be busy."""


class Peer:
    """A peer process: commands go in, and every event it reports is kept until a test expects it."""

    def __init__(self, name, process):
        self.name, self._process = name, process
        self.heard = []
        """Every event so far, in order."""
        self._unread = []
        self._news = trio.Condition()
        self._ended = False
        self._writing = trio.Lock()

    async def do(self, what, conn=None, **facts):
        """Give one command."""
        command = {"do": what, **({} if conn is None else {"conn": conn}), **facts}
        async with self._writing:
            await self._process.stdin.send_all(json.dumps(command).encode() + b"\n")

    async def expect(self, event, *, within_s=PATIENCE_S, **facts):
        """The first event not yet expected that has this name and these facts; other events stay for later."""
        return await self.expect_any(event, within_s=within_s, **facts)

    async def expect_any(self, *events, within_s=PATIENCE_S, **facts):
        """The same with several names to choose from."""
        with trio.move_on_after(within_s):
            async with self._news:
                while True:
                    for index, seen in enumerate(self._unread):
                        if seen["event"] in events and facts.items() <= seen.items():
                            return self._unread.pop(index)
                    if self._ended:
                        break
                    await self._news.wait()
        story = "\n".join(f"  {str(seen)[:300]}" for seen in self.heard[-12:])
        raise AssertionError(f"{self.name} never reported {events} {facts}; its last events:\n{story}")

    async def expect_frame(self, text, **facts):
        """This exact text arrives as one frame."""
        return await self.expect("frame", text=text, **facts)

    def unexpected(self, event):
        """Events of this name that no test has asked for: what leaked, if anything did."""
        return [seen for seen in self._unread if seen["event"] == event]

    def frames(self, conn=None, event="frame"):
        """The texts of every event of this name so far, in order; of one connection when `conn` is given."""
        return [seen["text"] for seen in self.heard if seen["event"] == event and conn in (None, seen["conn"])]

    async def listen(self):
        """Keep what the process reports until its stdout ends."""
        rest = b""
        async for chunk in self._process.stdout:
            *lines, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else (rest + chunk,)
            async with self._news:
                for line in lines:
                    seen = json.loads(line)
                    self.heard.append(seen)
                    self._unread.append(seen)
                self._news.notify_all()
        async with self._news:
            self._ended = True
            self._news.notify_all()


@asynccontextmanager
async def peer(module, *argv):
    """Run `tests.e2e.peers.<module>` until the block ends."""
    command = [sys.executable, "-m", f"tests.e2e.peers.{module}", *argv]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": REPOSITORY}
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(trio.run_process, command, check=False, **pipes))
        this = Peer(module, process)
        nursery.start_soon(this.listen)
        try:
            yield this
        finally:
            nursery.cancel_scope.cancel()
