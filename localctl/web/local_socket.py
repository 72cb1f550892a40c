"""The Unix socket on which this box's own people reach the running localctl: where it is, and how it is bound.

What an ended process left behind is replaced; a socket that somebody answers on is never touched.
"""

import contextlib
import grp
import os
import socket
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structlog import get_logger

NAME: Final = "localctl.sock"
SYSTEM_FOLDER: Final = Path("/run/localctl")
SYSTEM_STATE: Final = Path("/var/lib/localctl")
LONGEST_NAME: Final = 107
"""Bytes that the kernel's sockaddr_un has room for."""
BACKLOG: Final = 64
ANSWER_S: Final = 2.0
log = get_logger("localctl")


class SocketTaken(OSError):
    """Another localctl answers on this socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSocket:
    """Where the socket is to be and who may use it beside root and the service's own user."""

    path: Path
    users: Sequence[str] = ()
    groups: Sequence[str] = ()


def usual_groups(configured: Sequence[str], *, environ: Mapping[str, str], gid: int) -> tuple[str, ...]:
    """Whose members may: the configured groups; else, as a systemd service, the service's own group; else nobody's.

    The group of a person who starts localctl by hand may be one that everybody is in, so there it is not asked.
    """
    if configured or "RUNTIME_DIRECTORY" not in environ or gid == 0:
        return tuple(configured)
    try:
        return (grp.getgrgid(gid).gr_name,)
    except KeyError:
        return ()


def usual_path(configured: Path | None, state_dir: Path, *, environ: Mapping[str, str], uid: int) -> Path:
    """Where a localctl with this configuration has its socket.

    The configured place; else systemd's RuntimeDirectory; else, for root with the usual state directory, /run/localctl;
    else beside the state.
    """
    if configured is not None:
        return configured
    runtime = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if runtime:
        return Path(runtime) / NAME
    return (SYSTEM_FOLDER if uid == 0 and state_dir == SYSTEM_STATE else state_dir) / NAME


def bind(where: LocalSocket) -> socket.socket:
    """The bound and listening socket. Raises OSError with a sentence for people, SocketTaken when one is in use."""
    path = where.path
    if len(os.fsencode(path)) > LONGEST_NAME:
        raise OSError(f"{path} is too long a name for a socket; give a shorter one as `socket` in [http]")
    _make(path.parent, mode=0o755 if where.users or where.groups else 0o700)
    _must_be_free(path)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        bound.bind(os.fspath(path))
        # Until it listens nobody can connect, so nobody gets in before mode and group are right.
        given = _give_to_group(path, where.groups)
        # More than one owner and one group can only be told apart by the check of who asks (`admission`).
        path.chmod(0o660 if given and not where.users else 0o666)
        bound.listen(BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def remove(path: Path, inode: int) -> None:
    """Take the name away, if it is still that of our socket."""
    with contextlib.suppress(OSError):
        if path.lstat().st_ino == inode:
            path.unlink()


def _make(folder: Path, *, mode: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        way_out = "name another `state_dir` in [controller], or a place for it as `socket` in [http]"
        raise OSError(f"the folder {folder} cannot be made: {error.strerror or error}; {way_out}") from None


def _must_be_free(path: Path) -> None:
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise OSError(f"{path} is there and is no socket; remove it, or name another place as `socket` in [http]")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_S)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return  # whoever bound it has ended
        except TimeoutError:
            pass  # its backlog is full: somebody holds it
    raise SocketTaken(f"another localctl answers on {path}; stop that one, or name another place as `socket` in [http]")


def _give_to_group(path: Path, groups: Sequence[str]) -> bool:
    """Let the one named group own the socket; True if its mode can now say who may: none is named, or it owns it."""
    if len(groups) != 1:
        return not groups
    try:
        os.chown(path, -1, grp.getgrnam(groups[0]).gr_gid)
    except (KeyError, OSError) as error:
        log.info("the socket stays with the service's own group", group=groups[0], reason=str(error))
        return False
    return True
