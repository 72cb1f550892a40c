"""`localctl run`: the controller in the foreground.

With `--last-good` a file with mistakes does not keep the box from starting: it runs with the copy of the last good one
and is marked degraded until the file is mended and reloaded.

Exit codes: 0 stopped by a signal, 1 could not start or broke, 78 the configuration is not usable.
"""

import errno
import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
import trio

from localctl.app import App
from localctl.cli import BAD_CONFIG, FAILED, OK
from localctl.cli.check import read
from localctl.config import last_good as copies
from localctl.config.load import Loaded, default_file
from localctl.config.model import Config
from localctl.config.problems import Severity
from localctl.config.report import as_text, counted
from localctl.net.tls import CertificateProblem
from localctl.observe.logs import set_up_logs
from localctl.plan_site import check_topology

log = structlog.get_logger("localctl")
TAKEN: Final = "another localctl or a demo may be running: end it, or set another `port` in [http] or [[listen]]"


class Source:
    """The installer's file as a running box reads it, and the copy of it that is kept while it is good."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.newest = _shown(read(path))

    def read_again(self) -> Config | None:
        """The configuration as it is now, its mistakes in the log; None when it is not usable."""
        self.newest = read(self.path)
        _logged(self.newest)
        return self.newest.config

    def mistakes(self) -> str:
        """What is wrong or unwise about what was read last, as `localctl check` tells it; empty where nothing is."""
        return as_text(self.newest.problems, [self.newest.file]) if self.newest.problems else ""

    def keep(self) -> None:
        """What was read last is in force: keep a copy. Raises OSError."""
        copies.keep(self.newest)

    def borrowed(self) -> tuple[Config, str] | None:
        """The last good configuration and a sentence about it; None where there is none that can be used."""
        copy = copies.last_good(self.path)
        if copy is None or (loaded := _shown(check_topology(copy))).config is None:
            return None
        kept = datetime.fromtimestamp(Path(loaded.file).stat().st_mtime, tz=UTC)
        return loaded.config, (
            f"runs with the last good configuration, of {kept:%Y-%m-%d %H:%M} UTC, because {self.path} has "
            f"{counted(len(self.newest.errors), 'mistake')}; see `localctl check {self.path}`, then reload"
        )


def run(file: Path | None = None, *, last_good: bool = False) -> int:
    """Serve this configuration until SIGTERM or Ctrl-C; SIGHUP reads it again."""
    source = Source(file or default_file())
    config, borrowed = source.newest.config, None
    if config is None and last_good:
        config, borrowed = source.borrowed() or (None, None)
    if config is None:
        return BAD_CONFIG
    controller = config.controller
    set_up_logs(level=controller.log_level, look=controller.log_format)
    if borrowed is not None:
        log.error("not the configuration of the file", reason=borrowed)
    # The collector's default pace costs 40 % of the processor time per message at a thousand stations.
    gc.set_threshold(100_000, 20, 100)
    try:
        app = App(
            config, read_again=source.read_again, keep=source.keep, borrowed=borrowed, mistakes=source.mistakes
        )
    except CertificateProblem as error:
        return refused([error])
    return trio.run(serve, app)


async def serve(app: App) -> int:
    """Run the box until a signal ends it. Whatever keeps it from starting is said in one line."""
    troubles: list[BaseException] = []
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(app.heed_signals, nursery.cancel_scope)
            await app.run()
    except* (OSError, CertificateProblem) as errors:
        troubles = flat(errors)
    if troubles:
        return refused(troubles)
    log.info("stopped")
    return OK


def refused(troubles: list[BaseException]) -> int:
    """Say what keeps the box from starting, one line each."""
    for error in troubles:
        hint = {"hint": TAKEN} if isinstance(error, OSError) and error.errno == errno.EADDRINUSE else {}
        log.error("cannot start", reason=str(error), **hint)
    return FAILED


def flat(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The single exceptions of a group."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _shown(loaded: Loaded) -> Loaded:
    if loaded.problems:
        print(as_text(loaded.problems, [loaded.file]), file=sys.stderr)
    return loaded


def _logged(loaded: Loaded) -> None:
    for problem in loaded.problems:
        say = log.error if problem.severity is Severity.ERROR else log.warning
        say(
            "configuration",
            place=f"{problem.file}:{problem.place.line if problem.place else 0}",
            key=problem.path,
            what=problem.text,
        )
