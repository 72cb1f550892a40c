"""Files that a command makes: never over one that is there, and none half-written is left behind."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

OWNER_ONLY: Final = 0o600


class NotWritten(Exception):
    """A file could not be made; the text says which one, why, and what to do."""


@contextmanager
def new_file(path: Path, mode: int = OWNER_ONLY) -> Iterator[BinaryIO]:
    """A new file to write into, gone again if the block does not come to its end. Raises NotWritten."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise NotWritten(f"{path} is there already and is left alone; name another file") from None
    except (OSError, ValueError) as error:
        raise NotWritten(_refused(path, error)) from None
    try:
        with open(descriptor, "wb") as file:
            yield file
    except BaseException as error:
        with contextlib.suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise NotWritten(_refused(path, error)) from None
        raise


def _refused(path: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{path} cannot be written: {reason}; name a file in a folder that is there and that you may write to"
