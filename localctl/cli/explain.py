"""`localctl explain STATION[/EVSE]`: why it has its amperes, which limit binds, since when, until when, what is next.

With an EVSE also what it would get if that limit were gone.

Exit codes: 0 explained, 1 no such station or EVSE, 2 wrong usage, 69 no running localctl.
"""

import sys
from functools import partial

from rich.table import Table

from localctl.cli.client import Json, path, shown
from localctl.cli.render import out_console, plain, table


def run(place: str, *, url: str = "", as_json: bool = False) -> int:
    """Explain one station, or with `/2` one EVSE of it; sentences, on a terminal with a table above them."""
    station, evse = split(place)
    what_if = None if evse is None else "1"
    question = path("stations", station, "explain", evse=evse, what_if=what_if)
    return shown(url, question, partial(_tell, evse), as_json=as_json)


def split(place: str) -> tuple[str, str | None]:
    """`CP1/2` is EVSE 2 of CP1; anything else is a station's identity as a whole."""
    station, slash, evse = place.rpartition("/")
    return (station, evse) if slash and station and evse.isdigit() else (place, None)


def _tell(evse: str | None, told: Json) -> None:
    out = out_console()
    if sys.stdout.isatty():
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
