"""Sans-I/O router for OCPP-J: events in, commands out, time as an argument.

    router = Router(policies, own_key=key, uniform=random.random)
    commands = router.handle(StationArrived(link=LinkId(1), identity="CS-17", offer=("ocpp2.0.1",)), now)

A *link* is one arrival of one station: its leg down, and the leg up to its CSMS. The edge numbers arrivals, turns what
happens on sockets into events, and carries out the commands in order; it decides nothing. The router opens no socket,
reads no clock, and forgets a link when both legs are reported gone.

Handshake. `StationArrived` leads to `Dial`; the CSMS's verdict (`UpstreamAccepted`, `UpstreamRefused`) becomes the
station's (`Accept`, `Refuse`). A CSMS that is away (`UpstreamFailed`) means 503 and a back-off. With the `early` policy
the station is let in first and what it says waits.

Relay. Each `FrameArrived` is sent on as the same text. In each direction one CALL is outstanding; others wait in their
order (`correlation`), answers never wait, time-outs free the slot and late answers still reach their CALL. Too much
waiting pauses reading from that peer.

Own CALLs. `OwnCallAsked` shares the station's one slot. Its id proves itself (`ids`), so its answer never reaches the
CSMS, nor do the requests it makes the station send (`followups`). The ends are observed, not returned.

Outages. With the `carry` policy a registered station stays when its CSMS is lost (`carrying`): it gets local answers,
what the CSMS must hear goes to disk first (`Keep`, then `Kept`) and up later, oldest first (`Fetch`, `Fetched`).

Endings. When one leg is lost the other is let go in the manner of the policy. A newer connection of a station takes
over once its CSMS has accepted it. A station that leaves many CALLs unanswered is recycled.

`Observe` hands out what was noticed: typed facts for metrics, log and charging. Misbehaving peers are normal input;
only `OurBug` is ever raised. Every table is bounded, except the links themselves, whose number is the edge's choice.
"""

from routing.actions import ACTIONS, absorbable, known
from routing.commands import Accept, Close, Command, Dial, Forget, Observe, Pause, Refuse, Resume, Send, WakeAt
from routing.errors import OurBug, PeerFault
from routing.events import (
    Event,
    FollowUp,
    FrameArrived,
    LegLost,
    OwnCallAsked,
    Priority,
    ReadingStopped,
    StationArrived,
    UpstreamAccepted,
    UpstreamFailed,
    UpstreamRefused,
    Woke,
)
from routing.identity import Target, read_target
from routing.observations import (
    CallAnswered,
    CallExpired,
    CallSeen,
    FollowUpArrived,
    FrameDropped,
    LinkLost,
    LinkOpened,
    LinkRefused,
    NetworkProfileSet,
    Observation,
    OwnCallEnded,
    PasswordChanged,
    Registration,
    RootCertificateChanged,
    StationBooted,
)
from routing.policy import CloseStyle, Policies, Refused, StationPolicy
from routing.router import Router
from routing.values import Instant, Leg, LinkId, Value

__all__ = [
    "ACTIONS",
    "Accept",
    "CallAnswered",
    "CallExpired",
    "CallSeen",
    "Close",
    "CloseStyle",
    "Command",
    "Dial",
    "Event",
    "FollowUp",
    "FollowUpArrived",
    "Forget",
    "FrameArrived",
    "FrameDropped",
    "Instant",
    "Leg",
    "LegLost",
    "LinkId",
    "LinkLost",
    "LinkOpened",
    "LinkRefused",
    "NetworkProfileSet",
    "Observation",
    "Observe",
    "OurBug",
    "OwnCallAsked",
    "OwnCallEnded",
    "PasswordChanged",
    "Pause",
    "PeerFault",
    "Policies",
    "Priority",
    "ReadingStopped",
    "Refuse",
    "Refused",
    "Registration",
    "Resume",
    "RootCertificateChanged",
    "Router",
    "Send",
    "StationArrived",
    "StationBooted",
    "StationPolicy",
    "Target",
    "UpstreamAccepted",
    "UpstreamFailed",
    "UpstreamRefused",
    "Value",
    "WakeAt",
    "Woke",
    "absorbable",
    "known",
    "read_target",
]
