"""A small site under a real `Controller`, for everything that shows it: two panels, three stations, an EMS, a meter.

    scene = Scene()
    scene.plugs_in("CP1"); scene.goes_on(30); scene.limits("main", 20); scene.draws("CP1", 7, 7, 7)
    scene.picture()

Stations answer every order with Accepted unless they are in `deaf`.
"""

from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.limiting.external import ExternalLimit, Rule, SourceKind
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.limiting.limits_baseload import MeterRules
from localctl.charging.loop.controller import Controller
from localctl.charging.loop.site_plan import SitePlan
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture import picture
from localctl.charging.showing.picture_rows import Overdrafts
from localctl.charging.tree.topology import Evse, Load
from tests.localctl.charging.played import NOTHING_THERE
from tests.localctl.charging.sites import panel, station, tree

START = 1_800_000_000.0
SECRET = "DEADBEEFTOKEN"
MAIN = ("panel", "main")


def site_plan(**changes) -> SitePlan:
    """main (32 A) feeds sub (25 A); CP1 and CP2 hang on sub, CP3 with two one-phase outlets on main."""
    topology = tree(
        panel("main", None, 32.0),
        panel("sub", "main", 25.0),
        station("CP1", "sub"),
        station("CP2", "sub", rotation="STR"),
        station("CP3", "main", phases=(1,), evse=Evse(id=1, phases=(1,)), failsafe_a=0.0),
        loads=[
            Load(id="kitchen", panel="main", reserved_a=(4.0, 4.0, 4.0)),
            Load(id="lift", panel="sub", reserved_a=(1.0, 1.0, 1.0)),
        ],
    )
    managed = (
        Managed(identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1),), control=Actuator.MAX_PROFILE),
        Managed(identity="CP2", protocol=Protocol.V201, outlets=(Outlet(id=1),)),
        Managed(
            identity="CP3", protocol=Protocol.V16, outlets=(Outlet(id=1, phases=1, watts_per_a=230.0, failsafe_a=0.0),)
        ),
    )
    usual = {
        "topology": topology,
        "managed": managed,
        "rules": (Rule(name="ems-1", kind=SourceKind.EMS, stale_after_s=300.0),),
        "meters": {"lift": MeterRules(worst_a=(3.0, 3.0, 3.0))},
    }
    return SitePlan(**(usual | changes))


class Scene:
    """The site at one moment."""

    def __init__(self, **changes) -> None:
        self.controller = Controller(site_plan(**changes))
        self.now = START
        self.deaf: set[str] = set()
        self.overdrafts = Overdrafts()

    @property
    def stamp(self) -> str:
        """Now, as a station with a good clock writes it."""
        return write_instant(Instant(int(self.now)))

    def plugs_in(self, name, evse=1):
        """The station connects and a car starts a transaction there."""
        version = self.controller.managed[name].protocol
        self.controller.linked(name, version, self.now)
        if version is Protocol.V16:
            request = {"connectorId": evse, "idTag": SECRET, "meterStart": 0, "timestamp": self.stamp}
            self.controller.heard(
                name, "StartTransaction", request, {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}, self.now
            )
        else:
            self._event(name, evse, "Started", 0, [])
        return self

    def draws(self, name, *amps, evse=1):
        """A meter sample on the station's conductors 1, 2, 3; None for one that is not told."""
        values = [
            {"value": value, "measurand": "Current.Import", "phase": f"L{number}"}
            for number, value in enumerate(amps, 1)
            if value is not None
        ]
        self._event(name, evse, "Updated", 1, [{"timestamp": self.stamp, "sampledValue": values}])
        return self

    def shows_its_clock(self, name, ahead_s):
        """A StatusNotification, stamped by a clock that is ahead by so much."""
        stamp = write_instant(Instant(int(self.now + ahead_s)))
        request = {"timestamp": stamp, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
        self.controller.heard(name, "StatusNotification", request, {}, self.now)
        return self

    def _event(self, name, evse, event, number, values):
        request = {
            "eventType": event, "timestamp": self.stamp, "triggerReason": "CablePluggedIn", "seqNo": number,
            "transactionInfo": {"transactionId": f"tx-{name}-{evse}", "chargingState": "Charging"},
            "evse": {"id": evse, "connectorId": 1}, "idToken": {"idToken": SECRET, "type": "ISO14443"},
        }  # fmt: skip
        told = {"meterValue": values} if values else {}
        self.controller.heard(name, "TransactionEvent", request | told, {}, self.now)

    def limits(self, panel_id, amps, seconds=900.0, source="ems-1"):
        """The EMS limits a panel."""
        self.controller.limits.put(
            ExternalLimit(
                source=source, node=("panel", panel_id), steps=(Step(at=self.now, cap=Cap(a=(amps, amps, amps))),),
                set_at=self.now, expires_at=self.now + seconds,
            )
        )  # fmt: skip
        return self

    def cycles(self):
        """One cycle; everybody who listens takes the order, nobody hears of the others'."""
        for order in self.controller.cycle(self.now):
            verdict = Verdict.LOST if order.identity in self.deaf else Verdict.ACCEPTED
            nothing = order.reports is not None and verdict is Verdict.ACCEPTED
            outcome = NOTHING_THERE if nothing else Outcome(verdict=verdict)
            self.controller.answered(order.token, outcome, self.now)
        return self

    def goes_on(self, seconds, step=5.0):
        """Time passes, with a cycle every few seconds."""
        until = self.now + seconds
        while self.now < until:
            self.now += step
            self.cycles()
        return self

    def picture(self):
        return picture(self.controller, self.now, self.overdrafts)

    def short_of_current(self):
        """Under 16 A gross 9 A are left on main: one minimum, not two. Until the first pause is over."""
        return self.limits("main", 16).goes_on(200).limits("main", 16).goes_on(150)

    def phase(self, panel_id, phase="L1"):
        """One panel's phase in the picture."""
        return next(one for one in self.picture()["panels"] if one["id"] == panel_id)["phases"][phase]

    def evse(self, name, number=1):
        """One EVSE in the picture."""
        station_shown = next(one for one in self.picture()["stations"] if one["identity"] == name)
        return next(one for one in station_shown["evses"] if one["id"] == number)


def busy(**changes) -> Scene:
    """Cars at CP1 and CP2, none at CP3; the EMS allows the site 20 A, everything has settled."""
    scene = Scene(**changes).plugs_in("CP1").plugs_in("CP2")
    scene.controller.linked("CP3", Protocol.V16, scene.now)
    return scene.cycles().goes_on(20).limits("main", 20).goes_on(40)
