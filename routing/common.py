"""What all links of one router share: ids of own CALLs, time, authorizations, paces, what stations said lately."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from routing.carrying.answers import recalled
from routing.carrying.authorizations import Authorizations
from routing.carrying.energy import EnergyCap
from routing.carrying.items import Kind, Known
from routing.carrying.numbers import Numbers
from routing.carrying.repeats import Repeats
from routing.carrying.states import States
from routing.clock import Clock
from routing.ids import OwnIds
from routing.pace import Pace

MAX_STATIONS = 4096
OwnAnswer = Callable[[str, bytes], str | None]
"""Action and payload of a station's request to the answer that the box gives itself, None where it is the CSMS's."""


def nobodys(_action: str, _payload: bytes) -> None:
    """Every request is for the CSMS."""


class Common:
    """Made once per router. `invent` numbers 1.6 transactions that begin while the CSMS is away; it never repeats."""

    def __init__(
        self, ids: OwnIds, authorizations: Authorizations, invent: Callable[[], int], uniform: Callable[[], float]
    ) -> None:
        self.ids = ids
        self.clock = Clock()
        self.authorizations = authorizations
        self.invent = invent
        self.replay = Pace(uniform)
        self.admission = Pace(uniform)
        self.own_answer: OwnAnswer = nobodys
        self._repeats: OrderedDict[str, Repeats] = OrderedDict()
        self._numbers: OrderedDict[str, Numbers] = OrderedDict()
        self._caps: OrderedDict[str, EnergyCap] = OrderedDict()
        self._states: OrderedDict[str, States] = OrderedDict()
        self._attempts: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._kept: set[str] = set()

    def has_kept(self, identity: str) -> bool:
        """True when a connection of this station kept something that was not all delivered since."""
        return identity.casefold() in self._kept

    def note_kept(self, identity: str, *, some: bool) -> None:
        """Something was kept for the CSMS of this station, or all that was is with it. Bounded by what is kept."""
        if some:
            self._kept.add(identity.casefold())
        else:
            self._kept.discard(identity.casefold())

    def repeats_of(self, identity: str, subprotocol: str, known: Known) -> Repeats:
        """What an arriving station said lately, on earlier connections too: it repeats what was not answered."""
        key = identity.casefold()
        repeats = self._repeats.setdefault(key, Repeats())
        recalled(subprotocol, known.recent, repeats)
        for alias in known.aliases:
            if alias.begin:
                repeats.add(bytes.fromhex(alias.begin), Kind.TRANSACTION, alias.local)
                repeats.confirm(bytes.fromhex(alias.begin))
        _newest(self._repeats, key)
        return repeats

    def numbers_of(self, identity: str, known: Known) -> Numbers:
        """Both numbers of its 1.6 transactions; one book for all connections."""
        key = identity.casefold()
        numbers = self._numbers.setdefault(key, Numbers())
        numbers.recall(known.aliases)
        _newest(self._numbers, key)
        return numbers

    def states_of(self, identity: str) -> States:
        """What it said last of its connectors, on earlier connections too."""
        key = identity.casefold()
        states = self._states.setdefault(key, States())
        _newest(self._states, key)
        return states

    def note_attempts(self, identity: str, row: int, attempts: int) -> None:
        """So often this row was sent in vain, on connections that are gone."""
        self._attempts[identity.casefold()] = row, attempts
        _newest(self._attempts, identity.casefold())

    def attempts_at(self, identity: str, row: int) -> int:
        """How often this row was sent in vain before."""
        noted, attempts = self._attempts.get(identity.casefold(), (row, 0))
        return attempts if noted == row else 0

    def cap_of(self, identity: str, limit_wh: float | None) -> EnergyCap:
        """What this station's transactions of unknown tokens took so far, on earlier connections too."""
        key = identity.casefold()
        cap = self._caps.setdefault(key, EnergyCap(limit_wh))
        cap.limit_wh = limit_wh
        _newest(self._caps, key)
        return cap


def _newest(memory: OrderedDict[str, Any], key: str) -> None:
    """Of too many stations the one that was away longest is forgotten."""
    memory.move_to_end(key)
    if len(memory) > MAX_STATIONS:
        memory.popitem(last=False)
