"""What the box remembers of one process to the next, as the parts that need it: own ids, passwords, adopted stations.

Each is a document in the state directory, written in the background by the `Keeper`. What charging must not forget is
stored by its own loop, before an order leaves (`control`).
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import trio

from localctl.adoption import Adoption
from localctl.net.credentials import Gatekeeper, Learnt
from localctl.store.documents import Documents
from localctl.store.keeper import Keeper

KEY_BYTES: Final = 32
CHARGING: Final = "charging"


class Memory:
    """One state directory. `on_trouble` hears why it cannot be written, and None when it can again."""

    def __init__(self, folder: Path, on_trouble: Callable[[str | None], None]) -> None:
        self._documents = Documents(folder)
        self._keeper = Keeper(self._documents, on_trouble)

    async def run(self) -> None:
        """Write what is to be kept, until cancelled."""
        await self._keeper.run()

    def own_key(self) -> bytes:
        """What marks our own message ids; the same after a restart, so that a late answer is still known as ours."""
        key = self._documents.load("router").get("own_key")
        if not isinstance(key, str) or len(key) != 2 * KEY_BYTES:
            key = secrets.token_hex(KEY_BYTES)
            own_key = key
            self._keeper.keep("router", lambda: {"own_key": own_key})
        return bytes.fromhex(key)

    def gatekeeper(self) -> Gatekeeper:
        """Who may come in, with the highest profiles seen and the passwords learnt so far (A01, A05)."""
        document = self._documents.load("security")
        profiles = {name: value for name, value in _table(document, "profiles") if isinstance(value, int)}
        replaced = {name: value for name, value in _table(document, "replaced") if isinstance(value, str)}
        passwords = {
            name: Learnt(value, replaced.get(name))
            for name, value in _table(document, "passwords")
            if isinstance(value, str)
        }

        def keep() -> None:
            self._keeper.keep("security", written)

        def written() -> dict[str, object]:
            return {
                "profiles": dict(profiles),
                "passwords": {name: learnt.stored for name, learnt in passwords.items()},
                "replaced": {name: learnt.instead_of for name, learnt in passwords.items()},
            }

        def keep_profile(identity: str, profile: int) -> None:
            profiles[identity] = profile
            keep()

        def keep_password(identity: str, learnt: Learnt) -> None:
            passwords[identity] = learnt
            keep()

        return Gatekeeper(
            profiles=profiles, passwords=passwords, keep_profile=keep_profile, keep_password=keep_password
        )

    def adoption(self) -> Adoption:
        """Which unlisted stations have taken a place."""
        names = self._documents.load("adopted").get("stations")
        settled = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        return Adoption(settled, keep=lambda kept: self._keeper.keep("adopted", lambda: {"stations": kept}))

    def charging(self) -> dict[str, object]:
        """What control stored last."""
        return self._documents.load(CHARGING)

    async def store_charging(self, document: dict[str, object]) -> None:
        """Store it durably now. Raises OSError where the disk refuses."""
        await trio.to_thread.run_sync(self._documents.save, CHARGING, document)


def _table(document: dict[str, object], name: str) -> list[tuple[str, object]]:
    table = document.get(name)
    return list(table.items()) if isinstance(table, dict) else []
