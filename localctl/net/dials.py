"""The up legs: from a `Dial` command to the end of the leg."""

import ssl
from dataclasses import dataclass
from functools import partial
from math import inf

import trio

from localctl.net import tls
from localctl.net.legs import CsmsSocket
from localctl.net.links import Intake, Link, Side
from localctl.net.settings import CsmsSettings, EdgeSettings
from localctl.net.sockets import Closed, DialFailed, DialRefused
from localctl.net.stats import NetStats
from localctl.net.upstream import Address, headers_for, open_wire, verdict
from localctl.net.wire import Spawn, Wire
from routing.commands import Dial
from routing.events import LegLost, UpstreamAccepted, UpstreamFailed, UpstreamRefused
from routing.values import Leg


@dataclass(frozen=True, slots=True)
class Csms:
    """A CSMS ready to be dialled."""

    settings: CsmsSettings
    address: Address
    context: ssl.SSLContext | None


def prepared(edge: EdgeSettings) -> dict[str, Csms]:
    """Addresses and contexts of all CSMSs. Raises ValueError, tls.CertificateProblem."""
    found = {}
    for csms in edge.csmses:
        address = Address.of(csms.url)
        found[csms.name] = Csms(csms, address, tls.client_context(csms) if address.tls else None)
    return found


class Dials:
    """Opens up legs and reports what becomes of them. `csmses` may be replaced at any time."""

    def __init__(self, intake: Intake, stats: NetStats, spawn: Spawn, csmses: dict[str, Csms]) -> None:
        self._intake = intake
        self._stats = stats
        self._spawn = spawn
        self._post = intake.post
        self.csmses = csmses

    async def dial(self, link: Link, command: Dial, scope: trio.CancelScope) -> None:
        """One dial and, where it succeeds, the life of its leg. No exception gets out.

        Whoever calls the dial off cancels `scope`, also before this has begun.
        """
        try:
            await self._dial(link, command, scope)
        except* Exception as errors:
            self._intake.bug(link.id, errors)

    async def _dial(self, link: Link, command: Dial, scope: trio.CancelScope) -> None:
        csms = self.csmses.get(command.csms)
        if csms is None:
            self._post(UpstreamFailed(link=link.id, reason=f"no CSMS of the name {command.csms!r} is configured"))
            return
        self._stats.dials += 1
        scope.deadline = trio.current_time() + csms.settings.connect_timeout_s
        with scope:
            link.csms_ping_s, link.csms_pong_timeout_s = csms.settings.ping_s, csms.settings.pong_timeout_s
            await self._leg_up(link, command, csms)
        if scope.cancelled_caught and trio.current_time() >= scope.deadline:
            self._stats.dial_failures["timeout"] += 1
            reason = f"no answer from {csms.address.host} within {csms.settings.connect_timeout_s:g} s"
            self._post(UpstreamFailed(link=link.id, reason=reason))

    async def _leg_up(self, link: Link, command: Dial, csms: Csms) -> None:
        """The up leg from the dial to its end."""
        try:
            wire = await open_wire(csms.address, csms.context, self._spawn, self._stats.csms)
            try:
                await self._run(link, self._socket(link, command, csms, wire))
            except DialRefused:
                wire.close()  # it has said all it had to say: no reason for a reset
                raise
            finally:
                wire.abort()
        except DialRefused as refused:
            self._upstream_refused(link, refused)
        except DialFailed as failed:
            self._upstream_failed(link, failed)

    def _socket(self, link: Link, command: Dial, csms: Csms, wire: Wire) -> CsmsSocket:
        socket = CsmsSocket(
            wire,
            partial(self._upstream_open, link),
            host=csms.address.host_header,
            target=csms.address.target_for(link.visitor),
            offer=command.offer,
            headers=headers_for(csms.settings, link.visitor),
        )
        socket.settle(compression=csms.settings.compression, max_message=csms.settings.max_message)
        return socket

    async def _run(self, link: Link, socket: CsmsSocket) -> None:
        how = Closed(None, "ended by a bug of ours", "dropped")
        try:
            how = await socket.run()
        finally:
            if link.csms is socket:
                self._upstream_over(link, how)
        await socket.linger(link.close_timeout_s)

    def _upstream_open(self, link: Link, socket: CsmsSocket) -> None:
        if link.dialling is not None:
            link.dialling.deadline = inf
        link.csms = socket
        socket.taker = Side(self._intake, link, Leg.CSMS)
        self._post(UpstreamAccepted(link=link.id, subprotocol=socket.subprotocol))

    def _upstream_refused(self, link: Link, refused: DialRefused) -> None:
        try:
            status, headers, body = verdict(refused)
        except DialFailed as failed:
            self._upstream_failed(link, failed)
            return
        self._stats.dial_failures["refused"] += 1
        self._post(UpstreamRefused(link=link.id, status=status, headers=headers, body=body))

    def _upstream_failed(self, link: Link, failed: DialFailed) -> None:
        self._stats.dial_failures["failed"] += 1
        self._post(UpstreamFailed(link=link.id, reason=str(failed)))

    def _upstream_over(self, link: Link, how: Closed) -> None:
        self._stats.csms.closes[how.cause] += 1
        link.csms = None
        self._post(LegLost(link=link.id, leg=Leg.CSMS, reason=how.reason, code=how.code))
        self._intake.room_again(link, Leg.CSMS)
