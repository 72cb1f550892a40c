"""Writes documents in the background, the newest of each name, never holding up the loop.

Whoever changes something says how the whole document is made; many changes in a short time become one write, and
between two writes the disk and the loop have a rest. A disk that refuses is told once (`on_trouble`) and tried again
with the next change or after a while, and told when it is well.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import trio

from localctl.store.documents import Documents, way_out

RETRY_S: Final = 30.0
REST_S: Final = 0.5
"""A thousand stations that arrive at once are a handful of writes."""
Document = dict[str, object]


class Keeper:
    """The one writer of the state directory. `on_trouble` gets the reason, or None when writing works again."""

    def __init__(self, documents: Documents, on_trouble: Callable[[str | None], None]) -> None:
        self._documents = documents
        self._on_trouble = on_trouble
        self._waiting: dict[str, Callable[[], Document]] = {}
        self._news = trio.Event()

    def keep(self, name: str, made: Callable[[], Document]) -> None:
        """Have this document written soon. `made` is called on the loop; what it gives must not change afterwards."""
        self._waiting[name] = made
        self._news.set()

    async def run(self) -> None:
        """Write until cancelled; what waits then is still written."""
        try:
            while True:
                await self._news.wait()
                self._news = trio.Event()
                if await self._write():
                    await trio.sleep(REST_S)
                    continue
                with trio.move_on_after(RETRY_S):
                    await self._news.wait()
                self._news.set()
        finally:
            with trio.CancelScope(shield=True):
                await self._write()

    async def _write(self) -> bool:
        """Everything that waits by now; False when the disk refused, then it still waits."""
        for name in list(self._waiting):
            made = self._waiting.pop(name)
            try:
                with trio.CancelScope(shield=True):  # what has been taken out is written, or put back
                    await trio.to_thread.run_sync(partial(self._documents.save, name, made()))
            except OSError as error:
                self._waiting.setdefault(name, made)
                hint = way_out(error, self._documents.folder)
                self._on_trouble(f"the state directory cannot be written: {error.strerror or error}. {hint}")
                return False
        self._on_trouble(None)
        return True
