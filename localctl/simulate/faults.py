"""What goes wrong between the box and one station: orders vanish, answers are lost, late, doubled, refused or errors.

Only the box's own CALLs are meddled with; the CSMS's CALLs have ids of their own (`csms-…`). While a trouble lasts, and
until the station has taken an order in peace again, the judge knows the station as hindered.
"""

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Final

import trio

from localctl.simulate.cable import Cable, Parcels
from localctl.simulate.judge import Judge
from localctl.simulate.mail import Mail

PART: Final = 0.8
"""So many of the texts in question are hit."""
LATE_S: Final = (16.0, 45.0)
SLOW_S: Final = (0.5, 6.0)
TROUBLED: Final = "troubled"
ORDERED: Final = frozenset(
    {"deaf", "lost_answers", "late_answers", "doubled_answers", "rejects", "errors", "unclear_errors", "rate_limits"}
)


class Gremlin:
    """Sits on one station's cables. `trouble` starts a kind of trouble, which ends by itself."""

    def __init__(
        self, identity: str, judge: Judge, mail: Mail, rng: random.Random, now_at: Callable[[], float]
    ) -> None:
        self.hits = 0
        self._identity, self._judge, self._mail, self._rng, self._now_at = identity, judge, mail, rng, now_at
        self._until: dict[str, float] = {}
        self._open: set[str] = set()
        self._spoilt: set[str] = set()

    def trouble(self, kind: str, for_s: float) -> None:
        """From now on for so long."""
        self._until[kind] = max(self._until.get(kind, 0.0), trio.current_time() + for_s)
        self._judge.hinder(self._identity, TROUBLED)

    def down(self, cable: Cable, text: str) -> Parcels:
        """A text on its way to the station."""
        call_id = _call_id(text)
        if call_id is None or call_id.startswith("csms-"):
            return [(text, self._slowness())]
        self._open.add(call_id)
        if self._strikes("deaf"):
            self._spoilt.add(call_id)
            return []
        for kind, answer in ANSWERS.items():
            if self._strikes(kind):
                self._spoilt.add(call_id)
                cable.deliver_up(json.dumps(answer(call_id)), 0.1)
                return []
        return [(text, self._slowness())]

    def up(self, cable: Cable, text: str) -> Parcels:
        """A text on its way to the box."""
        call_id = _answered_id(text)
        if call_id is None or call_id not in self._open:
            return [(text, self._slowness())]
        self._open.discard(call_id)
        spoilt = self._spoil(cable, call_id, text)
        if spoilt is not None:
            return spoilt
        if call_id not in self._spoilt and not self._troubled():
            self._judge.free(self._identity, TROUBLED, self._now_at())
        return [(text, self._slowness())]

    def _spoil(self, cable: Cable, call_id: str, text: str) -> Parcels | None:
        if self._strikes("lost_answers"):
            return []
        if self._strikes("late_answers"):
            self._mail.after(self._rng.uniform(*LATE_S), partial(cable.deliver_up, text))
            return []
        if self._strikes("unclear_errors"):
            return [(json.dumps([4, call_id, "InternalError", "out of memory", {}]), 0.0)]
        if self._strikes("doubled_answers"):
            self._mail.after(self._rng.uniform(0.0, 20.0), partial(cable.deliver_up, text))
            return [(text, 0.0)]
        return None

    def _troubled(self) -> bool:
        now = trio.current_time()
        return any(until > now for until in self._until.values())

    def _strikes(self, kind: str) -> bool:
        hit = self._until.get(kind, 0.0) > trio.current_time() and self._rng.random() < PART
        self.hits += hit
        return hit

    def _slowness(self) -> float:
        return self._rng.uniform(*SLOW_S) if self._until.get("slow", 0.0) > trio.current_time() else 0.0


def _refusal(reason: str, call_id: str) -> list[object]:
    return [3, call_id, {"status": "Rejected", "statusInfo": {"reasonCode": reason}}]


def _error(call_id: str) -> list[object]:
    return [4, call_id, "NotSupported", "", {}]


ANSWERS: Final[dict[str, Callable[[str], list[object]]]] = {
    "rejects": partial(_refusal, "OutOfMemory"),
    "rate_limits": partial(_refusal, "RateLimitExceeded"),
    "errors": _error,
}
"""What the station says instead of acting."""


def _call_id(text: str) -> str | None:
    """The id of a CALL. Frames are compact JSON, so looking at their beginning is enough."""
    return text.split('"', 2)[1] if text.startswith("[2,") else None


def _answered_id(text: str) -> str | None:
    return text.split('"', 2)[1] if text.startswith(("[3,", "[4,")) else None
