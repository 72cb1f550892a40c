"""A site under a real `Controller`, played step by step: stations that keep their profiles, cars, an EMS, a CSMS.

    play = Play(place("A"), place("B"), main_a=32)
    play.joins("A").plugs_in("A", wants_a=16).goes_on(60).gives(A=16)

The stations answer at once unless told otherwise, and work out by their own few lines what their profiles allow.
"""

import json
from dataclasses import dataclass, field

from localctl.charging.base.instants import Instant, read_instant, write_instant
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.dispatching.orders import Terms
from localctl.charging.limiting.external import ExternalLimit, Rule, SourceKind
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.loop.controller import Controller
from localctl.charging.loop.site_plan import SitePlan
from localctl.charging.profile.profiles import Protocol
from localctl.charging.tree.topology import Evse, Site, Station
from localctl.charging.tree.topology_check import build
from tests.localctl.charging.sites import panel

START = 1_800_000_000.0
MAIN = ("panel", "main")
YES, LOST = Outcome(verdict=Verdict.ACCEPTED), Outcome(verdict=Verdict.LOST)
NOTHING_THERE = Outcome(verdict=Verdict.REFUSED, reason="NoProfiles", status="NoProfiles")
RULES = (Rule(name="ems", kind=SourceKind.EMS, require_expiry=False),)


@dataclass
class Box:
    """A station of the play: what is installed on it, and what its cars want."""

    managed: Managed
    placed: Station
    profiles: dict = field(default_factory=dict)
    wants_a: dict = field(default_factory=dict)
    online: bool = False
    answers: Outcome = YES
    numbers: int = 0

    def take(self, action, payload):
        """Do as ordered."""
        old = self.managed.protocol is Protocol.V16
        if action == "SetChargingProfile":
            profile = payload["csChargingProfiles" if old else "chargingProfile"]
            number = profile["chargingProfileId" if old else "id"]
            self.profiles[number] = (payload["connectorId" if old else "evseId"], profile)
        elif action == "ClearChargingProfile":
            self.profiles.pop(payload.get("id", payload.get("chargingProfileId")), None)
        elif action == "UpdateDynamicSchedule":
            first(self.profiles[payload["chargingProfileId"]][1])[0]["limit"] = payload["scheduleUpdate"]["limit"]

    def allows(self, evse_id, now):
        """Amperes the installed profiles leave an EVSE: the highest level of its kind, and the station's maximum."""
        rating_a = self.managed.outlet(evse_id).rating_a
        best = {}
        for place, profile in self.profiles.values():
            kind = profile["chargingProfilePurpose"].replace("ChargePoint", "ChargingStation")
            limit = limit_at(profile, now) if place in (0, evse_id) else None
            if limit is not None and profile["stackLevel"] >= best.get(kind, (-1, 0))[0]:
                best[kind] = (profile["stackLevel"], limit)
        running = best.get("TxProfile", best.get("TxDefaultProfile"))
        caps = [each[1] for each in (running, best.get("ChargingStationMaxProfile")) if each is not None]
        return min([rating_a, *caps])


def first(profile):
    """The periods of a profile's only schedule."""
    schedule = profile["chargingSchedule"]
    return (schedule[0] if isinstance(schedule, list) else schedule)["chargingSchedulePeriod"]


def limit_at(profile, now):
    """The limit of an Absolute schedule at an instant; None before its start."""
    schedule = profile["chargingSchedule"]
    schedule = schedule[0] if isinstance(schedule, list) else schedule
    starts_at = read_instant(schedule["startSchedule"]) if "startSchedule" in schedule else START - 86_400
    periods = schedule["chargingSchedulePeriod"]
    held = [period["limit"] for period in periods if starts_at + period["startPeriod"] <= now]
    return held[-1] if held else None


def place(name, on="main", *, protocol=Protocol.V201, phases=(1, 2, 3), rotation="RST", evses=1, **more):
    """A station: how it hangs in the tree, and how it is steered."""
    outlet = {"phases": len(phases), "watts_per_a": 230.0 * len(phases)} | more.pop("outlet", {})
    outlets = tuple(Outlet(id=number + 1, **outlet) for number in range(evses))
    placed = Station(
        identity=name, panel=on, phase_rotation=rotation, failsafe_a=outlets[0].failsafe_a,
        evses=tuple(Evse(id=each.id, phases=phases) for each in outlets), **more.pop("placed", {}),
    )  # fmt: skip
    return Box(Managed(identity=name, protocol=protocol, outlets=outlets, **more), placed)


