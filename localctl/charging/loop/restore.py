"""What an earlier process stored, as far as it can be read. Nothing stored may ever keep the box from starting.

The document may be of an older or newer version, cut off, or edited by hand. Each part, and each station in it, is read
by itself: what cannot be read is left out and named in `troubles`. A station without its book counts at its rating
until it has confirmed an order; one without its state is idle until it says otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from localctl.charging.allocation.allocator_turns import Turn
from localctl.charging.dispatching.desk import Desk
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.site_state import StationState
from localctl.charging.limiting.external import ExternalLimit
from localctl.charging.tree.topology import EvseId

T = TypeVar("T")
KEY: Final = re.compile(r"\d{1,6}\+?")
MOST_RETIRED: Final = 1000


@dataclass(slots=True, kw_only=True)
class Restored:
    """The readable parts. `desks` are those of all stations, also of such that had left the site by then."""

    desks: dict[str, Desk] = field(default_factory=dict)
    next_token: int = 1
    limits: object = None
    states: dict[str, StationState] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    turns: dict[EvseId, Turn] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


def restored(saved: object) -> Restored:
    """Read a stored document; an empty one for a box that starts for the first time."""
    return _Reader(saved).read()


class _Reader:
    """Reads part by part, and remembers what it could not read."""

    def __init__(self, saved: object) -> None:
        self.saved: Mapping[str, Any] = saved if isinstance(saved, dict) else {}
        self.troubles: list[str] = []
        if saved is not None and not isinstance(saved, dict):
            self.troubles.append("the stored charging state is no object: starting without it")

    def read(self) -> Restored:
        """Everything that can be read."""
        dispatch = self._object("dispatch", self.saved)
        found = Restored(
            desks=self._desks("retired", self.saved) | self._desks("desks", dispatch),
            limits=self._limits(),
            states=self._each("states", StationState, "its state"),
            ledgers=self._each("ledgers", Ledger, "its profiles"),
            turns=self._turns(),
        )
        last = dispatch.get("next_token")
        found.next_token = max([last if isinstance(last, int) and last > 0 else 1, *_tokens_after(found)])
        found.troubles = tuple(self.troubles)
        return found

    def _desks(self, part: str, within: Mapping[str, Any]) -> dict[str, Desk]:
        found: dict[str, Desk] = {}
        for name, raw in self._object(part, within).items():
            desk = self._one(raw, Desk, f"{name}: its orders cannot be read, it counts at its rating until it answers")
            if desk is not None and not is_sound(desk):
                self.troubles.append(f"{name}: its orders make no sense, it counts at its rating until it answers")
            elif desk is not None:
                found[name] = desk
        return found

    def _each(self, part: str, kind: type[T], what: str) -> dict[str, T]:
        found = {}
        for name, raw in self._object(part, self.saved).items():
            one = self._one(raw, kind, f"{name}: {what} cannot be read, it is unknown until it is told again")
            if one is not None:
                found[name] = one
        return found

    def _limits(self) -> object:
        told = self.saved.get("limits", [])
        what = "limits set from outside cannot be read: every source's fallback holds until it is heard"
        return told if self._one(told, list[ExternalLimit], what) is not None else None

    def _turns(self) -> dict[EvseId, Turn]:
        told = self.saved.get("turns", [])
        known = self._one(told, list[tuple[str, int, Turn]], "turns cannot be read: everybody's begins anew")
        return {(name, evse_id): turn for name, evse_id, turn in known or ()}

    def _one(self, raw: object, kind: type[T], trouble: str) -> T | None:
        try:
            return msgspec.convert(raw, kind)
        except (msgspec.ValidationError, RecursionError) as error:
            self.troubles.append(f"{trouble} ({error})")
            return None

    def _object(self, part: str, within: Mapping[str, Any]) -> dict[str, Any]:
        raw = within.get(part)
        if isinstance(raw, dict):
            return {name: each for name, each in raw.items() if isinstance(name, str)}
        if raw is not None:
            self.troubles.append(f"{part}: no object, left out")
        return {}


def is_sound(desk: Desk) -> bool:
    """Whether the book of a station can be worked with: places with numbers, and schedules that are not empty."""
    if desk.slots.keys() != desk.tracks.keys() or not all(map(KEY.fullmatch, [*desk.slots, *desk.top_of])):
        return False
    if not desk.top_of.keys() <= desk.slots.keys() or not all(key.isdigit() for key in [*desk.drawers, *desk.written]):
        return False
    if any(key.endswith("+") and key[:-1] not in desk.slots for key in desk.slots):
        return False
    for slot in desk.slots.values():
        schedules = [slot.confirmed, slot.sure, *(old.entitled for old in slot.fading)]
        schedules += [each for sent in slot.open for each in (sent.entitled, sent.sure)]
        if any(schedule is not None and not schedule for schedule in schedules):
            return False
    return all(track.schedule is None or track.schedule for track in desk.tracks.values())


def _tokens_after(found: Restored) -> list[int]:
    """No order may get the number of one whose answer is still out."""
    return [token + 1 for desk in found.desks.values() for token in desk.tokens()]
