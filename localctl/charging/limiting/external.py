"""Limits that somebody outside sets: an energy management system, the grid operator, anything else (K11 to K14).

Each source sets at most one limit per node: a value or a schedule, for the time it says. What happens when it falls
silent is the installer's rule for that source: after `stale_after_s`, or when its limit ends, the rule's fallback holds
on every node that has one, from the box's first second on. A fallback is never "no limit" by accident: a source without
one simply has nothing to say when its limit is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import msgspec

from localctl.charging.limiting.limits import NO_LIMIT, Cap, Covers, Source, Step
from localctl.charging.tree.topology import Path

MOST_STEPS: Final = 1024


class SourceKind(StrEnum):
    """Who limits: OCPP's ChargingLimitSource without CSO, which is the CSMS itself (K12.FR.04)."""

    EMS = "EMS"
    SO = "SO"
    OTHER = "Other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the installer decided about one source. `fallback` is per node, for when the source is silent."""

    name: str
    kind: SourceKind
    stale_after_s: float | None = None
    require_expiry: bool = True
    fallback: dict[Path, Cap] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLimit:
    """One source's word about one node. Before the first step nothing is limited; `expires_at` None: until replaced."""

    source: str
    node: Path
    steps: tuple[Step, ...]
    set_at: float
    expires_at: float | None = None
    covers: Covers = Covers.ALL


class ExternalLimits:
    """The limits in force, by source and node. Instants are seconds since 1970."""

    def __init__(self, rules: Iterable[Rule], saved: object = None) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self._limits: dict[tuple[str, Path], ExternalLimit] = {}
        if saved is not None:
            for limit in msgspec.convert(saved, list[ExternalLimit]):
                self._limits[limit.source, limit.node] = limit

    def put(self, limit: ExternalLimit) -> None:
        """This holds from now on, instead of what the same source said about the same node."""
        self._limits[limit.source, limit.node] = limit

    def withdraw(self, node: Path, source: str | None, now: float) -> list[str]:
        """Take back what this source (None: every source) said about the node; the sources that had something to say.

        A withdrawn limit is no silence: the source's fallback does not come into force until it is stale.
        """
        found = [limit for limit in self._limits.values() if limit.node == node and source in (None, limit.source)]
        for limit in found:
            rule = self.rules.get(limit.source)
            if rule is not None and node in rule.fallback:
                silent = Step(at=now, cap=NO_LIMIT)
                self.put(replace(limit, steps=(silent,), set_at=now, expires_at=None))
            else:
                del self._limits[limit.source, node]
        return [limit.source for limit in found]

    def nodes(self) -> set[Path]:
        """Every node somebody may limit."""
        return {node for _, node in self._limits} | {node for rule in self.rules.values() for node in rule.fallback}

    def limits(self) -> list[ExternalLimit]:
        """What was said, by source and node."""
        return [self._limits[key] for key in sorted(self._limits)]

    def sources(self, now: float) -> list[Source]:
        """For the effective limits; forgets what is over and has no fallback behind it."""
        for key, limit in list(self._limits.items()):
            rule = self.rules.get(limit.source)
            over = limit.expires_at is not None and limit.expires_at <= now
            if over and (rule is None or limit.node not in rule.fallback):
                del self._limits[key]
        silent = [
            Source(name=rule.name, node=node, steps=(), stale_after_s=0.0, fallback=cap)
            for rule in self.rules.values()
            for node, cap in rule.fallback.items()
            if (rule.name, node) not in self._limits
        ]
        return [*map(self._source, self._limits.values()), *silent]

    def saved(self) -> object:
        """Everything as a JSON document."""
        return msgspec.to_builtins(self.limits())

    def _source(self, limit: ExternalLimit) -> Source:
        rule = self.rules.get(limit.source, Rule(name=limit.source, kind=SourceKind.OTHER))
        return Source(
            name=limit.source,
            node=limit.node,
            steps=limit.steps,
            valid_until=limit.expires_at,
            heard_at=limit.set_at,
            stale_after_s=rule.stale_after_s,
            fallback=rule.fallback.get(limit.node, NO_LIMIT),
            covers=limit.covers,
        )
