"""`localctl outbox`: what waits for a CSMS that is away, and the dead letters that no CSMS would take.

The rows show no message and need no token. A message may hold card tokens: reading one needs the socket or the token,
and `export` writes a file for its owner only.

Exit codes: 0 shown or done, 1 refused, 2 wrong usage, 69 no running localctl.
"""

import json
import os
from pathlib import Path

from rich.table import Table

from localctl.charging.showing.picture_text import when
from localctl.cli import FAILED, OK
from localctl.cli.client import FAULTS, Json, Refused, ask, path, read_token, said
from localctl.cli.limits import TOKEN_VARIABLE
from localctl.cli.new_file import NotWritten, new_file
from localctl.cli.render import out_console, plain, print_json, table, talk

NOTHING = 404
LIST = "hint: `localctl outbox list` shows every dead letter with its number"


def rows(*, url: str = "", as_json: bool = False) -> int:
    """How much waits for whom, and every dead letter."""
    try:
        told = _outbox(url)
    except FAULTS as fault:
        return said(fault)
    if as_json:
        print_json(told)
        return OK
    out = out_console()
    if not told["queues"] and not told["dead"]:
        out.print("nothing is waiting")
    if told["queues"]:
        out.print(_queues(told["queues"]))
    if told["dead"]:
        out.print(f"\n{len(told['dead'])} dead letters, which no CSMS would take; see `localctl outbox show ID`")
        out.print(_dead(told["dead"]))
    return OK


def show(number: int, *, url: str = "", token_file: Path | None = None) -> int:
    """One dead letter with its whole message, as JSON."""
    try:
        letters = _letters(url, token_file, number - 1)
    except FAULTS as fault:
        return said(fault)
    if not letters or letters[0]["id"] != number:
        talk(f"there is no dead letter {number}\n{LIST}")
        return FAILED
    print(json.dumps(letters[0], indent=2, ensure_ascii=False))
    return OK


def export(file: Path, *, url: str = "", token_file: Path | None = None) -> int:
    """Every dead letter with its message, one JSON object per line, into a new file that only its owner may read."""
    count, after = 0, 0
    try:
        with new_file(file) as out:
            while letters := _letters(url, token_file, after):
                out.writelines(f"{json.dumps(letter, ensure_ascii=False)}\n".encode() for letter in letters)
                count, after = count + len(letters), letters[-1]["id"]
    except FAULTS as fault:
        return said(fault)
    except NotWritten as trouble:
        talk(str(trouble))
        return FAILED
    talk(f"{count} dead letters written to {file}")
    return OK


def change(what: str, number: int, *, url: str = "", token_file: Path | None = None) -> int:
    """Let a dead letter wait again (`retry`), or forget it for good (`drop`)."""
    try:
        told = ask(url, path("outbox", str(number), what), method="POST", token=_token(token_file))
    except FAULTS as fault:
        code = said(fault)
        if isinstance(fault, Refused) and fault.status == NOTHING:
            talk(LIST)
        return code
    done = f"waits again for the CSMS of {told.get('identity')}" if what == "retry" else "is dropped"
    print(f"dead letter {number} {done}")
    return OK


def _outbox(url: str) -> Json:
    """The outbox; empty where the daemon keeps none."""
    try:
        return {"queues": [], "dead": []} | ask(url, path("outbox"))
    except Refused as fault:
        if fault.status != NOTHING:
            raise
        return {"queues": [], "dead": []}


def _letters(url: str, token_file: Path | None, after: int) -> list[Json]:
    """The next few dead letters with their messages; none where the daemon keeps no outbox."""
    try:
        told = ask(url, path("outbox", "letters", after=str(after)), token=_token(token_file))
    except Refused as fault:
        if fault.status != NOTHING:
            raise
        return []
    return list(told["letters"])


def _token(file: Path | None) -> str | None:
    return read_token(file, os.environ.get(TOKEN_VARIABLE))


def _queues(queues: list[Json]) -> Table:
    shown = table("Charging Station", "waiting", "oldest", "bytes")
    for one in queues:
        shown.add_row(plain(one["identity"]), str(one["waiting"]), when(one["oldest_at"]), str(one.get("bytes", "")))
    return shown


def _dead(letters: list[Json]) -> Table:
    shown = table("id", "Charging Station", "action", "since", "attempts", "last error")
    for one in letters:
        words = (one["id"], one["identity"], one["action"], when(one["kept_at"]), one["attempts"], one["code"])
        shown.add_row(*map(plain, words))
    return shown
