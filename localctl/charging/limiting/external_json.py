"""What an EMS writes to `PUT /api/v1/limits/{node}`, read and judged.

    {"source": "EMS", "limit_a": 40, "expires_in_s": 900}
    {"source": "ems-1", "limit_w": 22000, "expires_at": "2026-11-22T18:00:00Z"}
    {"source": "SO", "schedule": [{"start": "2026-11-22T17:00:00Z", "limit_a": [25, 25, 25]},
                                  {"start": "2026-11-22T19:00:00Z"}], "expires_at": "2026-11-23T00:00:00Z"}

`source` is the name of a `[[limit_source]]`, or EMS, SO or Other where only one or none of that kind is configured. A
step without a limit sets none. Amperes are per phase, one number for all or one for each of L1, L2, L3.
"""

from collections.abc import Iterator
from typing import Final

from localctl.charging.base.json_reader import BadMember, Reader
from localctl.charging.base.phases import PerPhase
from localctl.charging.limiting.external import MOST_STEPS, ExternalLimit, Rule, SourceKind
from localctl.charging.limiting.limits import Cap, Covers, Step
from localctl.charging.tree.topology import Path

MEMBERS: Final = frozenset({"source", "limit_a", "limit_w", "schedule", "expires_at", "expires_in_s", "covers"})
STEP_MEMBERS: Final = frozenset({"start", "limit_a", "limit_w"})


def read_limit(body: object, node: Path, rules: dict[str, Rule], now: float) -> ExternalLimit:
    """The limit that a request sets. Raises BadMember, which names the member and what is wrong with it."""
    reader = Reader.of(body, "")
    _only(reader, MEMBERS)
    rule = find_rule(reader.text("source"), rules, reader)
    expires_at = _expiry(reader, now)
    if expires_at is None and rule.require_expiry:
        raise reader.bad("expires_at", "is missing; say until when the limit holds (or expires_in_s)")
    if expires_at is not None and expires_at <= now:
        raise reader.bad("expires_at", "is in the past")
    return ExternalLimit(
        source=rule.name,
        node=node,
        steps=tuple(_steps(reader, now)),
        set_at=now,
        expires_at=expires_at,
        covers=_covers(reader),
    )


def find_rule(source: str, rules: dict[str, Rule], reader: Reader) -> Rule:
    """The rule for a source's name or kind. A kind nobody configured is welcome and has no fallback."""
    if source in rules:
        return rules[source]
    if source not in set(SourceKind):
        names = ", ".join([*rules, *SourceKind])
        raise reader.bad("source", f"is not known here; known are {names}")
    of_kind = [rule for rule in rules.values() if rule.kind == source]
    if len(of_kind) > 1:
        raise reader.bad("source", f"could be any of {', '.join(rule.name for rule in of_kind)}; name one")
    return of_kind[0] if of_kind else Rule(name=source, kind=SourceKind(source))


def _expiry(reader: Reader, now: float) -> float | None:
    if reader.has("expires_at") and reader.has("expires_in_s"):
        raise reader.bad("expires_in_s", "stands beside expires_at; one of them is enough")
    seconds = reader.optional_limit("expires_in_s")
    return now + seconds if seconds is not None else reader.optional_instant("expires_at")


def _steps(reader: Reader, now: float) -> Iterator[Step]:
    if not reader.has("schedule"):
        if not (reader.has("limit_a") or reader.has("limit_w")):
            raise reader.bad("limit_a", "is missing; give limit_a, limit_w or a schedule")
        yield Step(at=now, cap=_cap(reader))
        return
    if reader.has("limit_a") or reader.has("limit_w"):
        raise reader.bad("schedule", "stands beside a limit; put the limit into its steps")
    before = None
    for step in reader.objects("schedule", MOST_STEPS):
        _only(step, STEP_MEMBERS)
        at = step.instant("start")
        if before is not None and at <= before:
            raise step.bad("start", "must be later than that of the step before")
        before = at
        yield Step(at=float(at), cap=_cap(step))


def _cap(reader: Reader) -> Cap:
    return Cap(a=_per_phase(reader), w=reader.optional_limit("limit_w"))


def _per_phase(reader: Reader) -> PerPhase:
    if not isinstance(reader.members.get("limit_a"), list):
        amps = reader.optional_limit("limit_a")
        return (amps, amps, amps)
    parts = [Reader({"limit_a": part}, path).optional_limit("limit_a") for path, part in reader.items("limit_a", 3)]
    if len(parts) != 3:
        raise reader.bad("limit_a", "must be one number or three, for L1, L2 and L3")
    return (parts[0], parts[1], parts[2])


def _covers(reader: Reader) -> Covers:
    word = reader.optional_text("covers") or Covers.ALL.value
    if word not in {each.value for each in Covers}:
        raise reader.bad("covers", f"must be one of {', '.join(each.value for each in Covers)}")
    return Covers(word)


def _only(reader: Reader, known: frozenset[str]) -> None:
    for name in reader.members:
        if name not in known:
            raise BadMember(reader.at(str(name)[:40]), f"is not known; known are {', '.join(sorted(known))}")
