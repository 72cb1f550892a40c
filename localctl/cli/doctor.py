"""`localctl doctor`: looks for what is wrong with this box and around it, and says what to do.

Exit codes: 0 no fault (warnings may be), 1 a fault was found or the bundle could not be written, 2 wrong usage.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from localctl.cli import FAILED, OK
from localctl.cli import bundle as bundles
from localctl.cli import doctor_box as box
from localctl.cli import doctor_csms as upward
from localctl.cli import doctor_daemon as inward
from localctl.cli.check import read
from localctl.cli.client import FAULTS, UNIX, Json, NobodyAnswers, Refused, ask, connected, path, text
from localctl.cli.findings import Check, Finding, Level, good, looked, shown, told, warning
from localctl.cli.new_file import NotWritten
from localctl.cli.options import at
from localctl.cli.places import known, sockets, sockets_of
from localctl.cli.render import out_console, plain, talk
from localctl.config.load import Loaded, default_file
from localctl.config.model import Config
from localctl.config.report import as_text
from localctl.web.admission import peer_of

START = "start it with `systemctl start localctl` or `localctl run CONFIG`; name its socket with --socket"

NO_SOCKET = "its log says why there is `no socket`; until then ask its port with --url"

EXAMINED = ", because no file was named; for another: localctl doctor FILE"

AS_LISTED = "is it spelt as there? The CSMS is asked in this name all the same, without a password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The running localctl as far as it could be asked.

    `trouble` says why it could not, or not where it should be; `instead` is another one that answers here.
    """

    where: str
    state: Json | None = None
    pid: int | None = None
    trouble: str = ""
    instead: box.Neighbour | None = None


def run(
    config: Path | None = None,
    *,
    station: str | None = None,
    bundle: Path | None = None,
    socket: Path | None = None,
    url: str = "",
    as_json: bool = False,
) -> int:
    """Look at everything, tell it, and write the bundle if one is wanted."""
    file = config or default_file()
    loaded = read(file)
    daemon = found(_where(file, socket, url), loaded.config)
    findings = [one for name, check in checks(loaded, daemon, station) for one in looked(name, check)]
    _tell(findings, f"looked at {file}" + EXAMINED * (config is None), as_json=as_json)
    if bundle is not None and not _write(bundle, loaded, daemon, findings):
        return FAILED
    return FAILED if any(one.level is Level.FAULT for one in findings) else OK


def checks(loaded: Loaded, daemon: Daemon, station: str | None) -> Iterator[tuple[str, Check]]:
    """Everything that is looked at, with a name for the case that a check breaks."""
    yield "configuration", partial(box.configuration, loaded)
    yield "localctl", partial(_daemon, daemon)
    if daemon.state is not None:
        for name, look in (("stations", inward.stations), ("inputs", inward.inputs)):
            yield name, partial(look, daemon.state)
    yield "clock", box.clock
    if loaded.config is not None:
        yield from _of_config(loaded.config, daemon, station)


def _of_config(config: Config, daemon: Daemon, station: str | None) -> Iterator[tuple[str, Check]]:
    yield "state directory", partial(box.state_folder, config)
    yield "certificates", partial(box.certificates, config)
    yield "ports", partial(box.ports, config, runs=daemon.state is not None, other=daemon.instead)
    yield "file descriptors", partial(box.descriptors, config, pid=daemon.pid)
    here = station is not None and _is_here(daemon, station)
    if station is not None:
        yield "stations", partial(_named, config, station, here=here)
    for one in config.csms:
        mine = station is not None and not here and config.csms_of(station) is one
        who = upward.caller(config, station if mine else None)
        yield f"CSMS {one.name}", partial(upward.csms, config, one, who)


def _named(config: Config, station: str, *, here: bool) -> Iterator[Finding]:
    """Whether the station of `--as` is known, and may be asked for."""
    if config.station_of(station) is None:
        yield warning(f"station {station}", "is not in the configuration", AS_LISTED)
    if here:
        yield good(f"station {station}", "is connected; its CSMS is not asked in its name")


