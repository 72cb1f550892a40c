"""The figures of many runs as text."""

from collections import Counter


def summary(results):
    """What went wrong on purpose, what came through, and what must be nothing."""
    faults, wrong = Counter(), Counter()
    for one in results:
        faults.update(one.faults)
        wrong.update({kind: len(found) for kind, found in one.wrong.items()})
    cuts = [tuple(cut) for one in results for cut in one.cuts]
    places = {(version, number) for version, number, _ in cuts}
    rows = [("runs", len(results)), *sorted(faults.items())]
    rows += [
        ("station lines cut", f"{len(cuts)}, at {len(places)} frame boundaries of three versions"),
        ("CALLs at the CSMS", sum(one.seen for one in results)),
        ("delivered, stations were told", sum(one.told for one in results)),
        ("said again after a fault", sum(one.repeats for one in results)),
        ("CALLs of the CSMS that had to come down", sum(one.downward for one in results)),
        ("own CALLs of the controller", sum(one.own_calls for one in results)),
        ("most drawn behind a fuse", f"{100 * max((one.fuse_share for one in results), default=0):.0f} %"),
        ("stations never given an order", sum(one.unordered for one in results)),
    ]
    kinds = (
        "lost",
        "missing",
        "altered",
        "doubled",
        "reordered",
        "foreign",
        "misnumbered",
        "untrue",
        "stale",
        "overdrawn",
    )
    rows += [(kind, wrong.pop(kind, 0)) for kind in kinds]
    rows += sorted(wrong.items())
    return "\n".join(f"{name:<42}{value}" for name, value in rows)


def story(result):
    """One run that went wrong, for whoever has to find out why."""
    lines = [f"seed {result.seed} ({result.wall_s:.1f} s):"]
    for kind, found in result.wrong.items():
        lines += [f"  {kind}: {sentence}" for sentence in found[:6]]
        lines += [f"  {kind}: and {len(found) - 6} more"] if len(found) > 6 else []
    return "\n".join(lines + [f"    {line}" for line in result.story])
