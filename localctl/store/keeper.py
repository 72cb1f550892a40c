"""Writes documents in the background, the newest of each name, never holding up the loop.

Whoever changes something hands over the whole document; many changes in a short time become one write. A disk that
refuses is told once (`on_trouble`) and tried again with the next change or after a while, and told when it is well.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import trio

from localctl.store.documents import Documents

RETRY_S: Final = 30.0


class Keeper:
    """The one writer of the state directory. `on_trouble` gets the reason, or None when writing works again."""

    def __init__(self, documents: Documents, on_trouble: Callable[[str | None], None]) -> None:
        self._documents = documents
        self._on_trouble = on_trouble
        self._waiting: dict[str, dict[str, object]] = {}
        self._news = trio.Event()

    def keep(self, name: str, document: dict[str, object]) -> None:
        """Have this document written soon. It must not be changed afterwards."""
        self._waiting[name] = document
        self._news.set()

    async def run(self) -> None:
        """Write until cancelled; what waits then is still written."""
        try:
            while True:
                await self._news.wait()
                self._news = trio.Event()
                if not await self._write():
                    with trio.move_on_after(RETRY_S):
                        await self._news.wait()
                    self._news.set()
        finally:
            with trio.CancelScope(shield=True):
                await self._write()

    async def _write(self) -> bool:
        while self._waiting:
            name, document = next(iter(self._waiting.items()))
            try:
                await trio.to_thread.run_sync(partial(self._documents.save, name, document))
            except OSError as error:
                self._on_trouble(f"the state directory cannot be written: {error.strerror or error}")
                return False
            if self._waiting.get(name) is document:
                del self._waiting[name]
        self._on_trouble(None)
        return True
