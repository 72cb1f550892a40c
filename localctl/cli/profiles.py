"""`localctl profiles STATION`: the charging profiles on a station, whose they are, and what comes of them.

`localctl profiles --panel NAME`: what a panel, or with the main panel the site, may draw over the next day.

Exit codes: 0 shown, 1 no such station or panel, 2 wrong usage, 69 no running localctl.
"""

from collections.abc import Iterator

from rich.table import Table

from localctl.charging.base.instants import Instant, read_instant, write_instant
from localctl.cli.client import Json, path, shown
from localctl.cli.render import out_console, plain, table
from localctl.config.report import counted

MOST_SHOWN = 4
DAY_S = 86_400


def run(station: str, *, url: str = "", hours: int = 4, as_json: bool = False) -> int:
    """Show the ledger of profiles and each EVSE's composite schedule of the next hours."""
    return shown(url, path("stations", station, "profiles", hours=str(hours)), _tell_station, as_json=as_json)


def run_panel(panel: str, *, url: str = "", hours: int = 24, as_json: bool = False) -> int:
    """Show a panel's composite schedule of the next hours, conductor by conductor."""
    return shown(url, path("panels", panel, "profiles", hours=str(hours)), _tell_panel, as_json=as_json)


def _tell_station(told: Json) -> None:
    out = out_console()
    known = counted(len(told["profiles"]), "profile")
    out.print(plain(f"{told['station']} ({told['protocol']}) at {told['at']}: {known} known"))
    if told["profiles"]:
        out.print(_ledger(told["profiles"]))
    out.print()
    out.print(_composites(told["composite"]))


def _tell_panel(told: Json) -> None:
    out = out_console()
    out.print(plain(f"{told['panel']} at {told['at']}: {counted(len(told['stations']), 'station')} at or below it"))
    rows = table("phase", "from", "composite", "panel's limit for charging", "stations' profiles")
    for one in told["composite"]:
        curves = [one[which] for which in ("all", "limit", "stations")]
        for at in sorted({period["from"] for curve in curves for period in curve}):
            rows.add_row(one["phase"], plain(at), *(plain(_at(curve, at)) for curve in curves))
    out.print(rows)


def _ledger(profiles: list[Json]) -> Table:
    rows = table("owner", "EVSE", "id", "purpose", "level", "kind", "schedule")
    for one in profiles:
        doubt = "" if one["sure"] else " (perhaps)"
        wait = " (waits for its start)" if one["waits_for_start"] else ""
        rows.add_row(
            plain(one["owner"] + doubt),
            str(one["evse_id"]),
            str(one["id"]),
            plain(one["purpose"]),
            str(one["stack_level"]),
            plain(one["kind"] + wait),
            plain("; ".join(_schedule(schedule) for schedule in one["schedules"])),
        )
    return rows


def _schedule(schedule: Json) -> str:
    steps = [
        f"{_begins(schedule, period)} {period['limit']:g} {schedule['unit']}"
        for period in schedule["periods"][:MOST_SHOWN]
        if period["limit"] is not None
    ]
    more = schedule["period_count"] - len(steps)
    start = f"from {schedule['start']}: " if schedule["start"] else ""
    return start + ", ".join(steps) + (f" and {more} more" if more > 0 else "")


def _begins(schedule: Json, period: Json) -> str:
    """When a period begins: counted from the start of its schedule, after a day by the clock."""
    begins_s: int = period["start_s"]
    if schedule["start"] is None or begins_s < DAY_S:
        return f"+{begins_s} s"
    return write_instant(Instant(read_instant(schedule["start"]) + begins_s))


def _composites(composites: list[Json]) -> Table:
    rows = table("EVSE", "from", "limit", "without localctl")
    for one in composites:
        for row in _rows(one):
            rows.add_row(str(one["evse_id"]), *map(plain, row))
    return rows


def _rows(one: Json) -> Iterator[tuple[str, str, str]]:
    """Every instant at which one of both curves changes."""
    ours, theirs = one["all"], one["without_ours"]
    if ours is None or theirs is None:
        yield "–", "too many steps to be shown", "–"
        return
    for at in sorted({period["from"] for period in (*ours, *theirs)}):
        yield at, _at(ours, at), _at(theirs, at)


def _at(curve: list[Json], instant: str) -> str:
    """The limit that holds at an instant; RFC 3339 texts in UTC sort like the instants they mean."""
    held = [period for period in curve if period["from"] <= instant]
    return "–" if not held or held[-1]["limit_a"] is None else f"{held[-1]['limit_a']:g} A"
