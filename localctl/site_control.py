"""One site under control, as the box carries it: the loop, its picture, its figures and its API, built from a plan."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import trio
from starlette.routing import BaseRoute

from localctl.charging.loop.controller import Controller
from localctl.charging.loop.site_plan import SitePlan
from localctl.charging.showing.picture import picture
from localctl.charging.showing.picture_rows import Overdrafts
from localctl.control import Call, Control, CycleEnd
from localctl.hand import StationHand, Wires
from localctl.observe.charging_feed import ChargingCounts, charging_samples
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import SnapshotBox
from localctl.site_clock import SiteClock
from localctl.web.charging_api import Site, charging_routes
from localctl.web.commission_api import commission_routes

log = structlog.get_logger("localctl.site")


class SiteControl:
    """Made by the composition root for a configuration with panels. `saved` is what the last process stored."""

    def __init__(
        self,
        plan: SitePlan,
        saved: object,
        *,
        call: Call,
        wires: Wires,
        store: Callable[[dict[str, object]], Awaitable[None]],
        on_round: Callable[[CycleEnd], None],
    ) -> None:
        self.counts, self.clock = ChargingCounts(), SiteClock()
        self.controller = Controller(plan, saved)
        self.control = Control(
            self.controller, call=call, unix_now=self.clock.now, store=store, on_round=on_round, counts=self.counts,
            hand=StationHand(call, wires, self._shown_meter), follow=self.clock.follow,
        )  # fmt: skip
        self._overdrafts = Overdrafts()
        self._shown: dict[str, Any] = {}
        self._loop: trio.lowlevel.TrioToken | None = None

    async def run(self) -> None:
        """Control until cancelled."""
        self._loop = trio.lowlevel.current_trio_token()
        await self.control.run()

    def picture(self) -> dict[str, Any]:
        """What there is to see now; what was seen last where no picture can be made.

        A bug in showing must not end what is shown. And between a reload and the next cycle figures must not vanish
        from a scrape: that would start every alert's patience anew.
        """
        try:
            newest = picture(self.controller, self.clock.now(), self._overdrafts)
        except Exception:
            log.exception("the picture of the site could not be made")
            return self._shown
        if newest["cycle_at"] is not None or self._shown.get("cycle_at") is None:
            self._shown = newest
        return self._shown

    def feed(self, metrics: Metrics, box: SnapshotBox) -> None:
        """Let the site's figures be scraped."""
        metrics.add_feed("charging", lambda: charging_samples(box))
        metrics.add_feed("control", self.counts.samples)

    def routes(self, box: SnapshotBox, token: Callable[[], str | None]) -> list[BaseRoute]:
        """The site's part of the API."""
        site = Site(
            controller=self.controller, post=self._post, unix_now=self.clock.now, changed=self.control.wake, token=token
        )
        return [*charging_routes(box, site), *commission_routes(site)]

    def _shown_meter(self, identity: str, payload: object) -> None:
        """What a station that is tried out sent because it was asked for its meter."""
        self.controller.heard(identity, "MeterValues", payload, {}, self.clock.now())
        self.control.wake()

    def _post(self, command: Callable[[], None]) -> None:
        """Run a command on the control loop soon; RuntimeError when that loop is not there."""
        if self._loop is None:
            raise RuntimeError("the control loop has not started")
        self._loop.run_sync_soon(command)
