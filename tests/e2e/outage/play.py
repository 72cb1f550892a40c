"""One run: stations, a box and a CSMS, the faults of a plan, then quiet, then judgement."""

import asyncio
import contextlib
import json
import random
import shutil
import signal
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.e2e.outage.box import STATION_PORT, Box, Upper
from tests.e2e.outage.csms import POINTS
from tests.e2e.outage.judge import content, judge
from tests.e2e.outage.plan import CHAOS_S, Fault, plan_of
from tests.e2e.outage.station import Station
from tests.e2e.outage.waiting import eventually

SETTLE_S = 40.0
"""So long everything may take to settle once no fault is left. A limit, not a measurement."""
ORDERED_S = 4.0
"""So long a station waits for its first order before a car comes."""
TICK_S = 0.05
SLACK_A = 0.01
MODES = {
    "csms refuses with 503": {"refuse": True},
    "csms slow": {"slow_s": 0.25},
    "csms answers errors": {"error_p": 0.4},
    "csms answers late": {"late_p": 0.5, "late_s": 1.9},
    "csms answers twice": {"twice_p": 0.6},
}


@dataclass
class Result:
    """What came of one run; `story` is for people, when it went wrong."""

    seed: int
    faults: dict = field(default_factory=dict)
    cuts: list = field(default_factory=list)
    """Version and place of every cut of a station's line."""
    seen: int = 0
    told: int = 0
    repeats: int = 0
    own_calls: int = 0
    downward: int = 0
    wrong: dict = field(default_factory=dict)
    fuse_share: float = 0.0
    """The most that was ever drawn, over the fuse."""
    unordered: int = 0
    wall_s: float = 0.0
    story: list = field(default_factory=list)

    @property
    def good(self):
        """Nothing to complain of."""
        return not any(self.wrong.values())


