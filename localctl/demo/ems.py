"""The site's energy management system: tells the box how much the whole site may take, over its HTTP API.

It follows the demo's plan until somebody takes its slider, be it to leave it where it is; from then on only the slider
counts. Somebody else may set the same limit (curl with the same token, `localctl limit set` over the box's socket): the
newest word holds, and this EMS takes it over.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from localctl.demo.api import Api, NoAnswer
from localctl.demo.cast import EMS_NAME, PANELS, USUAL_A, Plan

PANEL = PANELS[0].id
RENEW_S, HOLDS_S, AGAIN_S = 60.0, 300.0, 1.0
MOST_A = PANELS[0].fuse_a
Json = dict[str, Any]


class Ems:
    """`on_limit` hears every limit in force, `say` what is worth a line. `run` it in a nursery."""

    def __init__(self, api: Api, *, on_limit: Callable[[float], None], say: Callable[[str], None]) -> None:
        self.limit_a = USUAL_A
        self.taken = trio.Event()
        """Somebody has the slider."""
        self._api, self._on_limit, self._say = api, on_limit, say
        self._turned = trio.Event()
        self._heard_at = 0.0
        self._telling = False

    @property
    def by_hand(self) -> bool:
        """Somebody has the slider, and the plan is over."""
        return self.taken.is_set()

    async def run(self, plan: Plan) -> None:
        """Keep the box informed until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_telling)
            began_s = trio.current_time()
            for at_s, limit_a in plan.limits:
                await trio.sleep_until(began_s + at_s)
                if not self.by_hand:
                    self._want(limit_a)

    def slide(self, limit_a: float) -> None:
        """Somebody turns the slider: amperes per phase, from 0 to the main fuse. Where it was is a turn, too."""
        self.taken.set()
        wanted_a = min(max(limit_a, 0.0), MOST_A)
        if wanted_a == self.limit_a:
            self._say(f"EMS: {PANEL} stays at {wanted_a:g} A per phase")
        self._want(wanted_a)

    def seen(self, picture: Json) -> None:
        """The box says what holds. A newer word than ours is somebody else's, and holds."""
        for word in () if self._telling else picture.get("external", ()):  # while we tell, the newest may be our own
            if word["source"] == EMS_NAME and word["node"] == f"panel:{PANEL}" and word["heard_at"] > self._heard_at:
                amps = word["limit_a"]
                self._heard_at = word["heard_at"]
                self.taken.set()
                if amps is not None and None not in amps:
                    self._say(f"somebody else limits {PANEL} to {max(amps):g} A")
                    self.limit_a = max(amps)
                    self._on_limit(self.limit_a)

    def ways(self) -> list[str]:
        """How to do the same from another terminal."""
        body = f'{{"source": "{EMS_NAME}", "limit_a": 40, "expires_in_s": 60}}'
        where, header = f"{self._api.url}/api/v1/limits/{PANEL}", f"Authorization: Bearer {self._api.token}"
        words = f"--amps 40 --socket {self._api.socket}"  # short, so that no terminal breaks it, and without a token
        return [f"curl -X PUT -H '{header}' {where} -d '{body}'", f"{program()} limit set {PANEL} {words}"]

    def _want(self, limit_a: float) -> None:
        if limit_a != self.limit_a:
            self.limit_a = limit_a
            self._turned.set()

    async def _keep_telling(self) -> None:
        while True:
            self._turned = trio.Event()
            wait_s = RENEW_S if await self._tell(self.limit_a) else AGAIN_S
            with trio.move_on_after(wait_s):
                await self._turned.wait()

    async def _tell(self, limit_a: float) -> bool:
        body = {"source": EMS_NAME, "limit_a": limit_a, "expires_in_s": HOLDS_S}
        self._telling = True
        try:
            told = await self._api.limit(PANEL, body)
        except NoAnswer as why:
            self._say(f"EMS: {why}")
            return False
        finally:
            self._telling = False
        self._heard_at = max([self._heard_at, *(word["heard_at"] for word in told["external"])])
        self._on_limit(limit_a)
        return True


def program() -> str:
    """How this program is called from another terminal in the same folder: by its path where no shell would find it."""
    beside = Path(sys.executable).with_name("localctl")
    return "localctl" if shutil.which("localctl") or not beside.exists() else os.path.relpath(beside)
