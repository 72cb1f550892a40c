"""The box under test: real router, real controller. It may lose power and start again from what it has stored."""

import random
from collections.abc import Callable
from typing import Final

import msgspec
import trio

from localctl.charging.limiting.external import ExternalLimit
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.loop.controller import Controller
from localctl.charging.loop.site_plan import SitePlan
from localctl.control import Control, CycleEnd
from localctl.own_requests import own_answer
from localctl.simulate.board import Board
from localctl.simulate.cable import Lag, Tamper
from localctl.simulate.csms import SimCsms
from localctl.simulate.in_force import Amount
from localctl.simulate.mail import Mail
from routing.observations import Observation
from routing.policy import Policies
from routing.router import Router
from routing.values import Instant, LinkId

OWN_KEY: Final = b"simulated"


class Box:
    """Router, board and control loop, on a clock that counts seconds since 1970 (`now_at`).

    `period_s` is the control loop's, `admission` the stations let in per second and at once. `troubles`
    keeps what its cycles complained of.
    """

    def __init__(
        self,
        plan: SitePlan,
        policies: Policies,
        mail: Mail,
        csms: SimCsms,
        *,
        now_at: Callable[[], float],
        seed: int,
        period_s: float,
        remembers: bool,
        lag: Callable[[str], Lag],
        tampers: Callable[[str], Tamper | None],
        admission: tuple[float, int] = (0.0, 1),
    ) -> None:
        self.troubles: list[str] = []
        self.deaths = 0
        self._plan, self._policies, self._now_at = plan, policies, now_at
        self._period_s, self._remembers = period_s, remembers
        self._rng = random.Random(seed)
        self._admission = admission
        self._saved = b""
        self._life = trio.CancelScope()
        self._asleep = trio.Event()
        self.controller = Controller(plan)
        self.board = Board(self._router(), mail, csms, self._observe, lag=lag, tampers=tampers)
        self._control = self._new_control()

    async def run(self) -> None:
        """Live, die and live again until cancelled."""
        while True:
            with self._life:
                await self._control.run()
            await self._asleep.wait()
            self._revive()

    async def die(self, for_s: float) -> None:
        """Lose power for a while."""
        if not self.board.up:
            return
        self.deaths += 1
        self._asleep = trio.Event()
        self.board.crash()
        self._life.cancel()
        await trio.sleep(for_s)
        self._asleep.set()

    def put(self, source: str, panel: str, amount: Amount, *, expires_at: float | None) -> bool:
        """An EMS sets a limit; False when nobody is there to take it."""
        if not self.board.up:
            return False
        now, amps = self._now_at(), amount.amps
        cap = Cap(a=(None, None, None) if amps is None else (amps[0], amps[1], amps[2]), w=amount.watts)
        node = ("panel", panel)
        steps = (Step(at=now, cap=cap),)
        limit = ExternalLimit(source=source, node=node, steps=steps, set_at=now, expires_at=expires_at)
        self.controller.limits.put(limit)
        self._keep()
        return True

    def withdraw(self, source: str, panel: str) -> bool:
        """An EMS takes its limit back; False when nobody is there to take it."""
        if not self.board.up:
            return False
        self.controller.limits.withdraw(("panel", panel), source, self._now_at())
        self._keep()
        return True

    def _keep(self) -> None:
        """What an EMS was told is accepted is stored, and acted upon at once."""
        if self._remembers:
            self._saved = msgspec.json.encode(self.controller.saved())
        self._control.wake()

    def _revive(self) -> None:
        self._life = trio.CancelScope()
        self.controller = Controller(self._plan, msgspec.json.decode(self._saved) if self._saved else None)
        self._control = self._new_control()
        self.board.start_again(self._router(), self._observe)

    def _router(self) -> Router:
        router = Router(self._policies, own_key=OWN_KEY, uniform=self._rng.random, own_answer=own_answer)
        router.common.admission.per_s, router.common.admission.burst = self._admission
        return router

    def _new_control(self) -> Control:
        return Control(
            self.controller,
            call=self.board.call,
            unix_now=self._now_at,
            store=self._store,
            on_round=self._complain,
            period_s=self._period_s,
        )

    def _observe(self, link: LinkId, what: Observation, now: Instant) -> None:
        self._control.observe(link, what, now)

    async def _store(self, document: dict[str, object]) -> None:
        if self._remembers:
            self._saved = msgspec.json.encode(document)

    def _complain(self, ended: CycleEnd) -> None:
        if ended.trouble is not None and ended.trouble not in self.troubles:
            self.troubles.append(ended.trouble)
