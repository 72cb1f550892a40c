"""The language of the routing tests: a script of what happens and what the router does about it.

    opened().when(station(call("1"))).then(to_csms(call("1")))

`then` compares what the router does, in order; `noticed` compares what it observed; alarms (`WakeAt`) are looked at
only by `alarm`. Each looks at the last event alone and `then` must be said even where nothing happens.
"""

from collections.abc import Callable

import msgspec

from routing import Close as CloseCommand
from routing import (
    CloseStyle,
    Command,
    Event,
    FollowUp,
    FrameArrived,
    Instant,
    Leg,
    LegLost,
    LinkId,
    Observation,
    Observe,
    OwnCallAsked,
    Priority,
    Refused,
    Router,
    Send,
    StationArrived,
    StationPolicy,
    UpstreamAccepted,
    WakeAt,
    Woke,
)

L1, L2, L3, L4 = LinkId(1), LinkId(2), LinkId(3), LinkId(4)
KEY = b"k" * 32
V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"


class Play:
    """One router, one clock, and the commands of the last event."""

    def __init__(
        self,
        policies: Callable[[str], StationPolicy | Refused] | None = None,
        own_answer: Callable[[str, bytes], str | None] = lambda _action, _payload: None,
        **policy: object,
    ) -> None:
        chosen = StationPolicy(csms="main", **policy)
        self.router = Router(
            policies or (lambda identity: chosen), own_key=KEY, uniform=lambda: 0.5, own_answer=own_answer
        )
        self.now = 1000.0
        self.commands: list[Command] = []

    def when(self, *events: Event) -> "Play":
        """Let these happen; what is compared next is all that came of them."""
        self.commands = []
        for event in events:
            self.commands += self.router.handle(event, Instant(self.now))
        return self

    def given(self, *events: Event) -> "Play":
        """Let these happen; nobody looks."""
        self.when(*events)
        return self

    def after(self, seconds: float, link: LinkId = L1) -> "Play":
        """Time passes, and the edge wakes the link."""
        self.now += seconds
        return self.when(Woke(link=link))

    def later(self, seconds: float) -> "Play":
        """Time passes, nobody is woken."""
        self.now += seconds
        return self

    def then(self, *expected: Command) -> "Play":
        """Exactly this is done, in this order."""
        done = [command for command in self.commands if not isinstance(command, Observe | WakeAt)]
        assert done == list(expected)
        return self

    def noticed(self, *expected: Observation) -> "Play":
        """Exactly this is observed, in this order."""
        assert self.facts == list(expected)
        return self

    def alarm(self, *in_s: float) -> "Play":
        """The edge is asked to wake the link in so many seconds from now."""
        assert [command.at - self.now for command in self.commands if isinstance(command, WakeAt)] == list(in_s)
        return self

    @property
    def facts(self) -> list[Observation]:
        return [command.what for command in self.commands if isinstance(command, Observe)]

    def fact(self, kind: type) -> Observation:
        """The only observation of this kind."""
        (found,) = [fact for fact in self.facts if isinstance(fact, kind)]
        return found

    def no_fact(self, kind: type) -> "Play":
        assert not [fact for fact in self.facts if isinstance(fact, kind)]
        return self

    def own_id(self) -> str:
        """The id of the own CALL just sent to the station."""
        (text,) = [c.text for c in self.commands if isinstance(c, Send) and c.leg is Leg.STATION]
        return str(msgspec.json.decode(text)[1])


def opened(version: str = V201, *, identity: str = "CS-17", **policy: object) -> Play:
    """A play in which link 1 is open."""
    play = Play(**policy)
    return play.given(arrived(identity=identity, offer=(version,)), accepted(version))


def arrived(link: LinkId = L1, *, identity: str = "CS-17", offer: tuple[str, ...] = (V201,)) -> StationArrived:
    return StationArrived(link=link, identity=identity, offer=offer)


def accepted(version: str | None = V201, link: LinkId = L1) -> UpstreamAccepted:
    return UpstreamAccepted(link=link, subprotocol=version)


def station(text: str, link: LinkId = L1) -> FrameArrived:
    return FrameArrived(link=link, leg=Leg.STATION, text=text)


def csms(text: str, link: LinkId = L1) -> FrameArrived:
    return FrameArrived(link=link, leg=Leg.CSMS, text=text)


def to_station(text: str, link: LinkId = L1) -> Send:
    return Send(link=link, leg=Leg.STATION, text=text)


def to_csms(text: str, link: LinkId = L1) -> Send:
    return Send(link=link, leg=Leg.CSMS, text=text)


def station_lost(code: int | None = None, reason: str = "", link: LinkId = L1) -> LegLost:
    return LegLost(link=link, leg=Leg.STATION, reason=reason, code=code)


def csms_lost(code: int | None = None, reason: str = "", link: LinkId = L1) -> LegLost:
    return LegLost(link=link, leg=Leg.CSMS, reason=reason, code=code)


def close_station(code: int, reason: str = "", link: LinkId = L1, style: CloseStyle = "close") -> CloseCommand:
    return CloseCommand(link=link, leg=Leg.STATION, code=code, reason=reason, style=style)


def close_csms(code: int, reason: str = "", link: LinkId = L1) -> CloseCommand:
    return CloseCommand(link=link, leg=Leg.CSMS, code=code, reason=reason)


def own(
    token: int = 7,
    action: str = "GetChargingProfiles",
    payload: str = "{}",
    *,
    priority: Priority = Priority.ROUTINE,
    timeout_s: float | None = None,
    follow_up: FollowUp | None = None,
    link: LinkId = L1,
) -> OwnCallAsked:
    return OwnCallAsked(
        link=link,
        token=token,
        action=action,
        payload=payload,
        priority=priority,
        timeout_s=timeout_s,
        follow_up=follow_up,
    )


def call(message_id: str, action: str = "Heartbeat", payload: str = "{}") -> str:
    return f'[2,"{message_id}","{action}",{payload}]'


def result(message_id: str, payload: str = "{}") -> str:
    return f'[3,"{message_id}",{payload}]'


def error(message_id: str, code: str = "GenericError") -> str:
    return f'[4,"{message_id}","{code}","",{{}}]'


def send(message_id: str, action: str = "NotifyPeriodicEventStream", payload: str = "{}") -> str:
    return f'[6,"{message_id}","{action}",{payload}]'


def result_error(message_id: str) -> str:
    return f'[5,"{message_id}","FormatViolation","",{{}}]'