class Run:
    """The parts of one run."""

    def __init__(self, seed, ip, folder, launchers):
        self.plan, self.folder = plan_of(seed), folder
        self.dice = random.Random(f"play {seed}")
        self.box = Box(launchers["box"], folder, ip, self.plan)
        self.upper = Upper(launchers["csms"], folder, ip, self.plan)
        self.began = time.time()
        self.mode, self.chaos, self.downward = {}, True, 0
        self.excess, self.most_a = [], 0.0
        self.injected, self.accidents = Counter(), []
        self.happened = []
        self._upper_turn, self._box_turn = asyncio.Lock(), asyncio.Lock()
        self._box_wanted = 0
        url = f"ws://{ip}:{STATION_PORT}"
        self.stations = {
            identity: Station(
                identity,
                version,
                url,
                random.Random(f"{seed} {identity}"),
                cuts=self.plan.cuts[identity],
                on_change=self.look_at_fuse,
                on_boundary=self.boundary,
            )
            for identity, version in self.plan.stations.items()
        }

    def note(self, what):
        """A line of the story."""
        self.happened.append(f"{time.time() - self.began:7.3f} {what}")

    # -- the fuse (P2)

    def look_at_fuse(self):
        """The sum of what cars take, at every change and every tick."""
        now = time.time()
        drawn = {name: one.drawn_a(now) for name, one in self.stations.items() if one.profiles.orders}
        total = sum(drawn.values())
        self.most_a = max(self.most_a, total)
        if total > self.plan.fuse_a + SLACK_A:
            self.excess.append(f"{now - self.began:.3f} s: {total:.1f} A behind {self.plan.fuse_a} A, {drawn}")

    async def watch(self):
        """Limits change by the clock, too."""
        while True:
            self.look_at_fuse()
            await asyncio.sleep(TICK_S)

    # -- what the stations live through

    async def cars(self, station):
        """Cars come and go while there is chaos; the last one stays."""
        dice = station.dice
        await eventually(lambda: station.profiles.orders, ORDERED_S)
        number, last_at = 0, self.began + dice.uniform(0.3, 1.0) * CHAOS_S
        while time.time() < last_at or number == 0:
            number += 1
            await self._one_car(station, f"TAG{station.identity}{number}", dice)
            await asyncio.sleep(dice.uniform(0.05, 0.4))
        transaction = station.begin(f"LAST{station.identity}")
        while self.chaos:
            await asyncio.sleep(dice.uniform(0.1, 0.4))
            station.update(transaction)

    async def _one_car(self, station, token, dice):
        if dice.random() < 0.3:
            station.soon(station.words.authorize(token))
        transaction = station.begin(token)
        for _ in range(dice.choice((1, 2, 3, 5, 12))):
            await asyncio.sleep(dice.uniform(0.05, 0.3))
            station.update(transaction)
            if dice.random() < 0.1:
                station.alarm()
        await asyncio.sleep(dice.uniform(0.02, 0.2))
        station.end(transaction)

    # -- faults

    async def suffer(self, fault):
        """Let one fault happen."""
        await asyncio.sleep(fault.at_s)
        if fault.kind.startswith("box"):
            self._box_wanted += 1
            await self._at_the_box(self._kill_box if fault.kind == "box killed" else self._freeze_box, fault)
        elif fault.kind in MODES:
            await self._misbehave(fault)
        else:
            async with self._upper_turn:
                await self._upper_fault(fault)

    def _begins(self, fault):
        self.injected[fault.kind] += 1
        self.note(f"{fault.kind} for {fault.for_s:.2f} s")

    def boundary(self, identity, number):
        """A station is between two frames: the box may be killed at this very moment."""
        down_s = self.plan.accidents.pop((identity, number), None)
        if down_s is None or not self.chaos or self._box_wanted:
            return
        self.box.signal(signal.SIGKILL)
        self._box_wanted += 1
        fault = Fault(0.0, "box killed between two frames", down_s)
        self.accidents.append(asyncio.ensure_future(self._at_the_box(self._kill_box, fault)))

    async def _at_the_box(self, happens, fault):
        """One fault at a time; whoever waits for its turn counts as well, a lock that changes hands is open a while."""
        try:
            async with self._box_turn:
                await happens(fault)
        finally:
            self._box_wanted -= 1

    async def _freeze_box(self, fault):
        self._begins(fault)
        with contextlib.suppress(ProcessLookupError):  # an accident of this very moment has killed it
            self.box.signal(signal.SIGSTOP)
            await asyncio.sleep(fault.for_s)
            self.box.signal(signal.SIGCONT)

    async def _kill_box(self, fault):
        self._begins(fault)
        await self.box.kill()
        await asyncio.sleep(fault.for_s)
        await self.box.start()
        await self.box.ready()
        self.note("box is there again")

    async def _misbehave(self, fault):
        change = MODES[fault.kind]
        async with self._upper_turn:
            self._begins(fault)
            self.mode |= change
            await self.upper.order(mode=self.mode)
            if fault.kind == "csms refuses with 503":
                await self.upper.order(cut=True)
        await asyncio.sleep(fault.for_s)
        async with self._upper_turn:
            self.mode = {key: value for key, value in self.mode.items() if key not in change}
            await self.upper.order(mode=self.mode)

    async def _upper_fault(self, fault):
        self._begins(fault)
        if fault.kind == "csms cuts all lines":
            await self.upper.order(cut=True)
            return
        if fault.kind == "csms dies at a frame":
            await self._die_at_a_frame()
        elif fault.kind == "csms killed":
            await self.upper.kill()
        else:
            self.upper.freeze()
        await asyncio.sleep(fault.for_s)
        if fault.kind == "csms frozen, then killed":
            await self.upper.kill()
        if "frozen" in fault.kind:
            self.upper.thaw()
        if not self.upper.is_alive():
            await self.upper.start()
            await self.upper.ready()
            await self.upper.order(mode=self.mode)
        self.note("csms is there again")

    async def _die_at_a_frame(self):
        dies = {"point": self.dice.choice(POINTS), "frames": self.dice.randrange(12)}
        await self.upper.order(mode=self.mode | {"dies": dies})
        self.note(f"csms to die {dies['point']} frame {dies['frames']}")
        if not await eventually(lambda: not self.upper.is_alive(), 1.5):
            await self.upper.kill()

    # -- the other direction

    async def orders_from_above(self):
        """While there is chaos, the CSMS limits transactions now and then, and asks whether all of them has come."""
        while self.chaos:
            await asyncio.sleep(self.dice.uniform(0.05, 0.3))
            async with self._upper_turn:
                for station in self.stations.values():
                    await self._wish(station)

    async def _wish(self, station):
        """What the CSMS wants of a station this time, if anything."""
        if self.dice.random() < 0.2:
            await self._order(station, lambda number: station.words.remote_profile(number, 6.0))
        elif station.words.version != "ocpp1.6" and station.transactions:
            await self._ask_status(station, self.dice.choice(station.transactions[-4:]))

    async def _ask_status(self, station, transaction):
        action, payload = station.words.status_of(transaction.name)
        await self.upper.order(call=station.identity, action=action, payload=payload)

    async def _order(self, station, words):
        """The id of a CALL about the running transaction; None when it could not go."""
        number = self._number_of(station)
        if number is None:
            return None
        action, payload = words(number)
        return (await self.upper.order(call=station.identity, action=action, payload=payload))["sent"]

    def _number_of(self, station):
        """How the CSMS calls the running transaction of a station."""
        running = next((one for one in station.transactions if one.running), None)
        if running is None or station.words.version != "ocpp1.6":
            return running and running.name
        mine = {content(one.action, one.body): one for one in station.said if one.transaction is running}
        return _last_number(self.upper.facts(), station.identity, mine)

    async def stop_all(self):
        """Everything is quiet: the CSMS limits and stops every transaction. What did not come down, in sentences."""
        trouble = await asyncio.gather(*(self._stop(station) for station in self.stations.values()))
        return [sentence for sentence in trouble if sentence]

    async def _stop(self, station):
        words = station.words
        for say in (lambda number: words.remote_profile(number, 6.0), words.remote_stop):
            if not await self._came_down(station, say):
                return f"{station.identity}: {say(0)[0]} of the CSMS about its transaction did not come"
            self.downward += 1
        return None

    async def _came_down(self, station, words):
        """Whether the station has answered; what went down on a line that is cut is asked again on the next one."""
        until, asked = time.monotonic() + SETTLE_S / 2, []

        def answered():
            # Any of them counts: the answer to an earlier one may come after the line was taken for another.
            return any(map(station.has_answered, asked))

        while not answered() and time.monotonic() < until:
            line = station.connections
            if sent := await self._order(station, words):
                asked.append(sent)
                await eventually(lambda: answered() or station.connections > line, SETTLE_S / 4)  # noqa: B023
            await asyncio.sleep(0.2)
        return answered()

    # -- the end

    async def settled(self):
        """Wait until every station is quiet and the CSMS has all; what is still open, in sentences."""
        await eventually(lambda: not self._open_ends(), SETTLE_S, every_s=0.1)
        return self._open_ends()

    def _open_ends(self):
        loud = [f"{name} still has something to say" for name, one in self.stations.items() if not one.is_quiet]
        if loud:
            return loud
        seen = defaultdict(set)
        for fact in self.upper.facts():
            if fact["way"] == "in":
                frame = json.loads(fact["text"])
                if frame[0] == 2:
                    seen[fact["id"]].add(content(frame[2], frame[3]))
        return [
            f"{name}: {said.action} {said.ids} has not come"
            for name, one in self.stations.items()
            for said in one.said
            if said.kind == "kept" and content(said.action, said.body) not in seen[name]
        ]

    def evidence(self):
        """What the stations wrote down, for the judge."""
        return {
            name: {
                "version": one.words.version,
                "frames": one.frames,
                "numbers": {transaction.name: transaction.number for transaction in one.transactions},
                "said": [
                    {
                        "action": said.action, "body": said.body, "kind": said.kind, "told": said.told, "ids": said.ids,
                        "told_at": said.told_at,
                        "seq": said.seq, "transaction": said.transaction.name if said.transaction else None,
                    }
                    for said in one.said
                ],
            }
            for name, one in self.stations.items()
        }  # fmt: skip

    async def play(self):
        """From the first start to the last answer; what is wrong besides the judge's findings."""
        await self.upper.start()
        await self.upper.ready()
        await self.box.start()
        await self.box.ready()
        self.began = time.time()
        lives = [asyncio.ensure_future(one.live()) for one in self.stations.values()]
        lives.append(asyncio.ensure_future(self.watch()))
        cars = [asyncio.ensure_future(self.cars(one)) for one in self.stations.values()]
        above = asyncio.ensure_future(self.orders_from_above())
        try:
            await asyncio.gather(asyncio.sleep(CHAOS_S), *(self.suffer(fault) for fault in self.plan.faults))
            self.chaos = False
            await asyncio.gather(*self.accidents)
            self.note("no more faults")
            await asyncio.gather(above, *cars)
            open_ends = await self.settled()
            self.note("settled" if not open_ends else "NOT settled")
            trouble = {"unsettled": open_ends}
            if not open_ends and self.plan.killed_at_rest:
                await self._kill_box(Fault(0.0, "box killed at rest"))
            if not open_ends:
                trouble["undelivered"] = await self.stop_all()
                trouble["unsettled"] = await self.settled()
            return trouble
        finally:
            await _end([*lives, *cars, above])

    async def close(self):
        """Nothing stays behind."""
        for process in (self.upper, self.box):
            if process.is_alive():
                await process.kill()


