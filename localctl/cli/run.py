"""`localctl run`: the controller in the foreground.

Exit codes: 0 stopped by a signal, 1 could not start or broke, 78 the configuration is not usable.
"""

import gc
import sys
from pathlib import Path

import structlog
import trio

from localctl.app import App
from localctl.cli import BAD_CONFIG, FAILED, OK
from localctl.cli.check import read
from localctl.config.load import default_file
from localctl.config.model import Config
from localctl.config.problems import Severity
from localctl.config.report import as_text
from localctl.net.tls import CertificateProblem
from localctl.observe.logs import set_up_logs

log = structlog.get_logger("localctl")


def run(file: Path | None = None) -> int:
    """Serve this configuration until SIGTERM or Ctrl-C; SIGHUP reads it again."""
    path = file or default_file()
    loaded = read(path)
    if loaded.problems:
        print(as_text(loaded.problems, [loaded.file]), file=sys.stderr)
    if loaded.config is None:
        return BAD_CONFIG
    controller = loaded.config.controller
    set_up_logs(level=controller.log_level, look=controller.log_format)
    # The collector's default pace costs 40 % of the processor time per message at a thousand stations.
    gc.set_threshold(100_000, 20, 100)
    try:
        app = App(loaded.config, read_again=lambda: read_again(path))
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
        log.error("cannot start", reason=str(error))
    return FAILED


def flat(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The single exceptions of a group."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def read_again(path: Path) -> Config | None:
    """The configuration as it is now, its mistakes in the log; None when it is not usable."""
    loaded = read(path)
    for problem in loaded.problems:
        say = log.error if problem.severity is Severity.ERROR else log.warning
        say(
            "configuration",
            place=f"{problem.file}:{problem.place.line if problem.place else 0}",
            key=problem.path,
            what=problem.text,
        )
    return loaded.config
