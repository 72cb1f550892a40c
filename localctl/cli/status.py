"""`localctl status`: asks the running localctl's HTTP port how it is.

Exit codes: 0 it answered and is ready or degraded, 1 it answered and is not, 69 nobody answers. So it serves as a
container's health check too.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from rich.live import Live
from rich.table import Table

from localctl.cli import FAILED, OK, UNAVAILABLE, USAGE
from localctl.cli.render import out_console, plain, table, talk, up_or_down

DEFAULT_URL = "http://127.0.0.1:9180"
MAX_ANSWER_BYTES = 16 * 1024 * 1024
WATCH_S = 2.0

State = dict[str, Any]


class NobodyAnswers(Exception):
    """There is no localctl at this address, or it is not one."""


def run(
    *, url: str = DEFAULT_URL, as_json: bool = False, watch: bool = False, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Show the state once, or until Ctrl-C with `watch`; as JSON for scripts with `as_json`."""
    if not url.startswith(("http://", "https://")):
        talk(f"{url}: not an address; write it like {DEFAULT_URL}")
        return USAGE
    try:
        if watch:
            return _watch(url, as_json=as_json, sleep=sleep)
        state = ask(url)
    except NobodyAnswers as fault:
        talk(str(fault))
        return UNAVAILABLE
    _show(state, as_json=as_json)
    return _verdict(state)


def ask(url: str, *, timeout_s: float = 5.0) -> State:
    """The running localctl's snapshot. Raises NobodyAnswers with a sentence that says what to do."""
    address = f"{url.rstrip('/')}/api/v1/state"
    opener = build_opener(ProxyHandler({}))  # the box is near; a proxy meant for the web is in the way
    try:
        with opener.open(address, timeout=timeout_s) as answer:
            state = json.loads(answer.read(MAX_ANSWER_BYTES))
    except (URLError, OSError, HTTPException) as fault:
        reason = getattr(fault, "reason", None) or fault
        raise NobodyAnswers(
            f"no running localctl at {url} ({reason})\n"
            "hint: start it with `localctl run CONFIG`, or give the address of its [http] table with --url"
        ) from None
    except ValueError:
        raise NobodyAnswers(f"what answers at {url} is not localctl; check --url") from None
    if not isinstance(state, dict) or "state" not in state:
        raise NobodyAnswers(f"what answers at {url} is not localctl; check --url")
    return state


def _verdict(state: State) -> int:
    return OK if state["state"] in ("ready", "degraded") else FAILED


def _watch(url: str, *, as_json: bool, sleep: Callable[[float], None]) -> int:
    state = ask(url)
    try:
        if as_json or not sys.stdout.isatty():
            while True:
                _show(state, as_json=as_json)
                sys.stdout.flush()
                sleep(WATCH_S)
                state = ask(url)
        with Live(_table(state), console=out_console(), auto_refresh=False) as live:
            while True:
                sleep(WATCH_S)
                state = ask(url)
                live.update(_table(state), refresh=True)
    except KeyboardInterrupt:
        return _verdict(state)


def _show(state: State, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(state, separators=(",", ":")))
    else:
        out_console().print(_table(state))


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
