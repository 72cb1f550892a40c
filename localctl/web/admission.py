"""Who may use the Unix socket: the kernel says who asks (SO_PEERCRED), this says whether they may.

Root, the service's own user and whoever the `[http]` table names get in; everybody else gets one sentence and nothing
else. Who asks is looked up when the connection is accepted and travels with each of its requests as `request.state`;
a connection over TCP has no such mark, so a request can never bring it itself.
"""

import grp
import os
import pwd
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

STATE: Final = "local_peer"
_UCRED: Final = struct.Struct("iII")


class Peer(NamedTuple):
    """A process on this box, as the kernel knows it."""

    pid: int
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"{user_name(self.uid)} (uid {self.uid})"


def peer_of(connection: socket.socket) -> Peer | None:
    """Who is at the other end of a Unix socket; None for any other socket."""
    if connection.family != socket.AF_UNIX:
        return None
    return Peer(*_UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))


def local_peer(connection: HTTPConnection) -> Peer | None:
    """Who on this box asks; None for a request that came over TCP."""
    found = connection.scope.get("state", {}).get(STATE)
    return found if isinstance(found, Peer) else None


def user_name(uid: int) -> str:
    """The user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


class Admission:
    """Root, our own user, these users and the members of these groups. Names that do not exist admit nobody."""

    def __init__(self, users: Sequence[str] = (), groups: Sequence[str] = (), *, own_uid: int | None = None) -> None:
        self._uids = frozenset({0, os.getuid() if own_uid is None else own_uid, *_uids(users)})
        self._gids = frozenset(_gids(groups))

    def admits(self, peer: Peer) -> bool:
        """Whether this process may ask and change things."""
        return peer.uid in self._uids or bool(self._gids and self._gids & {peer.gid, *_groups_of(peer)})


class LocalDoor:
    """The application with a door in front for those who come over the Unix socket."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or say who is refused and what to do."""
        peer = local_peer(HTTPConnection(scope)) if scope["type"] == "http" else None
        if peer is None or self._admission.admits(peer):
            await self._app(scope, receive, send)
            return
        words = (
            f"{peer} may not use this socket: ask as root or as {user_name(os.getuid())}, "
            "or add the user to `socket_users` in [http]"
        )
        await JSONResponse({"error": words}, 403, headers={"cache-control": "no-store"})(scope, receive, send)


def _uids(names: Sequence[str]) -> Iterator[int]:
    for name in names:
        try:
            yield pwd.getpwnam(name).pw_uid
        except KeyError:
            continue


def _gids(names: Sequence[str]) -> Iterator[int]:
    for name in names:
        try:
            yield grp.getgrnam(name).gr_gid
        except KeyError:
            continue


def _groups_of(peer: Peer) -> list[int]:
    """The groups the user is in by the box's own books: the kernel tells the first one only."""
    try:
        user = pwd.getpwuid(peer.uid)
        return os.getgrouplist(user.pw_name, user.pw_gid)
    except (KeyError, OSError):
        return []
