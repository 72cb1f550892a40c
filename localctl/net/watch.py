"""A look at both legs of a link once a second: cut off the dead, ask the quiet."""

from localctl.net.links import Link
from localctl.net.settings import EdgeLimits
from localctl.net.sockets import MessageSocket


def look_at(link: Link, now: float, limits: EdgeLimits) -> None:
    """Deadlines and pings of one link. Any bytes of the peer are a sign of life (1.5.4)."""
    _look_at_leg(link.station, now, limits, link.edge.ping_s, link.edge.pong_timeout_s)
    if link.csms is not None:
        _look_at_leg(link.csms, now, limits, link.csms_ping_s, link.csms_pong_timeout_s)


def _look_at_leg(socket: MessageSocket, now: float, limits: EdgeLimits, ping_s: float, pong_timeout_s: float) -> None:
    """Cut off who takes nothing, who does not end its closing, who says nothing; ask who is quiet."""
    wire = socket.wire
    if wire.stalled_since is not None and now - wire.stalled_since > limits.send_deadline_s:
        socket.abort("stalled")
    elif socket.closing_at is not None:
        if now - socket.closing_at > limits.close_timeout_s:
            socket.abort("closed")
    elif ping_s > 0 and socket.is_open and not socket.waiting_in:
        _ask_if_quiet(socket, now, ping_s, pong_timeout_s)


def _ask_if_quiet(socket: MessageSocket, now: float, ping_s: float, pong_timeout_s: float) -> None:
    """Silence counts from the ping, not from the last word: whoever was never asked may be quiet."""
    if socket.pinged_at > socket.wire.heard_at:
        if now - socket.pinged_at >= pong_timeout_s:
            socket.abort("silent")
    elif now - socket.wire.heard_at >= ping_s:
        socket.pinged_at = now
        socket.send_ping()
