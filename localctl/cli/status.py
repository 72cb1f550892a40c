"""`localctl status`: asks the running localctl how it is, once or again and again.

Exit codes: 0 it answered and is ready or degraded, 1 it answered and is not, 69 nobody answers. So it serves as a
container's health check too. `--watch` goes on while a box is away that has answered once.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from localctl.charging.showing.picture_text import when
from localctl.cli import FAILED, OK
from localctl.cli.client import FAULTS, Json, NobodyAnswers, Refused, ask, path, said
from localctl.cli.render import out_console, plain, print_json, table, talk, up_or_down

WATCH_S = 2.0

State = Json
Silence = NobodyAnswers | Refused


def run(
    *, url: str = "", as_json: bool = False, watch: bool = False, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Show the state once, or until Ctrl-C with `watch`; as JSON for scripts with `as_json`."""
    try:
        if watch:
            return _watch(url, as_json=as_json, sleep=sleep)
        state = state_of(url)
    except FAULTS as fault:
        return said(fault)
    _show(state, as_json=as_json)
    return _verdict(state)


def state_of(where: str) -> State:
    """The running localctl's snapshot. Raises as `ask` does; an HTTP server that is not ours counts as nobody."""
    try:
        state = ask(where, path("state"))
    except Refused as fault:
        if fault.told or fault.status == 403:
            raise
        state = {}
    if "state" not in state:
        raise NobodyAnswers("what answers there is not localctl; check --socket or --url")
    return state


def _verdict(state: State) -> int:
    return OK if state["state"] in ("ready", "degraded") else FAILED


def _watch(url: str, *, as_json: bool, sleep: Callable[[float], None]) -> int:
    """Whoever has answered once is waited for when it falls silent: a localctl that restarts is soon back."""
    found: State | Silence = state_of(url)
    try:
        if as_json or not sys.stdout.isatty():
            while True:
                _tell(found, as_json=as_json)
                sleep(WATCH_S)
                found = _again(url)
        with Live(_seen(found), console=out_console(), auto_refresh=False) as live:
            while True:
                sleep(WATCH_S)
                found = _again(url)
                live.update(_seen(found), refresh=True)
    except KeyboardInterrupt:
        return said(found) if isinstance(found, Silence) else _verdict(found)


def _again(url: str) -> State | Silence:
    try:
        return state_of(url)
    except (NobodyAnswers, Refused) as fault:  # while its socket is gone or not yet open to us, or its server is going
        return fault


def _tell(found: State | Silence, *, as_json: bool) -> None:
    """One more look, where there is no terminal: who does not answer is no state, and is told on stderr."""
    if isinstance(found, Silence):
        talk(str(found))
        return
    _show(found, as_json=as_json)
    print(end="" if as_json else "\n", flush=True)


def _seen(found: State | Silence) -> RenderableType:
    return plain(str(found).partition("\n")[0]) if isinstance(found, Silence) else _picture(found)


def _show(state: State, *, as_json: bool) -> None:
    if as_json:
        print_json(state)
    else:
        out_console().print(_picture(state))


def _picture(state: State) -> Group:
    """Stations, and below them the CSMSs where there are several and the site's panels where there are any."""
    parts: list[RenderableType] = [_table(state)]
    stations = [station for station in state.get("stations", []) if station.get("csms")]
    if len({station["csms"] for station in stations}) > 1:
        parts += [Text(), _csms(stations)]
    if panels := (state.get("charging") or {}).get("panels", []):
        parts += [Text(), _panels(panels)]
    return Group(*parts)


def _csms(stations: list[Json]) -> Table:
    """How many stations each CSMS has, how many of them are here, and how many of those it is away from."""
    rows = table("CSMS", "stations", "connected", "CSMS side up", "CSMS side away")
    for name in sorted({station["csms"] for station in stations}):
        here = [station for station in stations if station["csms"] == name and station["connected"]]
        joined = sum(station["upstream_connected"] for station in here)
        known = sum(station["csms"] == name for station in stations)
        rows.add_row(plain(name), *map(str, (known, len(here), joined, len(here) - joined)))
    return rows


def _panels(panels: list[Json]) -> Table:
    shown = table("panel", "phase", "limit", "for charging", "at most", "measured", "by", "until")
    for panel in panels:
        for phase, line in panel["phases"].items():
            amps = (line["limit_a"], line["net_a"], line["entitled_a"], line["measured_a"])
            by = line["source"] if line["state"] == "live" else f"{line['source']} ({line['state']})"
            shown.add_row(plain(panel["id"]), phase, *map(_amps, amps), plain(by), when(line["until"]))
    return shown


def _amps(amps: float | None) -> str:
    return "–" if amps is None else f"{amps:g} A"


def _table(state: State) -> Table:
    stations = state.get("stations", [])
    up = sum(bool(station.get("connected")) for station in stations)
    shown = table("Charging Station", "station side", "CSMS side", "version", "registration", "since", "last loss")
    reasons = "".join(f"; {plain(reason)}" for reason in state.get("reasons", []))
    shown.title = (
        f"localctl {plain(state.get('version', ''))}: {plain(state['state'])}, "
        f"{up} of {len(stations)} stations connected{reasons}"
    )
    shown.title_justify = "left"
    for station in stations:
        shown.add_row(
            plain(station.get("identity", "")),
            up_or_down(bool(station.get("connected"))),
            up_or_down(bool(station.get("upstream_connected"))),
            plain(station.get("subprotocol") or "–"),
            plain(station.get("registration", "")),
            datetime.fromtimestamp(station.get("since_at", 0), tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            plain(station.get("last_loss") or "–"),
        )
    return shown
