"""`localctl limit set NODE` and `limit clear NODE`: what an EMS does through the API, by hand.

Exit codes: 0 done, 1 refused (the reason is on stderr), 2 wrong usage, 69 no running localctl.
"""

import math
import os
import re
from pathlib import Path

from rich.table import Table

from localctl.charging.showing.picture_text import when
from localctl.cli import OK
from localctl.cli.client import FAULTS, Json, Misused, ask, path, read_token, said
from localctl.cli.render import out_console, plain, print_json, table

TOKEN_VARIABLE = "LOCALCTL_TOKEN"
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def put(
    node: str,
    *,
    amps: str | None,
    watts: float | None,
    lasts: str,
    source: str,
    url: str = "",
    token_file: Path | None = None,
    as_json: bool = False,
) -> int:
    """Limit a panel or station in this source's name, and show what is in force there then."""
    try:
        body: Json = {"source": source, "expires_in_s": seconds(lasts)}
        if (amps is None) == (watts is None):
            raise Misused("give either --amps or --watts")
        if watts is not None and not math.isfinite(watts):
            raise Misused(f"--watts {watts}: write a number")
        body |= {"limit_w": watts} if amps is None else {"limit_a": per_phase(amps)}
        token = read_token(token_file, os.environ.get(TOKEN_VARIABLE))
        told = ask(url, path("limits", node), method="PUT", body=body, token=token)
    except FAULTS as fault:
        return said(fault)
    return _show(told, as_json=as_json)


def clear(
    node: str,
    *,
    source: str | None,
    url: str = "",
    token_file: Path | None = None,
    as_json: bool = False,
) -> int:
    """Take back what this source, or every source, said about a node."""
    try:
        token = read_token(token_file, os.environ.get(TOKEN_VARIABLE))
        told = ask(url, path("limits", node, source=source), method="DELETE", token=token)
    except FAULTS as fault:
        return said(fault)
    return _show(told, as_json=as_json)


def seconds(text: str) -> float:
    """`90s`, `15m`, `2h`, `1d`; a number alone says too little. Raises Misused."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)\s*([smhd])", text.strip(), re.ASCII)
    if found is None:
        raise Misused(f"--for {text}: write a time like 90s, 15m, 2h or 1d")
    return float(found[1]) * SECONDS[found[2]]


def per_phase(text: str) -> float | list[float]:
    """`16` for all phases or `16,16,10` for L1, L2 and L3. Raises Misused."""
    try:
        amps = [float(part) for part in text.split(",")]
    except ValueError:
        amps = []
    if len(amps) not in (1, 3) or not all(map(math.isfinite, amps)):
        raise Misused(f"--amps {text}: write one number, or three for L1, L2 and L3 like 16,16,10")
    return amps[0] if len(amps) == 1 else amps


def _show(told: Json, *, as_json: bool) -> int:
    if as_json:
        print_json(told)
        return OK
    out = out_console()
    if "withdrawn" in told:
        out.print(plain(f"withdrawn: {', '.join(told['withdrawn']) or 'nothing was set'}"))
    out.print(_table(told))
    return OK


def _table(told: Json) -> Table:
    shown = table("node", "phase", "limit", "for charging", "by", "until", "next")
    for phase, line in told["limits"].items():
        unit = "w" if "limit_w" in line else "a"
        shown.add_row(
            plain(told["node"]),
            phase,
            _value(line[f"limit_{unit}"], unit),
            _value(line[f"net_{unit}"], unit),
            plain(line["source"] if line["state"] == "live" else f"{line['source']} ({line['state']}: fallback)"),
            when(line["until"]),
            plain(line["next_source"] or "–"),
        )
    return shown


def _value(value: float | None, unit: str) -> str:
    return "none" if value is None else f"{value:g} {unit.upper()}"
