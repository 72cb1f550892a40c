"""Orders: what dispatch hands out to be sent, under which terms, and whose each number is when it is answered."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.dispatching.pacing import PaceTerms

# Answers come within minutes; so many orders back, nobody waits for one any more.
MOST_OWNERS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Settings of the whole site. `timeout_s` is for each own CALL, `most_at_once` bounds the CALLs of one plan."""

    lease: LeaseTerms = field(default_factory=LeaseTerms)
    pace: PaceTerms = field(default_factory=PaceTerms)
    timeout_s: float = 15.0
    most_at_once: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One own CALL to a station. `why` is a short word for log and metric.

    `reports`: the station answers it with ReportChargingProfiles too, under this requestId.
    """

    identity: str
    token: int
    action: str
    payload: str
    priority: Literal["safety", "routine"]
    timeout_s: float
    why: str
    reports: int | None = None


def text_of(payload: dict[str, Any]) -> str:
    """A payload as it goes over the wire."""
    return msgspec.json.encode(payload).decode()


class Outbox:
    """Gives every order its number and remembers whose it is. Numbers rise over restarts (`next_token` is stored)."""

    def __init__(self, next_token: int) -> None:
        self.next_token = next_token
        self._owners: dict[int, str] = {}

    def number(self) -> int:
        """A number no order had before."""
        self.next_token += 1
        return self.next_token - 1

    def order(
        self,
        identity: str,
        token: int,
        action: str,
        payload: str,
        *,
        why: str,
        timeout_s: float,
        urgent: bool = False,
        reports: int | None = None,
    ) -> Order:
        """The order under a number; its answer will find its station."""
        self.belong([token], identity)
        return Order(
            identity=identity,
            token=token,
            action=action,
            payload=payload,
            priority="safety" if urgent else "routine",
            timeout_s=timeout_s,
            why=why,
            reports=reports,
        )

    def belong(self, tokens: list[int], identity: str) -> None:
        """These numbers are this station's, also such that an earlier process gave."""
        for token in tokens:
            self._owners[token] = identity
        while len(self._owners) > MOST_OWNERS:
            del self._owners[next(iter(self._owners))]

    def owner(self, token: int) -> str | None:
        """Whose order this is; None for numbers that are unknown or long forgotten."""
        return self._owners.get(token)

    def forget(self, identity: str) -> None:
        """The station is gone, nobody waits for its answers."""
        self._owners = {token: name for token, name in self._owners.items() if name != identity}
