"""Where a localctl on this box may have its Unix socket, when nobody says it.

A peek at the configuration files is enough; a file with mistakes is `check`'s business, not that of a command that only
wants to ask the running service something. Beside the usual files those of this folder are looked at, for a box that
was started here with `localctl run site.toml`. Such a file may be anybody's, so it counts only where nobody but this
user or root can have written it and bound the socket.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import tomli

from localctl.config.load import DEFAULT_FILES
from localctl.web.local_socket import NAME, SYSTEM_FOLDER, SYSTEM_STATE, usual_path

MAX_CONFIG_BYTES: Final = 4_000_000
MOST_FILES: Final = 50
"""Of this folder."""


def sockets(environ: Mapping[str, str] | None = None) -> list[Path]:
    """The sockets to try, the likeliest first: what the usual configuration files say, then the service's own."""
    return list(known(environ))


def known(environ: Mapping[str, str] | None = None) -> dict[Path, Path | None]:
    """The same, each with the file that says so; the nearest first, and those that a file of this folder names."""
    environ = os.environ if environ is None else environ
    here, system = DEFAULT_FILES
    usual = sockets_of(here, environ)
    named = [one for one in usual if one.parent not in (SYSTEM_FOLDER, SYSTEM_STATE)]
    found = [(one, here) for one in named] + list(_beside(here, environ))
    found += [(one, here) for one in usual] + [(one, system) for one in sockets_of(system, environ)]
    first: dict[Path, Path | None] = {}
    for one, file in found:
        first.setdefault(one, file)
    first.setdefault(SYSTEM_FOLDER / NAME, None)
    return first


def _beside(usual: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, Path]]:
    """What other files of this folder name, as far as all of it is this user's own."""
    files = islice(sorted(Path().glob("*.toml")), MOST_FILES) if _is_own(Path()) else ()
    for file in files:
        if file != usual and file.is_file() and _is_own(file):
            yield from ((one, file) for one in sockets_of(file, environ, named=True) if _is_safe(one))


def _is_safe(socket: Path) -> bool:
    """Whether no stranger can be behind this name; where it is not there yet, nobody else can make it."""
    folder = next(one for one in socket.parents if os.path.exists(one))
    return _is_own(folder) and (_is_own(socket) or not os.path.exists(socket))


def _is_own(path: Path) -> bool:
    """Whether it is this user's or root's, and not for everybody to write. Of a socket the mode says who may ask."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return False
    closed = stat.S_ISSOCK(status.st_mode) or not status.st_mode & stat.S_IWOTH
    return closed and status.st_uid in (0, os.getuid())


def sockets_of(file: Path, environ: Mapping[str, str] | None = None, *, named: bool = False) -> list[Path]:
    """Where a localctl that runs with this file may listen; nowhere when the file cannot be read at all.

    Whose it is decides, too, and that need not be who asks: root may ask after a localctl that a person has started.
    With `named` only what the file itself says, not the usual place.
    """
    try:
        with file.open("rb") as stream:
            document = _readable(stream.read(MAX_CONFIG_BYTES).decode())
    except (OSError, ValueError, RecursionError):
        return []
    configured = _file(document, "http", "socket", file)
    if configured is not None:
        return [configured]
    state_dir = _file(document, "controller", "state_dir", file)
    if state_dir is None and named:
        return []
    state_dir = state_dir or SYSTEM_STATE
    environ = os.environ if environ is None else environ
    return list(dict.fromkeys([usual_path(None, state_dir, environ=environ, uid=os.getuid()), state_dir / NAME]))


def _readable(text: str) -> dict[str, Any]:
    """The document, or what stands above its first mistake: a box that runs is to be asked while its file is mended."""
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as mistake:
        return tomli.loads("\n".join(text.splitlines()[: mistake.lineno - 1]))


def _file(document: dict[str, Any], table: str, key: str, beside: Path) -> Path | None:
    """A file name of the configuration; relative ones start at the folder of that file."""
    found = document.get(table)
    value = found.get(key) if isinstance(found, dict) else None
    if not isinstance(value, str) or not value:
        return None
    try:
        return beside.absolute().parent / Path(value).expanduser()
    except RuntimeError:  # the home of a user whom this box does not know
        return None
