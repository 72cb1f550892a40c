"""What both dialects of the demo's stations share: who they are, what they can be told, what they have to say.

A dialect turns what happens at a station into messages of one OCPP version, and the CSMS's CALLs into calls of
`Control`, which the station is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from localctl.demo.clock import Clock
from localctl.demo.evse import Evse
from localctl.demo.limits import Profiles
from localctl.demo.outbox import Message
from localctl.demo.rpc import Json

VENDOR = "Demo"
Handlers = dict[str, Callable[[Json], Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One station: identity, version, hardware and habits. Times in seconds."""

    identity: str
    version: str
    evses: int = 1
    phases: int = 3
    max_a: float = 32.0
    first_phase: int = 0
    reaction_s: float = 2.0
    obedient: bool = True
    boots_again: bool = False
    meter_every_s: float = 60.0
    heartbeat_s: float = 300.0
    retry_min_s: float = 1.0
    retry_range_s: float = 1.0
    retry_repeats: int = 4
    answer_within_s: float = 30.0
    password: str | None = None
    seed: int = 0


class Control(Protocol):
    """What a CSMS may do to a station."""

    model: Model
    clock: Clock
    profiles: Profiles
    evses: dict[int, Evse]
    settings: dict[str, str]

    def install(self, evse: int, raw: Json, *, replace_like: bool) -> str | None:
        """Take a profile (2.0.1 shape); a reason when it is not taken."""

    def settle(self) -> None:
        """Let changed limits take effect."""

    def stop(self, transaction_id: str, reason: str) -> bool:
        """End a transaction; False when it is not running."""

    def remote_start(self, evse: int | None, tag: str, remote_start_id: int) -> bool:
        """Authorize the car that waits at an EVSE; False when none does."""

    def say(self, message: Message) -> None:
        """Queue a message."""

    def restart(self) -> None:
        """Reboot soon."""


class Dialect(Protocol):
    """A station's side of one OCPP version."""

    handlers: Handlers

    def boot(self, reason: str) -> Message:
        """BootNotification."""

    def heartbeat(self) -> Message:
        """Heartbeat."""

    def greeting(self) -> list[Message]:
        """What is said once after BootNotification was accepted."""

    def status(self, evse: Evse) -> Message:
        """StatusNotification of one EVSE."""

    def authorize(self, tag: str) -> Message:
        """Authorize."""

    def plugged_in(self, evse: Evse, *, offline: bool) -> list[Message]:
        """A cable was plugged in and a transaction prepared."""

    def started(self, evse: Evse, *, offline: bool) -> list[Message]:
        """Energy is offered from now on."""

    def metered(self, evse: Evse, *, offline: bool) -> list[Message]:
        """A periodic reading."""

    def state_changed(self, evse: Evse, *, offline: bool) -> list[Message]:
        """The charging state is another one."""

    def ended(self, evse: Evse, *, offline: bool) -> list[Message]:
        """The transaction is over."""


def reading(value: float, measurand: str, unit: str, phase: str | None = None) -> dict[str, Any]:
    """One sampled value; `value` still a number, as 2.x wants it."""
    sample: dict[str, Any] = {"value": round(value, 1), "measurand": measurand, "context": "Sample.Periodic"}
    return sample | ({} if phase is None else {"phase": phase}) | {"unit": unit}


def readings(evse: Evse) -> list[dict[str, Any]]:
    """Energy register, power and the current of each phase."""
    currents = evse.currents_a()
    power_w = sum(currents) * 230.0
    phases = [reading(amperes, "Current.Import", "A", f"L{n}") for n, amperes in enumerate(currents, 1)]
    energy = reading(evse.energy_wh, "Energy.Active.Import.Register", "Wh")
    return [energy, reading(power_w, "Power.Active.Import", "W"), *phases]
