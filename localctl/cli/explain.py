"""`localctl explain STATION[/EVSE]`: why it has its amperes, which limit binds, since when, until when, what is next.

With an EVSE also what it would get if that limit were gone.

Exit codes: 0 explained, 1 no such station or EVSE, 2 wrong usage, 69 no running localctl.
"""

import json
import sys

from rich.table import Table

from localctl.cli import OK
from localctl.cli.client import FAULTS, Json, ask, path, said
from localctl.cli.render import out_console, plain, table


def run(place: str, *, url: str = "", as_json: bool = False) -> int:
    """Explain one station, or with `/2` one EVSE of it; sentences, on a terminal with a table above them."""
    station, evse = split(place)
    try:
        what_if = None if evse is None else "1"
        told = ask(url, path("stations", station, "explain", evse=evse, what_if=what_if))
    except FAULTS as fault:
        return said(fault)
    if as_json:
        print(json.dumps(told, separators=(",", ":")))
        return OK
    out = out_console()
    if sys.stdout.isatty():
        out.print(_table(told["station"], evse))
        out.print()
    for line in told["text"]:
        out.print(plain(line))
    return OK


def split(place: str) -> tuple[str, str | None]:
    """`CP1/2` is EVSE 2 of CP1; anything else is a station's identity as a whole."""
    station, slash, evse = place.rpartition("/")
    return (station, evse) if slash and station and evse.isdigit() else (place, None)


def _table(station: Json, evse: str | None) -> Table:
    shown = table("EVSE", "share", "at most", "draws", "limit", "next")
    for one in station["evses"]:
        if evse in (None, str(one["id"])):
            measured = one["measured_a"]
            shown.add_row(
                f"{plain(station['identity'])}/{one['id']}",
                _amps(one["share_a"]),
                _amps(one["entitled_a"]),
                "?" if measured is None else " ".join(_amps(amps) for amps in measured.values()),
                _limit(one["binding"]),
                _limit(one["next"]),
            )
    return shown


def _limit(found: Json | None) -> str:
    if found is None or found["net"] is None:
        return "–"
    return plain(f"{found['node']} {found['phase']}: {found['net']:g} {found['unit']} ({found['source']})")


def _amps(amps: float | None) -> str:
    return "?" if amps is None else f"{amps:g} A"
