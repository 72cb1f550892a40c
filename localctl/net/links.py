"""What the pump keeps of one link: its sockets, and why each leg is held. No decisions."""

from dataclasses import dataclass
from typing import Protocol

import trio

from localctl.net.legs import CsmsSocket, StationSocket
from localctl.net.settings import StationEdge
from localctl.net.sockets import MessageSocket
from localctl.net.upstream import Visitor
from routing.events import Event
from routing.values import Leg, LinkId


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """One link for the status page, as it was at this moment. Instants on the loop's clock."""

    identity: str
    peer: str
    security_profile: int
    subprotocol: str | None
    connected_at: float
    joined: bool
    """The CSMS has accepted too."""
    station_heard_at: float
    csms_heard_at: float | None
    queued_down: int
    """Bytes that the station has not taken yet."""
    queued_up: int


class Link:
    """One arrival of one station, from its request to the end of both legs."""

    __slots__ = (
        "broken",
        "choked",
        "close_timeout_s",
        "connected_at",
        "csms",
        "csms_ping_s",
        "csms_pong_timeout_s",
        "dialling",
        "edge",
        "id",
        "paused",
        "peer",
        "profile",
        "station",
        "visitor",
    )

    def __init__(
        self,
        link: LinkId,
        station: StationSocket,
        visitor: Visitor,
        edge: StationEdge,
        *,
        profile: int,
        peer: str,
        close_timeout_s: float,
    ) -> None:
        self.id = link
        self.station = station
        self.visitor = visitor
        self.edge = edge
        self.profile = profile
        self.peer = peer
        self.connected_at = trio.current_time()
        self.close_timeout_s = close_timeout_s
        self.csms: CsmsSocket | None = None
        self.csms_ping_s = 0.0
        self.csms_pong_timeout_s = 0.0
        self.dialling: trio.CancelScope | None = None
        self.paused: set[Leg] = set()
        """Legs that the router has paused."""
        self.choked: set[Leg] = set()
        """Legs held because the other one does not take what they bring."""
        self.broken = False
        """A bug of ours has hit it once already."""

    def socket(self, leg: Leg) -> MessageSocket | None:
        """The open leg, if it is open."""
        return self.station if leg is Leg.STATION else self.csms

    def is_held(self, leg: Leg) -> bool:
        """Somebody wants no more from this leg now."""
        return leg in self.paused or leg in self.choked

    def cut(self) -> None:
        """Abort what is left of it; only a refusal on its way to the station still gets there."""
        for socket in (self.station, self.csms):
            if socket is not None and not socket.over and (socket.is_open or socket.closing_at is not None):
                socket.abort()
        if self.dialling is not None and self.csms is None:
            self.dialling.cancel()

    def status(self) -> LinkStatus:
        """For the status page."""
        station, csms = self.station.wire, self.csms and self.csms.wire
        return LinkStatus(
            identity=self.visitor.identity,
            peer=self.peer,
            security_profile=self.profile,
            subprotocol=self.station.subprotocol,
            connected_at=self.connected_at,
            joined=csms is not None,
            station_heard_at=station.heard_at,
            csms_heard_at=csms.heard_at if csms else None,
            queued_down=station.queued,
            queued_up=csms.queued if csms else 0,
        )


class Side:
    """Takes what one leg brings and hands it to the pump with the leg's name on it."""

    __slots__ = ("_leg", "_link", "_pump")

    def __init__(self, pump: "Intake", link: Link, leg: Leg) -> None:
        self._pump = pump
        self._link = link
        self._leg = leg

    def text_arrived(self, text: str) -> None:
        """One whole message."""
        self._pump.frame_arrived(self._link, self._leg, text)

    def room_again(self) -> None:
        """What waited for this leg's peer has been taken."""
        self._pump.room_again(self._link, self._leg)


class Intake(Protocol):
    """The part of the pump that a `Side` needs."""

    def frame_arrived(self, link: Link, leg: Leg, text: str) -> None:
        """A message came in on this leg."""
        ...

    def room_again(self, link: Link, leg: Leg) -> None:
        """This leg's backlog has become small."""
        ...

    def post(self, event: Event) -> None:
        """Something happened."""
        ...

    def bug(self, number: LinkId, error: BaseException) -> None:
        """A mistake of ours that costs this link."""
        ...
