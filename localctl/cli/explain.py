"""`localctl explain STATION[/EVSE]`: why it has its amperes, which limit binds, since when, until when, what is next.

With an EVSE also what it would get if that limit were gone. A panel's name gets the panel's limits.

Exit codes: 0 explained, 1 no such station, EVSE or panel, 2 wrong usage, 69 no running localctl.
"""

import sys
from collections.abc import Iterator

from rich.table import Table

from localctl.charging.showing.picture_text import limit, span
from localctl.charging.showing.picture_words import number
from localctl.cli import OK
from localctl.cli.client import FAULTS, Json, Refused, ask, path, said
from localctl.cli.render import out_console, plain, print_json, table


def run(place: str, *, url: str = "", as_json: bool = False) -> int:
    """Explain one station, with `/2` one EVSE of it, or a panel; sentences, on a terminal with a table above them."""
    station, evse = split(place)
    try:
        told = _asked(url, place, station, evse)
    except FAULTS as fault:
        return said(fault)
    if as_json:
        print_json(told)
    else:
        _tell(evse, told)
    return OK


def _asked(url: str, place: str, station: str, evse: str | None) -> Json:
    what_if = None if evse is None else "1"
    try:
        return ask(url, path("stations", station, "explain", evse=evse, what_if=what_if))
    except Refused as refused:
        panel = _panel(url, place) if refused.status == 404 and refused.told else None
        if panel is None:
            raise
        return {"panel": panel, "text": list(_of_panel(panel))}


def _panel(url: str, name: str) -> Json | None:
    panels = ask(url, path("site"))["panels"]
    return next((one for one in panels if one["id"] == name.removeprefix("panel:")), None)


def _of_panel(panel: Json) -> Iterator[str]:
    """Its limits conductor by conductor, and that of its watts where there is one."""
    rows = [(phase, "A", line) for phase, line in panel["phases"].items()]
    for phase, unit, line in [*rows, *([("power", "W", panel["power"])] if panel["power"] else [])]:
        gross, net, most, flows = (line[f"{what}_{unit.lower()}"] for what in ("limit", "net", "entitled", "measured"))
        place = {"node": f"panel:{panel['id']}", "phase": phase, "unit": unit, "gross": gross, "net": net}
        said_of_it = limit(place | {"source": line["source"], "state": line["state"]})
        may = f"at most {number('en', most or 0.0, unit)} may flow (who was sent nothing counts with its rating)"
        flow = "not all of what flows is measured now" if flows is None else f"{number('en', flows, unit)} flow"
        yield f"{said_of_it}, {span(line)}; {may}, {flow}."
    yield f"`localctl profiles --panel {panel['id']}` shows the hours ahead, `localctl explain STATION` who gets what."


def split(place: str) -> tuple[str, str | None]:
    """`CP1/2` is EVSE 2 of CP1; anything else is a station's identity as a whole."""
    station, slash, evse = place.rpartition("/")
    return (station, evse) if slash and station and evse.isdigit() else (place, None)


def _tell(evse: str | None, told: Json) -> None:
    out = out_console()
    if sys.stdout.isatty() and "station" in told:
        out.print(_table(told["station"], evse))
        out.print()
    for line in told["text"]:
        out.print(plain(line))


def _table(station: Json, evse: str | None) -> Table:
    rows = table("EVSE", "share", "at most", "draws", "limit", "next")
    for one in station["evses"]:
        if evse in (None, str(one["id"])):
            measured = one["measured_a"]
            rows.add_row(
                f"{plain(station['identity'])}/{one['id']}",
                _amps(one["share_a"]),
                _amps(one["entitled_a"]),
                "?" if measured is None else " ".join(_amps(amps) for amps in measured.values()),
                _limit(one["binding"]),
                _limit(one["next"]),
            )
    return rows


def _limit(found: Json | None) -> str:
    if found is None or found["net"] is None:
        return "–"
    return plain(f"{found['node']} {found['phase']}: {found['net']:g} {found['unit']} ({found['source']})")


def _amps(amps: float | None) -> str:
    return "?" if amps is None else f"{amps:g} A"
