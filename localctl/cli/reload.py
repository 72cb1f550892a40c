"""`localctl reload`: let the running localctl read its configuration again, as SIGHUP does, and tell what came of it.

Exit codes: 0 taken, 1 refused for want of rights, 69 no running localctl, 78 the file cannot be used and the old
configuration goes on.
"""

import os
from pathlib import Path

from rich.table import Table

from localctl.cli import BAD_CONFIG, OK
from localctl.cli.client import FAULTS, Json, Refused, ask, path, read_token, said
from localctl.cli.limits import TOKEN_VARIABLE
from localctl.cli.render import out_console, plain, print_json, table, talk

PATIENCE_S = 120.0
"""Reading a file with many passwords takes a slow box some time."""
CONFLICT = 409
EFFECTS = {"live": "in force", "reconnect": "in force; those it concerns reconnect", "restart": "needs a restart"}


def run(*, url: str = "", token_file: Path | None = None, as_json: bool = False) -> int:
    """Reload and show each difference with what it needs."""
    try:
        token = read_token(token_file, os.environ.get(TOKEN_VARIABLE))
        told = ask(url, path("reload"), method="POST", token=token, timeout_s=PATIENCE_S)
    except FAULTS as fault:
        if isinstance(fault, Refused) and fault.status == CONFLICT:
            return _refused(fault, as_json=as_json)
        return said(fault)
    if as_json:
        print_json(told)
        return OK
    if told["mistakes"]:
        talk(told["mistakes"])
    _show(told)
    return OK


def _refused(fault: Refused, *, as_json: bool) -> int:
    if as_json:
        print_json(fault.told)
    elif fault.told.get("mistakes"):
        talk(str(fault.told["mistakes"]))
    talk(f"reload refused: {fault}")
    return BAD_CONFIG


def _show(told: Json) -> None:
    out = out_console()
    if told["changes"]:
        out.print(_table(told))
    else:
        out.print("reloaded: nothing has changed, certificates were read again")
    if told["waiting"]:
        out.print(plain(f"in force after a restart of the service only: {', '.join(told['waiting'])}"))


def _table(told: Json) -> Table:
    shown = table("key", "before", "now", "")
    for change in told["changes"]:
        shown.add_row(
            plain(change["path"]),
            plain(change["old"] or "–"),
            plain(change["new"] or "–"),
            EFFECTS[change["effect"]],
        )
    return shown
