"""The two numbers of 1.6 transactions that began while the CSMS was away: the station's and the CSMS's (10.7).

A station keeps the number it got here for the transaction's whole life, and longer: it may say its end again. A CSMS
gives its own number when it hears of the transaction at last, and may give the same one to a later transaction.
"""

from collections.abc import Iterable, Iterator

import msgspec

from routing.carrying import splice
from routing.carrying.items import Alias

MAX_ALIASES = 1000
"""Transactions with two numbers per station."""


class Numbers:
    """One station's, on all its connections. False while every transaction has one number only."""

    def __init__(self) -> None:
        self._aliases: dict[int, Alias] = {}

    def __len__(self) -> int:
        return len(self._aliases)

    def __contains__(self, local: object) -> bool:
        return local in self._aliases

    def unheard(self) -> Iterator[int]:
        """The station's numbers of transactions of which the CSMS's is not known."""
        return (one.local for one in self._aliases.values() if one.real is None)

    def recall(self, aliases: Iterable[Alias]) -> None:
        """What the journal knows, unless more is known here: an older connection may just have heard a number."""
        for alias in aliases:
            noted = self._aliases.get(alias.local)
            if noted is None or noted.real is None:
                self._aliases[alias.local] = alias

    def told(self, alias: Alias) -> None:
        """A transaction began here, or the CSMS gave its number for one.

        Of too many the oldest goes whose number the CSMS has told, like in the journal.
        """
        self._aliases[alias.local] = alias
        if len(self._aliases) > MAX_ALIASES:
            del self._aliases[next(iter(self.to_csms()), next(iter(self._aliases)))]

    def pass_on(self, answer: str) -> list[Alias]:
        """The CSMS numbered a transaction that began with it: those that began here and had this number before."""
        number = splice.transaction_number(answer)
        had = [one for one in self._aliases.values() if one.real is not None and one.real == number]
        passed_on = [msgspec.structs.replace(one, passed_on=True) for one in had if not one.passed_on]
        self._aliases.update((one.local, one) for one in passed_on)
        return passed_on

    def ended(self, request: str) -> int | None:
        """The local number of the transaction that this StopTransaction ended, if it is one of these."""
        local = splice.transaction_number(request)
        return local if local in self._aliases else None

    def to_csms(self) -> dict[int, int]:
        """The station's numbers to the CSMS's, as far as it has told them."""
        return {one.local: one.real for one in self._aliases.values() if one.real is not None}

    def to_station(self) -> dict[int, int]:
        """The CSMS's numbers to the station's; one that was given again means the newest."""
        aliases = self._aliases.values()
        return {one.real: one.local for one in aliases if one.real is not None and not one.passed_on}
