"""`localctl check`: everything that is wrong with a configuration, without starting anything.

Exit codes: 0 fine, 3 warnings under --strict, 78 not usable (sysexits' EX_CONFIG, which the service unit does not
restart on).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, assert_never
from urllib.parse import urlsplit

from localctl.cli import BAD_CONFIG, OK, WARNINGS
from localctl.cli.render import talk
from localctl.config.load import Loaded, default_file, load
from localctl.config.problems import Severity
from localctl.config.report import as_github, as_json, as_text
from localctl.plan_site import check_topology

Format = Literal["text", "json", "github"]
RESERVED: Final = ("example", "invalid", "example.com", "example.net", "example.org")


def read(file: Path, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read a configuration and judge it as a whole, the site's tree and its failsafe sum (P3) included."""
    return check_topology(load(file, environ))


def run(paths: Sequence[Path] = (), strict: bool = False, fmt: Format = "text") -> int:
    """Check the files (without any: the usual one) and print what was found on stdout."""
    results = [read(path) for path in paths or [default_file()]]
    files = [result.file for result in results]
    problems = [problem for result in results for problem in result.problems]
    match fmt:
        case "text":
            print(as_text(problems, files))
            _remind(results)
        case "json":
            print(as_json(problems, files))
        case "github":
            print(as_github(problems), end="\n" if problems else "")
        case _ as never:
            assert_never(never)
    return exit_code([problem.severity for problem in problems], strict=strict)


def _remind(results: Sequence[Loaded]) -> None:
    """An address of the documentation is no mistake: a new file is to be tried before the CSMS is known."""
    for loaded in results:
        for csms in loaded.config.csms if loaded.config is not None else ():
            if is_placeholder(csms.url):
                talk(f"hint: {loaded.file} still has {csms.url}, which stands for your CSMS's address")


def is_placeholder(url: str) -> bool:
    """Whether the name is reserved for examples (RFC 2606), so that nobody can ever be there."""
    name = (urlsplit(url).hostname or "").rstrip(".")
    return any(name == one or name.endswith(f".{one}") for one in RESERVED)


def exit_code(severities: Sequence[Severity], *, strict: bool) -> int:
    """What the shell is told."""
    if Severity.ERROR in severities:
        return BAD_CONFIG
    return WARNINGS if strict and severities else OK
