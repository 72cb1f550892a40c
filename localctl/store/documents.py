"""One JSON document per concern in the state directory, replaced atomically and readable by its owner only.

A document that cannot be read is put aside under a `.broken` name and the box starts without it: a bad byte on a worn
flash card must not keep a site dark. Whoever owns a document decides what starting without it means.
"""

import contextlib
import errno
import json
import os
from pathlib import Path

from structlog import get_logger

log = get_logger(__name__)

MAX_BYTES = 64 * 1024 * 1024
"""A larger document is not ours."""


MISPLACED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST})


def way_out(error: Exception, folder: Path) -> str:
    """What to do when this folder cannot be written; `error` is the system's or SQLite's."""
    named = str(getattr(error, "sqlite_errorname", ""))
    if getattr(error, "errno", None) not in MISPLACED and not named.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return "Free some space or replace the disk."
    if os.path.isdir(folder):
        return f"Let the user that runs localctl write to {folder}, or name another `state_dir` in [controller]."
    return f"There is no folder {folder}: make it for the user that runs localctl, or name another `state_dir`."


class Documents:
    """The documents of one state directory. Blocking: call from a worker thread while the box runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> dict[str, object]:
        """The document of that name; empty where there is none or it is unreadable (kept as `NAME.json.broken`)."""
        path = self.folder / f"{name}.json"
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ValueError("too large")
            document = json.loads(path.read_bytes())
            if not isinstance(document, dict):
                raise ValueError("not an object")
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self._put_aside(path, error)
            return {}
        return document

    def save(self, name: str, document: dict[str, object]) -> None:
        """Replace the document: after a power cut the old or the new one is there. OSError if the disk refuses."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.folder / f"{name}.json.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(json.dumps(document, separators=(",", ":")).encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.folder / f"{name}.json")
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _put_aside(self, path: Path, error: Exception) -> None:
        broken = path.with_name(path.name + ".broken")
        with contextlib.suppress(OSError):
            os.replace(path, broken)
        log.warning("state file unreadable, starting without it", file=str(path), kept_as=str(broken), error=str(error))
