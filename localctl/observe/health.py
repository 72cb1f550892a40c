"""Is the box fit to work? A state machine with reasons: starting, ready, degraded, stopping.

The parts that must be there before the box may call itself ready are named at the start and tick themselves off. A
fault later makes it degraded, which is still fit to route: stations are better off with a hurt box than with none.
Each fault has a key, so that the same part can report and clear it, and a sentence for people.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import ClassVar

from routing.errors import OurBug


class ServiceState(Enum):
    """What the box may be trusted with."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    STOPPING = "stopping"


Listener = Callable[["Health"], None]


class Health:
    """The state of the box and why. `on_change` is called after each change of state or reasons."""

    MOVES: ClassVar = {
        (ServiceState.STARTING, "complete"): ServiceState.READY,
        (ServiceState.STARTING, "complete_with_faults"): ServiceState.DEGRADED,
        (ServiceState.STARTING, "stop"): ServiceState.STOPPING,
        (ServiceState.READY, "fault"): ServiceState.DEGRADED,
        (ServiceState.READY, "stop"): ServiceState.STOPPING,
        (ServiceState.DEGRADED, "all_clear"): ServiceState.READY,
        (ServiceState.DEGRADED, "stop"): ServiceState.STOPPING,
        (ServiceState.STOPPING, "stop"): ServiceState.STOPPING,
    }

    def __init__(self, *, waits_for: Iterable[str], on_change: Listener | None = None) -> None:
        self.state = ServiceState.STARTING
        self._waits_for = dict.fromkeys(waits_for)
        self._faults: dict[str, str] = {}
        self._on_change = on_change or (lambda _health: None)
        if not self._waits_for:
            raise OurBug("health: a box that waits for nothing was never starting")

    @property
    def ready(self) -> bool:
        """True while stations may be sent here: ready or degraded."""
        return self.state in (ServiceState.READY, ServiceState.DEGRADED)

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each thing that keeps the box from being wholly ready."""
        if self.state is ServiceState.STOPPING:
            return ("stopping",)
        return (*(f"waiting for {part}" for part in self._waits_for), *self._faults.values())

    def arrived(self, part: str) -> None:
        """A part the start waits for is there. When it was the last one, the box is ready (or degraded)."""
        if self.state is ServiceState.STOPPING:
            return
        if part not in self._waits_for:
            raise OurBug(f"health: nobody waits for {part!r}")
        del self._waits_for[part]
        if not self._waits_for:
            self._move("complete_with_faults" if self._faults else "complete")
        self._on_change(self)

    def fault(self, key: str, sentence: str) -> None:
        """Something is wrong until `clear(key)`. The same fault again only renews its sentence."""
        if self.state is ServiceState.STOPPING or self._faults.get(key) == sentence:
            return
        self._faults[key] = sentence
        if self.state is ServiceState.READY:
            self._move("fault")
        self._on_change(self)

    def clear(self, key: str) -> None:
        """That fault is over; unknown keys are fine."""
        if self._faults.pop(key, None) is None or self.state is ServiceState.STOPPING:
            return
        if self.state is ServiceState.DEGRADED and not self._faults:
            self._move("all_clear")
        self._on_change(self)

    def stop(self) -> None:
        """The box is going down; nothing that happens from now on changes that."""
        self._move("stop")
        self._on_change(self)

    def _move(self, cause: str) -> None:
        try:
            self.state = self.MOVES[self.state, cause]
        except KeyError:
            raise OurBug(f"health: no move {cause!r} from {self.state.name}") from None
