"""The journal behind the router's commands: what is to be kept is handed over, and what becomes of it comes back.

    Keep, Fetch, Delivered, Bury, Remember   ->  Archive (durable, answers by callback on the loop)
    Kept, NotKept, Fetched                   <-
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from routing.carrying.items import Alias, Item, Known, Row
from routing.commands import Bury, Command, Delivered, Fetch, Keep, Remember
from routing.errors import OurBug
from routing.events import BacklogFound, Event, Fetched, Kept, NotKept
from routing.values import LinkId

KeptAs = Callable[[int | None], None]
Found = Callable[[Row | None, int, frozenset[str]], None]
KEEPING = (Keep, Fetch, Delivered, Bury, Remember)


class Archive(Protocol):
    """What is needed of `store.journal.Journal`: nothing blocks, callbacks come on the loop."""

    def known(self, identity: str) -> Known: ...
    def keep(self, identity: str, item: Item, done: KeptAs) -> None: ...
    def oldest(self, identity: str, done: Found) -> None: ...
    def delivered(
        self, identity: str, number: int, *, alias: Alias | None = None, ended: int | None = None
    ) -> None: ...
    def bury(self, identity: str, number: int, *, attempts: int, code: str, text: str) -> None: ...
    def remember(
        self,
        identity: str,
        *,
        accepted: bool | None = None,
        subprotocol: str | None = None,
        boot: str | None = None,
        heartbeat_s: int | None = None,
        ended: int | None = None,
        alias: Alias | None = None,
    ) -> None: ...


class Keeping:
    """Carries out what concerns the journal. Without one nothing is ever kept: the policies must not ask for it."""

    def __init__(self, archive: Archive | None, post: Callable[[Event], None]) -> None:
        self.archive = archive
        self._post = post

    def known(self, identity: str, *, trusted: bool) -> Known:
        """What the journal knows of a station that arrives."""
        known = Known() if self.archive is None else self.archive.known(identity)
        return replace(known, trusted=trusted)

    def found(self, link: LinkId) -> None:
        """Something is kept for the station of this link; it should be on its way."""
        self._post(BacklogFound(link=link))

    def carry_out(self, identity: str, command: Command) -> None:
        """One command about the journal."""
        archive = self.archive
        if archive is None:
            raise OurBug(f"{type(command).__name__} without a journal")
        match command:
            case Keep():
                archive.keep(identity, command.item, partial(self._kept, command.link, command.ticket))
            case Fetch():
                archive.oldest(identity, partial(self._found, command.link))
            case Delivered():
                archive.delivered(identity, command.row, alias=command.alias, ended=command.ended)
            case Bury():
                archive.bury(identity, command.row, attempts=command.attempts, code=command.code, text=command.text)
            case Remember():
                archive.remember(
                    identity,
                    accepted=command.accepted,
                    subprotocol=command.subprotocol,
                    boot=command.boot,
                    heartbeat_s=command.heartbeat_s,
                    ended=command.ended,
                    alias=command.alias,
                )
            case _:
                raise OurBug(f"{type(command).__name__} is nothing for the journal")

    def _kept(self, link: LinkId, ticket: int, number: int | None) -> None:
        self._post(NotKept(link=link, ticket=ticket) if number is None else Kept(link=link, ticket=ticket, row=number))

    def _found(self, link: LinkId, row: Row | None, waiting: int, transactions: frozenset[str]) -> None:
        self._post(Fetched(link=link, row=row, waiting=waiting, transactions=transactions))
