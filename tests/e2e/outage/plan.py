"""What is to go wrong in a run, drawn from its seed: the same number, the same faults at the same times."""

import random
from dataclasses import dataclass, field

CHAOS_S = 4.5
"""So long faults happen."""
VERSIONS = ("ocpp2.0.1", "ocpp1.6", "ocpp2.1")
BOUNDARIES = 90
"""Frame boundaries of a station's life that get their turn to be cut at."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: when, what, for how long."""

    at_s: float
    kind: str
    for_s: float = 0.0


@dataclass
class Plan:
    """One run."""

    seed: int
    stations: dict = field(default_factory=dict)
    """Identity to OCPP version."""
    cuts: dict = field(default_factory=dict)
    """Identity to the frame boundaries at which its line is cut."""
    faults: list = field(default_factory=list)
    fuse_a: float = 0.0
    passwords: bool = False
    boot_again: bool = False
    habits: tuple = ()
    """Of the CSMS, see there."""
    call_timeout_s: float = 1.5
    replay_per_s: float = 200.0
    grace_s: float = 0.0
    handshake: str = "mirror"
    disk_s: float = 0.0
    """So much longer a commit may take."""
    killed_at_rest: bool = False
    """The box is killed once more after everything has settled, while cars are charging."""
    accidents: dict = field(default_factory=dict)
    """(identity, frame boundary) at which the box is killed, to the seconds until it is started again."""


LASTING = {
    "csms killed": (0.1, 1.5),
    "csms frozen": (0.5, 2.6),
    "csms frozen, then killed": (0.8, 2.2),
    "csms refuses with 503": (0.5, 1.5),
    "csms slow": (0.8, 2.0),
    "csms answers errors": (0.8, 2.0),
    "csms answers late": (0.8, 2.0),
    "csms answers twice": (0.8, 2.0),
    "csms cuts all lines": (0.0, 0.0),
    "csms dies at a frame": (0.0, 1.0),
    "box killed": (0.0, 0.5),
    "box frozen": (0.2, 1.2),
}
"""Kinds of faults and how long they last, in seconds."""
HABITS = {"naive": 0.5, "strict": 0.25, "hesitant": 0.2}
"""Habits of the CSMS and how often it has them."""
GONE = ("csms killed", "csms frozen", "csms frozen, then killed", "csms refuses with 503")


def plan_of(seed):
    """The plan of this seed. Every run has an outage of the CSMS, a kill of the box and cut lines."""
    dice = random.Random(seed)
    plan = Plan(seed)
    for number in range(dice.randint(4, 6)):
        identity = f"S{number}"
        plan.stations[identity] = VERSIONS[(seed + number) % len(VERSIONS)]
        boundary = (seed + number // len(VERSIONS) * BOUNDARIES // 2) % BOUNDARIES
        plan.cuts[identity] = {boundary, dice.randrange(BOUNDARIES)}
    outage = Fault(dice.uniform(0.6, 1.8), GONE[seed % len(GONE)], dice.uniform(0.8, 2.4))
    # Half of the kills hit a box whose CSMS is away or has just come back.
    moment = dice.uniform(0.3, CHAOS_S) if dice.random() < 0.5 else outage.at_s + dice.uniform(0.1, outage.for_s + 0.6)
    plan.faults = [outage, Fault(moment, "box killed", dice.uniform(0.0, 0.5))]
    for _ in range(dice.randint(1, 3)):
        kind = dice.choice(list(LASTING))
        plan.faults.append(Fault(dice.uniform(0.2, CHAOS_S), kind, dice.uniform(*LASTING[kind])))
    plan.faults.sort(key=lambda fault: fault.at_s)
    plan.fuse_a = float(6 * len(plan.stations) + dice.choice((6, 14, 26)))
    plan.passwords = dice.random() < 0.5
    plan.boot_again = dice.random() < 0.3
    plan.habits = tuple(habit for habit, odds in HABITS.items() if dice.random() < odds)
    plan.replay_per_s = dice.choice((20.0, 60.0, 200.0))
    plan.grace_s = dice.choice((0.0, 0.0, 0.4))
    plan.disk_s = dice.choice((0.0, 0.02, 0.15))
    plan.handshake = dice.choice(("mirror", "mirror", "early"))
    plan.killed_at_rest = dice.random() < 0.5
    for identity in dice.sample(sorted(plan.stations), 2):
        plan.accidents[identity, dice.randrange(BOUNDARIES)] = dice.uniform(0.0, 0.4)
    return plan