def _is_here(daemon: Daemon, station: str) -> bool:
    """A second connection in its name could end the first, so a station that is connected is left alone."""
    rows = [] if daemon.state is None else daemon.state.get("stations", [])
    return any(one["identity"].casefold() == station.casefold() and one["connected"] for one in rows)


def _daemon(daemon: Daemon) -> Iterator[Finding]:
    if daemon.state is None:
        yield warning("localctl", daemon.trouble, START if daemon.instead is None else daemon.instead.hint)
    else:
        if daemon.trouble:
            yield warning("localctl", f"answers on its port, but {daemon.trouble}", NO_SOCKET)
        yield from inward.reasons(daemon.state)


def _where(file: Path, socket: Path | None, url: str) -> str:
    """Where to ask: as the options say, else a socket of a localctl with this very file."""
    if socket is not None or url:
        return at(url, socket)
    mine = sockets_of(file)
    return at(url, next((one for one in mine if os.path.exists(one)), mine[0] if mine else None))


def found(where: str, config: Config | None) -> Daemon:
    """The localctl with this configuration: where it should be, else on its [http] port if no other one is here."""
    daemon = ask_daemon(where)
    if daemon.state is not None:
        return daemon
    instead = neighbour(where)
    if instead is None and config is not None and where.startswith(UNIX):
        reached = ask_daemon(box.http_url(config))
        if reached.state is not None and "state" in reached.state:
            return replace(reached, trouble=daemon.trouble)
    return replace(daemon, instead=instead)


def neighbour(asked: str) -> box.Neighbour | None:
    """A localctl on this box that answers elsewhere than was asked."""
    for one, file in known().items() if asked else ():
        where = f"{UNIX}{one}"
        if where != asked and ask_daemon(where).state is not None:
            return box.Neighbour(socket=one, file=file)
    return None


def ask_daemon(where: str) -> Daemon:
    """What the running localctl says of itself."""
    try:
        state = ask(where, path("state"))
    except FAULTS as trouble:
        return Daemon(where=where, trouble=str(trouble).partition("\n")[0])
    return Daemon(where=where, state=state, pid=_pid(where))


def _pid(where: str) -> int | None:
    if where and not where.startswith(UNIX):
        return None
    try:
        with connected([Path(where.removeprefix(UNIX))] if where else sockets()) as one:
            peer = peer_of(one)
            return None if peer is None else peer.pid
    except (NobodyAnswers, Refused):
        return None


def _tell(findings: list[Finding], head: str, *, as_json: bool) -> None:
    if as_json:
        print(told(findings))
        return
    out = out_console()
    out.print(plain(head))
    for part in shown(findings):
        out.print(part)


def _write(file: Path, loaded: Loaded, daemon: Daemon, findings: list[Finding]) -> bool:
    """Write the bundle; False if the disk refuses."""
    secrets = [] if loaded.config is None else bundles.secrets_of(loaded.config)
    try:
        bundles.write(file, dict(_pages(loaded, daemon, findings)), secrets)
    except NotWritten as trouble:
        talk(str(trouble))
        return False
    talk(f"support bundle written to {file}; it holds no password, token or card, look into it before you send it")
    return True


def _pages(loaded: Loaded, daemon: Daemon, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    yield "findings.json", told(findings)
    yield "problems.txt", as_text(loaded.problems, [loaded.file]) + "\n"
    yield "versions.txt", bundles.versions_page()
    if loaded.config is not None:
        yield "config.json", bundles.config_page(loaded.config)
        yield "files.txt", bundles.files_page(Path(loaded.config.controller.state_dir))
    if daemon.state is not None:
        yield "state.json", bundles.state_page(daemon.state)
        yield "metrics.txt", _asked(lambda: text(daemon.where, "/metrics"))
        lines = path("log", lines="2000")
        yield "log.txt", _asked(lambda: bundles.log_page(ask(daemon.where, lines)["lines"]))
    else:
        yield "log.txt", bundles.log_page(bundles.journal())


def _asked(question: Callable[[], str]) -> str:
    """The page, or why there is none: a bundle without it is better than no bundle."""
    try:
        return question()
    except FAULTS as trouble:
        return f"{trouble}\n"
