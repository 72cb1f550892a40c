"""The last good configuration: a copy of the file as it was when the box ran with it, beside the box's state.

`localctl run --last-good` starts with it when the file has mistakes, so that a slip followed by a power cut does not
leave a site dark. The copy is the file's own text, which may hold secrets: it is readable by its owner only. Relative
names in it start at the folder of the original. Where the state directory is, the broken file itself may still tell;
else systemd does.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from localctl.config.load import MAX_BYTES, Loaded, parse
from localctl.config.model import Controller

NAME: Final = "last-good.toml"
_STATE_DIR: Final = re.compile(rb"""^[ \t]*state_dir[ \t]*=[ \t]*(["'])([^"'\n]+)\1""", re.MULTILINE)


def keep(loaded: Loaded) -> None:
    """Keep what this configuration was read from: after a power cut the old or the new copy is there. Raises OSError.

    A copy that is the same already is left alone, so that its date says since when.
    """
    if loaded.config is None or loaded.data is None:
        return
    folder = loaded.config.controller.state_dir
    if _read(folder / NAME) == loaded.data:
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f"{NAME}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(loaded.data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)


def last_good(file: Path, environ: Mapping[str, str] | None = None) -> Loaded | None:
    """The copy kept for a file that is not usable; None where there is none. The copy may be unusable by now too."""
    environ = os.environ if environ is None else environ
    copy = state_dir(file, environ) / NAME
    data = _read(copy)
    if data is None:
        return None
    return parse(data, file=str(copy), folder=file.parent.absolute(), environ=environ)


def state_dir(file: Path, environ: Mapping[str, str]) -> Path:
    """Where the box keeps its state, as far as a broken file tells; else what systemd says, else the default."""
    named = _STATE_DIR.search(_read(file) or b"")
    if named is not None:
        return file.parent.absolute() / Path(named.group(2).decode(errors="replace")).expanduser()
    service = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(service) if service else Controller().state_dir


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES)
    except (OSError, ValueError):
        return None
