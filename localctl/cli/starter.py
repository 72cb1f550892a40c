"""`localctl config init`: a commented configuration to start from. It asks nothing and never overwrites a file.

What it writes passes `localctl check --strict`. The fuse is a cautious guess and says so: a rating that is too small
costs speed, one that is too large costs the fuse.

Exit codes: 0 written, 1 the file is there already or cannot be written, 2 wrong usage.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from localctl.cli import FAILED, OK, USAGE
from localctl.cli.called import called
from localctl.cli.new_file import NotWritten, new_file
from localctl.cli.render import talk
from localctl.config.load import parse
from localctl.config.problems import Problem
from localctl.plan_site import check_topology

STDOUT: Final = "-"
MODE: Final = 0o640
"""The service reads it as a member of the file's group."""
FUSE_A: Final = 35
FLOOR_A: Final = 6
MOST_STATIONS: Final = 1000
_ROTATIONS: Final = ("RST", "STR", "TRS")
_HEAD: Final = """\
# localctl: the configuration of this site. After each change:
#
#     {check}   names every mistake with its line; starts nothing
#     {reload}   takes it over without a restart
#
# Every key, its unit and its default: localctl config reference. Lines that begin with # are comments.

[controller]
name = "site"                           # this box in logs, metrics and on the page
# state_dir = "state"                   # what must survive a restart; without this line in /var/lib/localctl

# Where the stations arrive. In the station's menu change only host and port of the OCPP address; keep its path.
# Security profile 1 is password only, for a network of your own; 2 adds TLS and needs `certificates`.
[[listen]]
address = "0.0.0.0"
port = 8180
security_profile = 1

# Where they go: the operator's CSMS. Without a path in the address, the station's own path is used.
[[csms]]
name = "operator"
url = "{csms}"

[defaults]
unknown_stations = "refuse"             # stations that are not listed below; "route" lets them through unlimited
failsafe_current_a = {failsafe:<18} # what each outlet falls back to when it hears nothing from this box

# Metrics for Prometheus, status page, API.
[http]
address = "127.0.0.1"
port = 9180
# token_file = "/etc/localctl/token"    # needed by an EMS that sends limits; make one with: openssl rand -hex 24

# The site: look at the fuse in front of the charging stations and write its rating here. {fuse} A is a guess.
[[panel]]
id = "main"
fuse_a = {fuse}                             # one number for all phases, or [63, 63, 50]
# reserve_a = 2                         # always kept free

# The stations. `identity` is the last part of the station's OCPP address. The phases of neighbours are rotated, so that
# one-phase cars do not all load L1: change phase_rotation to how each station is really wired.
"""
_STATION: Final = """
[[station]]
identity = "CP-{number:0{digits}}"
panel = "main"
phase_rotation = "{rotation}"
evses = [{{ id = 1, phases = 3, max_a = 16 }}]
"""


def run(file: Path, *, stations: int, csms: str) -> int:
    """Write the file (`-`: to stdout), readable by its owner and group only."""
    text = made(str(file), stations=stations, csms=csms)
    problems = wrong(text)
    if problems:
        for problem in problems:
            talk(f"{problem.path}: {problem.text}")
        return USAGE
    if str(file) == STDOUT:
        print(text, end="")
        return OK
    try:
        with new_file(file, MODE) as out:
            out.write(text.encode())
    except NotWritten as trouble:
        talk(str(trouble))
        return FAILED
    talk(f"{file} written; now look at its fuse, its stations and the address of the CSMS, then:")
    for command in ("check", "simulate", "run"):
        talk(f"  {called()} {command} {shlex.quote(str(file))}")
    return OK


def made(file: str, *, stations: int, csms: str) -> str:
    """The text of the file."""
    # Below their minimum cars do not charge, so a failsafe that does not fit every outlet is nought, not less.
    failsafe = FLOOR_A if FLOOR_A * stations <= FUSE_A else 0
    address = csms.replace("\\", "\\\\").replace('"', '\\"')
    check, reload = f"localctl check {file}", "localctl reload"
    width = max(len(check), len(reload))
    words = {"check": f"{check:<{width}}", "reload": f"{reload:<{width}}"}
    head = _HEAD.format(**words, csms=address, failsafe=failsafe, fuse=FUSE_A)
    return head + "".join(_stations(stations))


def _stations(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        yield _STATION.format(number=number, digits=len(str(count)), rotation=_ROTATIONS[number % len(_ROTATIONS) - 1])


def wrong(text: str) -> list[Problem]:
    """What `check` would say about it."""
    loaded = parse(text.encode("utf-8", "replace"), file="config.toml", folder=Path.cwd(), environ={})
    return list(check_topology(loaded).problems)