async def _end(tasks):
    """A task that was just handling a lost line may have missed that it is over."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=1.0)


def _last_number(facts, identity, mine):
    """The transactionId that the CSMS last had with any of these messages."""
    number, calls = None, {}
    for fact in facts:
        if fact["id"] != identity or fact["way"] not in ("in", "out"):
            continue
        frame = json.loads(fact["text"])
        if frame[0] == 2 and fact["way"] == "in" and content(frame[2], frame[3]) in mine:
            calls[fact["conn"], frame[1]] = frame[2]
            number = frame[3].get("transactionId", number)
        elif frame[0] == 3 and calls.get((fact["conn"], frame[1])) == "StartTransaction":
            number = frame[2]["transactionId"]
    return number


async def play(seed, ip, folder, launchers):
    """Play a seed in a folder of its own, which stays only if something is wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    run = Run(seed, ip, folder, launchers)
    trouble = {}
    try:
        trouble = await asyncio.wait_for(run.play(), 150)
    except Exception as why:  # whatever it is, it is this run's and no other's
        trouble = {"broken": [f"{type(why).__name__}: {why}"]}
    finally:
        with contextlib.suppress(OSError):
            await run.close()
    result = judged(run, trouble)
    result.wall_s = time.monotonic() - began
    if result.good:
        shutil.rmtree(folder)
    else:
        (folder / "stations.json").write_text(json.dumps(run.evidence(), indent=1))
    return result


def judged(run, trouble):
    """The judge's verdict on it, and the figures."""
    stations = run.evidence()
    verdict = judge(stations, run.upper.facts(), run.upper.frozen)
    wrong = {kind: found for kind, found in {**verdict.faults, **trouble, "overdrawn": run.excess}.items() if found}
    kept = [said for one in run.stations.values() for said in one.said if said.kind == "kept"]
    return Result(
        seed=run.plan.seed,
        faults=dict(run.injected),
        cuts=[[one.words.version, *cut] for one in run.stations.values() for cut in one.was_cut],
        seen=verdict.seen,
        told=sum(said.told for said in kept),
        repeats=verdict.repeats,
        own_calls=verdict.own_calls,
        downward=run.downward,
        wrong=wrong,
        fuse_share=run.most_a / run.plan.fuse_a,
        unordered=sum(not one.profiles.orders for one in run.stations.values()),
        story=[str(run.plan), *run.happened] if wrong else [],
    )
