"""Where a localctl on this box may have its Unix socket, when nobody says it.

A peek at the usual configuration files is enough; a file with mistakes is `check`'s business, not that of a command
that only wants to ask the running service something.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomli

from localctl.config.load import DEFAULT_FILES
from localctl.web.local_socket import NAME, SYSTEM_FOLDER, SYSTEM_STATE, usual_path

MAX_CONFIG_BYTES: Final = 4_000_000


def sockets(environ: Mapping[str, str] | None = None) -> list[Path]:
    """The sockets to try, the likeliest first: what the usual configuration files say, then the service's own."""
    environ = os.environ if environ is None else environ
    found = [one for file in DEFAULT_FILES for one in sockets_of(file, environ)]
    return list(dict.fromkeys([*found, SYSTEM_FOLDER / NAME]))


def sockets_of(file: Path, environ: Mapping[str, str] | None = None) -> list[Path]:
    """Where a localctl that runs with this file may listen; nowhere when the file cannot be read at all.

    Whose it is decides, too, and that need not be who asks: root may ask after a localctl that a person has started.
    """
    try:
        with file.open("rb") as stream:
            document = _readable(stream.read(MAX_CONFIG_BYTES).decode())
    except (OSError, ValueError, RecursionError):
        return []
    configured = _file(document, "http", "socket", file)
    if configured is not None:
        return [configured]
    state_dir = _file(document, "controller", "state_dir", file) or SYSTEM_STATE
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
    return beside.absolute().parent / Path(value).expanduser() if isinstance(value, str) and value else None
