"""`localctl commission STATION`: try a station out with the installer looking on, step by step, down to its card.

The running localctl does it; this shows each step, and stops it when it is left with Ctrl-C. Exit codes: 0 the card is
complete and all of it good, 1 something was found bad or could not be tried, 69 no running localctl, 130 stopped here.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from localctl.cli import FAILED, INTERRUPTED, OK
from localctl.cli.client import FAULTS, Json, ask, path, read_token, said
from localctl.cli.limits import TOKEN_VARIABLE
from localctl.cli.render import out_console, plain, table, talk

LOOK_S = 1.0
SIGNS = {"yes": "[green]yes[/]", "no": "[yellow]no[/]", "refused": "[yellow]refused[/]"}
WORDS = {"good": "[green]good[/]", "bad": "[red]bad[/]", "open": "[yellow]open[/]", "note": "[dim]note[/]"}


def run(
    station: str,
    *,
    evse: int | None = None,
    dead_man: bool = False,
    car: bool = True,
    links: bool = True,
    car_within_s: float = 300.0,
    url: str = "",
    token_file: Path | None = None,
    as_json: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Begin, look on to the end, and print the card and the TOML."""
    kind = "dead-man" if dead_man else "probe"
    body: Json = {"kind": kind, "evse": evse, "car": car, "links": links, "car_within_s": car_within_s}
    try:
        token = read_token(token_file, os.environ.get(TOKEN_VARIABLE))
        line = _Line(url, station, token)
        told = line.begin(body)
    except FAULTS as fault:
        return said(fault)
    try:
        told = _watch(line, told, quiet=as_json, sleep=sleep)
    except KeyboardInterrupt:
        return _stopped(line)
    except FAULTS as fault:
        return said(fault)
    if as_json:
        print(json.dumps(told, separators=(",", ":")))
    else:
        _show(told)
    return verdict(told, car=car)


def verdict(told: Json, *, car: bool) -> int:
    """OK where it came to its end, nothing is bad, and nothing is open that was wanted."""
    words = {line["word"] for line in told["card"]}
    return FAILED if told["state"] != "done" or "bad" in words or (car and "open" in words) else OK


class _Line:
    """The API of one commissioning."""

    def __init__(self, url: str, station: str, token: str | None) -> None:
        self._url, self._path, self._token = url, path("commission", station), token

    def begin(self, body: Json) -> Json:
        return ask(self._url, self._path, method="POST", body=body, token=self._token)

    def look(self) -> Json:
        return ask(self._url, self._path, token=self._token)

    def stop(self) -> Json:
        return ask(self._url, self._path, method="DELETE", token=self._token)


def _stopped(line: _Line) -> int:
    """Ctrl-C: the station gets its ordinary control back."""
    try:
        line.stop()
    except FAULTS as fault:
        said(fault)
        talk("it stops by itself within a minute, because nobody looks on any more")
        return INTERRUPTED
    talk("stopped; ordinary control has the station again")
    return INTERRUPTED


def _watch(line: _Line, told: Json, *, quiet: bool, sleep: Callable[[float], None]) -> Json:
    """Show each step until it is over: live on a terminal, else a line for each."""
    if quiet or not sys.stdout.isatty():
        shown = 0
        while True:
            for step in told["steps"][shown:] if not quiet else ():
                out_console().print(_line(step))
            sys.stdout.flush()
            shown = len(told["steps"])
            if told["state"] != "running":
                return told
            sleep(LOOK_S)
            told = line.look()
    with Live(_picture(told), console=out_console(), auto_refresh=False) as live:
        while told["state"] == "running":
            sleep(LOOK_S)
            told = line.look()
            live.update(_picture(told), refresh=True)
    return told


def _line(step: Json) -> str:
    return f"{plain(step['title'])}: {SIGNS[step['came']]}{_took(step)}"


def _took(step: Json) -> str:
    return f" after {step['took_s']:g} s" if step["came"] == "yes" and step["took_s"] >= 1 else ""


def _picture(told: Json) -> Group:
    shown = table("step", "", "drawn")
    for step in told["steps"]:
        drawn = "" if step["drawn_a"] is None else f"{step['drawn_a']:.1f} A"
        shown.add_row(plain(step["title"]), SIGNS[step["came"]] + _took(step), drawn)
    if told["step"] is not None:
        drawn = "" if told["drawn_a"] is None else f"{told['drawn_a']:.1f} A"
        shown.add_row(f"[bold]{plain(told['step'])}[/]", f"up to {told['step_within_s']:.0f} s …", drawn)
    share = "" if told["share_a"] is None else f"{plain(told['station'])}: the site gives it {told['share_a']:.1f} A"
    return Group(Text(share), shown)


def _show(told: Json) -> None:
    out: Console = out_console()
    if told["state"] == "stopped":
        talk(f"stopped before its end: {told['why']}")
    out.print()
    out.print(_card(told))
    if told["toml"]:
        out.print(f"\nInto the table of {plain(told['station'])} that is in the configuration already:\n")
        for line in told["toml"].splitlines():
            out.print(plain(line))
    elif told["state"] == "done":
        out.print("\nThe defaults suit it: nothing to add to the configuration.")


def _card(told: Json) -> Table:
    shown = table("what", "", "found")
    for line in told["card"]:
        shown.add_row(plain(line["what"]), WORDS[line["word"]], plain(line["text"]))
    return shown
