"""Who is there, and what is known of each station: its version, its state, its profiles.

Facts of stations change their state; CALLs to them, the CSMS's and ours alike, change the ledger of their profiles.
Stations of the plan (`managed`) hang on a panel; adopted ones appear while the box runs and only have a place that is
kept free for them.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from localctl.charging.dispatching.fleet import Managed
from localctl.charging.knowing import clock_watch, readings, site_state
from localctl.charging.knowing import ledger as book
from localctl.charging.knowing.facts import Fact, Metered, TransactionShown
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.meter import of_dc
from localctl.charging.knowing.phase_watch import PhaseWatch
from localctl.charging.knowing.read_back import Change, ReadBack, asks_for_all
from localctl.charging.knowing.readings import whole
from localctl.charging.knowing.site_state import StationState
from localctl.charging.profile.own_ids import is_ours
from localctl.charging.profile.profiles import Protocol

Json = dict[str, Any]
CARRIERS: Final = {
    "SetChargingProfile": ("chargingProfile", "csChargingProfiles"),
    "RequestStartTransaction": ("chargingProfile",),
    "RemoteStartTransaction": ("chargingProfile",),
}


class Roster:
    """Every station with what is known of it. Names are the plan's; `name_of` finds them whatever their case."""

    def __init__(self, voltage_v: float) -> None:
        self.managed: dict[str, Managed] = {}
        self.adopted: dict[str, Managed] = {}
        self.states: dict[str, StationState] = {}
        self.ledgers: dict[str, Ledger] = {}
        self.online: set[str] = set()
        self.unregistered: set[str] = set()
        self._read_backs: dict[str, ReadBack] = {}
        self._names: dict[str, str] = {}
        self._first = StationState(voltage_v=voltage_v)

    def name_of(self, identity: str) -> str | None:
        """The station's name here; None for a station that is only routed."""
        return self._names.get(identity.casefold())

    def station(self, name: str) -> Managed:
        """The station, of the plan or adopted."""
        return self.managed.get(name) or self.adopted[name]

    def add(self, station: Managed, *, adopted: bool = False) -> None:
        """A station of this site; what is known of it already stays known."""
        name = station.identity
        self.adopted.pop(name, None)
        (self.adopted if adopted else self.managed)[name] = station
        self._names[name.casefold()] = name
        self.states.setdefault(name, self._first)
        self.ledgers.setdefault(name, Ledger(protocol=station.protocol))

    def remove(self, name: str) -> None:
        """The station is no longer part of this site."""
        self.managed.pop(name, None)
        self.adopted.pop(name, None)
        self.states.pop(name, None)
        self.ledgers.pop(name, None)
        self._read_backs.pop(name, None)
        self.online.discard(name)
        self.unregistered.discard(name)
        self._names.pop(name.casefold(), None)

    def is_steerable(self, name: str) -> bool:
        """Whether orders would be carried out: the station is there, and its CSMS has not put it off (7.1.7)."""
        return name in self.online and name not in self.unregistered

    def speaks(self, name: str, protocol: Protocol) -> bool:
        """The station is there and speaks this version; True when that is another than before."""
        self.online.add(name)
        self.unregistered.discard(name)
        station = self.station(name)
        if station.protocol is protocol:
            return False
        self.add(replace(station, protocol=protocol), adopted=name in self.adopted)
        self.ledgers[name] = replace(self.ledgers[name], protocol=protocol)
        if Protocol.V16 in (protocol, station.protocol):
            # What ran in the other version has no number in this one; where a car still charges, that will be told.
            self.states[name] = replace(self.states[name], open={})
        return True

    def away(self, name: str) -> None:
        """The station is gone. By the time it is back there may be another car, on other conductors."""
        self.online.discard(name)
        self._read_backs.pop(name, None)
        self.states[name] = unmeasured(self.states[name])

    # --- what stations tell -------------------------------------------------------------------------------------------

    def heard(self, name: str, action: str, request: object, answer: object, now: float) -> list[Fact]:
        """Take in a CALL of the station; the facts that were in it."""
        if action == "ReportChargingProfiles" and isinstance(request, dict):
            self._reported(name, request)
            return []
        found = readings.read(self.station(name).protocol, action, request, answer, now)
        return [self._apply(name, fact, now) for fact in found]

    def _apply(self, name: str, fact: Fact, now: float) -> Fact:
        before = self.states[name]
        fact = self._supplied(name, self._placed(name, fact, before), before)
        after = self.states[name] = site_state.apply(before, fact, now)
        if isinstance(fact, TransactionShown):
            self._transactions(name, before, after, fact, now)
        return fact

    def _placed(self, name: str, fact: Fact, state: StationState) -> Fact:
        """Where a station has one EVSE only, that is the one it means when it does not say (quirk 35)."""
        outlets = self.station(name).outlets
        if len(outlets) != 1 or not isinstance(fact, TransactionShown | Metered) or fact.evse_id is not None:
            return fact
        return fact if fact.transaction_id in state.open else replace(fact, evse_id=outlets[0].id)

    def _supplied(self, name: str, fact: Fact, state: StationState) -> Fact:
        """What the meter of a DC EVSE tells is about its cable; what counts here is what it draws from the supply."""
        if not isinstance(fact, Metered):
            return fact
        evse_id = site_state.metered_at(state, fact)
        for outlet in self.station(name).outlets:
            if outlet.dc and outlet.id == evse_id:
                return replace(fact, sample=of_dc(fact.sample, outlet.watts_per_a))
        return fact

    def _transactions(
        self, name: str, before: StationState, after: StationState, fact: TransactionShown, now: float
    ) -> None:
        for one in (one for key, one in before.open.items() if key not in after.open):
            self._change(name, partial(book.transaction_ended, transaction_id=one.id, evse_id=one.evse_id))
        new, old = after.open.get(fact.transaction_id), before.open.get(fact.transaction_id)
        if new is not None and new.evse_id is not None and (old is None or old.evse_id is None):
            start_id = 0 if self.ledgers[name].protocol is Protocol.V16 else new.remote_start_id
            bind = partial(book.transaction_began, transaction_id=new.id, evse_id=new.evse_id, start_id=start_id)
            self._change(name, partial(bind, now=now))

    # --- what stations are told ---------------------------------------------------------------------------------------

    def told(self, name: str, action: str, request: Json, taken: bool | None, answer: object, now: float) -> None:
        """A CALL of the CSMS. A profile under one of our ids took our profile's place, which is then to be mended."""
        collided = None if taken is False else self._collision(action, request)
        if collided is None:
            self.entered(name, action, request, taken, answer, now)
        else:
            self._change(name, lambda ledger: book.doubted(ledger, lambda entry: entry.profile.id == collided))

    @staticmethod
    def _collision(action: str, request: Json) -> int | None:
        for member in CARRIERS.get(action, ()):
            told = profile_id(request.get(member))
            if told is not None and is_ours(told):
                return told
        return None

    def ordered(self, name: str, action: str, request: Json, taken: bool | None, now: float) -> None:
        """An order of ours met its end. Whether or not one without an answer arrived: a profile it replaces is there,
        the old or the new one.
        """
        place = request.get("chargingProfile", request.get("csChargingProfiles", {}))
        known = action == "SetChargingProfile" and profile_id(place) in self.ledgers[name].present()
        if taken is not None or not known:
            self.entered(name, action, request, taken, None, now)

    def entered(
        self, name: str, action: str, request: Json, taken: bool | None, answer: object, now: float
    ) -> None:
        """What a CALL to the station, anybody's, did to its profiles."""
        match action:
            case "SetChargingProfile":
                self._change(name, partial(book.profile_set, request=request, taken=taken))
            case "ClearChargingProfile":
                self._change(name, partial(book.profiles_cleared, request=request, taken=taken))
            case "RequestStartTransaction" | "RemoteStartTransaction":
                self._change(name, partial(book.start_requested, request=request, taken=taken, now=now))
            case "UpdateDynamicSchedule":
                self._change(name, partial(book.dynamic_updated, request=request, taken=taken))
            case "GetChargingProfiles":
                status = answer.get("status") if isinstance(answer, dict) else None
                self._read_by_csms(name, request, status)

    def _change(self, name: str, change: Change) -> None:
        """Change the ledger; a read-back under way has to know."""
        self.ledgers[name] = change(self.ledgers[name])
        read_back = self._read_backs.get(name)
        if read_back is not None:
            read_back.changed(change)

    # --- reading back what is installed -------------------------------------------------------------------------------

    def read_begins(self, name: str, request_id: int, *, ours: bool = True) -> None:
        """The station is about to be asked for all its profiles."""
        self._read_backs[name] = ReadBack(request_id, self.ledgers[name], ours=ours)

    def read_ends(self, name: str, request_id: int, *, empty: bool = False) -> None:
        """Nothing more will be reported of this reading; `empty`: the station said that it has no profiles."""
        read_back = self._read_backs.get(name)
        if read_back is not None and read_back.request_id == request_id:
            del self._read_backs[name]
            if empty:
                self.ledgers[name] = read_back.settled(self.ledgers[name])

    def _read_by_csms(self, name: str, request: Json, status: object) -> None:
        """The CSMS reads all profiles: as good as if we had; but a reading of ours that is under way goes first."""
        under_way, request_id = self._read_backs.get(name), whole(request.get("requestId"))
        if request_id is None or (under_way is not None and under_way.ours):
            return
        self.read_ends(name, request_id)
        if status in ("Accepted", "NoProfiles") and asks_for_all(request):
            self.read_begins(name, request_id, ours=False)
        if status == "NoProfiles":
            self.read_ends(name, request_id, empty=True)

    def _reported(self, name: str, request: Json) -> None:
        read_back = self._read_backs.get(name)
        settled = None if read_back is None else read_back.reported(self.ledgers[name], request)
        if settled is not None:
            self.ledgers[name] = settled
            del self._read_backs[name]

    def clock_jumped(self, by_s: float) -> None:
        """The box's own clock went ahead: those of the stations are so much less ahead of it."""
        for name, state in self.states.items():
            self.states[name] = replace(state, clock=clock_watch.moved(state.clock, -by_s))

    def put_back(self, states: dict[str, StationState], ledgers: dict[str, Ledger]) -> None:
        """What an earlier process knew of the stations that are still here."""
        for name in self._here(states):
            self.states[name] = unmeasured(states[name])
        for name in self._here(ledgers):
            self.ledgers[name] = replace(ledgers[name], protocol=self.station(name).protocol)

    def _here(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self.states]


def unmeasured(state: StationState) -> StationState:
    """The state without what meters had shown of each car's conductors."""
    evses = {key: replace(evse, phases=PhaseWatch()) for key, evse in state.evses.items()}
    return replace(state, evses=evses)


def profile_id(profile: object) -> int | None:
    """The id of a charging profile of any version."""
    return whole(profile.get("id", profile.get("chargingProfileId"))) if isinstance(profile, dict) else None