def site_plan(boxes, main_a=32.0, panels=(), loads=(), **more):
    """The plan of a site with these stations on and below a main panel."""
    topology, problems = build(Site(), [panel("main", None, main_a), *panels], [box.placed for box in boxes], loads)
    assert topology is not None, problems
    usual = {"topology": topology, "managed": tuple(box.managed for box in boxes), "rules": RULES, "terms": Terms()}
    return SitePlan(**(usual | more))


class Play:
    """The site at one moment, and everything that can happen to it."""

    def __init__(self, *boxes, **plan):
        self.boxes = {box.managed.identity: box for box in boxes}
        self.plan = site_plan(boxes, **plan)
        self.controller = Controller(self.plan)
        self.now = START
        self.orders = []

    # what happens

    def joins(self, *names):
        """Stations connect, their CSMS accepts them."""
        for name in names:
            self.boxes[name].online = True
            self.controller.linked(name, self.boxes[name].managed.protocol, self.now)
        return self

    def leaves(self, *names):
        """Their network dies; what they were told stays in force there."""
        for name in names:
            self.boxes[name].online = False
            self.controller.unlinked(name, self.now)
        return self

    def deaf(self, name):
        """The station's answers get lost, though it does what it is told."""
        self.boxes[name].answers = LOST
        return self

    def plugs_in(self, name, wants_a=32.0, evse=1, **info):
        """A car begins a transaction."""
        box = self.boxes[name]
        box.wants_a[evse] = wants_a
        box.numbers += 1
        if box.managed.protocol is Protocol.V16:
            request = {"connectorId": evse, "idTag": "tag", "meterStart": 0, "timestamp": self.stamp}
            return self.says(name, "StartTransaction", request, {"transactionId": box.numbers, "idTagInfo": {}})
        return self.event(name, "Started", evse, **info)

    def needs(self, name, energy_wh, hours):
        """The car at its first EVSE says how much it needs, and in how many hours it leaves (ISO 15118)."""
        departure = write_instant(Instant(int(self.now + hours * 3600)))
        ac = {"energyAmount": energy_wh, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 230}
        needs = {"requestedEnergyTransfer": "AC_three_phase", "departureTime": departure, "acChargingParameters": ac}
        request = {"evseId": 1, "chargingNeeds": needs}
        return self.says(name, "NotifyEVChargingNeeds", request, {"status": "Accepted"})

    def unplugs(self, name, evse=1):
        """The car leaves."""
        box = self.boxes[name]
        del box.wants_a[evse]
        box.profiles = {
            number: each for number, each in box.profiles.items() if each[1]["chargingProfilePurpose"] != "TxProfile"
        }
        if box.managed.protocol is Protocol.V16:
            request = {"transactionId": box.numbers, "meterStop": 0, "timestamp": self.stamp}
            return self.says(name, "StopTransaction", request, {})
        return self.event(name, "Ended", evse)

    def event(self, name, kind, evse=1, answer=None, meter=None, **info):
        """A TransactionEvent."""
        number = self.boxes[name].numbers
        request = {
            "eventType": kind, "timestamp": self.stamp, "triggerReason": "CablePluggedIn", "seqNo": 0,
            "transactionInfo": {"transactionId": f"{name}-{evse}-{number}", "chargingState": "Charging"} | info,
            "evse": {"id": evse}, "meterValue": meter or [],
        }  # fmt: skip
        return self.says(name, "TransactionEvent", request, answer or {})

    def meters(self, name, *amps, evse=1):
        """The station's meter shows these currents on its conductors 1, 2, 3."""
        values = [
            {"value": str(value), "measurand": "Current.Import", "phase": f"L{number}"}
            for number, value in enumerate(amps, 1)
        ]
        meter = [{"timestamp": self.stamp, "sampledValue": values}]
        if self.boxes[name].managed.protocol is Protocol.V16:
            return self.says(name, "MeterValues", {"connectorId": evse, "meterValue": meter}, {})
        return self.event(name, "Updated", evse, meter=meter)

    def says(self, name, action, request, answer):
        """Any CALL of a station, with its answer."""
        self.controller.heard(name, action, request, answer, self.now)
        return self

    def csms(self, name, action, request, taken=True):
        """Any CALL of the CSMS to a station."""
        if taken:
            self.boxes[name].take(action, request)
        self.controller.told(name, action, request, taken, {}, self.now)
        return self

    def csms_limits(self, name, amps, purpose="TxDefaultProfile", evse=0, level=0, number=1, transaction=None):
        """The CSMS installs a profile with one limit for ever."""
        schedule = {"id": 1, "chargingRateUnit": "A", "startSchedule": write_instant(Instant(int(START - 9)))}
        schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": amps}]
        profile = {"id": number, "stackLevel": level, "chargingProfilePurpose": purpose}
        profile |= {"chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}
        profile |= {} if transaction is None else {"transactionId": transaction}
        return self.csms(name, "SetChargingProfile", {"evseId": evse, "chargingProfile": profile})

    def ems(self, amps, node=MAIN, lasts_s=None):
        """The EMS limits a node; None takes the limit back."""
        if amps is None:
            self.controller.limits.withdraw(node, "ems", self.now)
            return self
        ends_at = None if lasts_s is None else self.now + lasts_s
        steps = (Step(at=self.now, cap=Cap(a=(amps, amps, amps))),)
        limit = ExternalLimit(source="ems", node=node, steps=steps, set_at=self.now, expires_at=ends_at)
        self.controller.limits.put(limit)
        return self

    def restarts(self, spoil=lambda saved: saved):
        """The box loses power and comes back with what it had stored before its last orders left."""
        self.controller = Controller(self.plan, spoil(json.loads(json.dumps(self.controller.saved()))))
        for box in self.boxes.values():
            box.online = False
        return self

    # what the box does

    def cycles(self):
        """One cycle; stations take their orders, and answer as they are told to."""
        self.orders = self.controller.cycle(self.now)
        for order in self.orders:
            box = self.boxes[order.identity]
            assert box.online, f"an order for {order.identity}, which is away"
            if order.reports is not None:
                self.reads_back(order, box)
                continue
            if box.answers.verdict in (Verdict.ACCEPTED, Verdict.LOST):
                box.take(order.action, json.loads(order.payload))
            self.controller.answered(order.token, box.answers, self.now)
        return self

    def reads_back(self, order, box):
        """A station tells all its profiles, one report each."""
        found = list(box.profiles.values())
        if box.answers is not YES or not found:
            self.controller.answered(order.token, NOTHING_THERE if box.answers is YES else box.answers, self.now)
            return
        self.controller.answered(order.token, YES, self.now)
        for left, (evse_id, profile) in zip(range(len(found) - 1, -1, -1), found, strict=True):
            report = {"requestId": order.reports, "evseId": evse_id, "chargingProfile": [profile], "tbc": left > 0}
            self.says(order.identity, "ReportChargingProfiles", report, None)

    def goes_on(self, seconds, step=5.0):
        """Time passes, with a cycle every few seconds."""
        until = self.now + seconds
        while self.now < until:
            self.now += step
            self.cycles()
        return self

    # what is seen

    @property
    def stamp(self):
        """Now, as a station with a good clock writes it."""
        return write_instant(Instant(int(self.now)))

    def gives(self, evse=1, **amps):
        """What the stations' own profiles allow."""
        assert {name: self.boxes[name].allows(evse, self.now) for name in amps} == amps
        return self

    def sum_a(self, *names):
        """What these stations (all) may draw together by their own profiles, were all on the same phase."""
        chosen = [self.boxes[name] for name in names or self.boxes]
        return sum(box.allows(outlet.id, self.now) for box in chosen for outlet in box.managed.outlets)

    def share(self, name, evse=1):
        """What the allocator gives an EVSE now."""
        return self.controller.last.allocation.amps[name, evse]

    def reason(self, name, evse=1):
        """Why."""
        return self.controller.last.allocation.verdicts[name, evse].reason

    def written(self, name):
        """The last order's profile for a station."""
        payload = next(json.loads(order.payload) for order in reversed(self.orders) if order.identity == name)
        return payload.get("chargingProfile") or payload["csChargingProfiles"]


def three(**more):
    """Stations A, B and C on a main fuse of 32 A, all there, idle and settled; B speaks 1.6, C 2.1."""
    boxes = (
        place("A"), place("B", protocol=Protocol.V16), place("C", protocol=Protocol.V21, control=Actuator.MAX_PROFILE)
    )  # fmt: skip
    return Play(*boxes, **more).joins("A", "B", "C").goes_on(60)
