"""Fault-ridden days: small sites with tight fuses, and everything that can go wrong, drawn from one seed.

    config = site(seed); scenario = bad_day(config, seed)

Every site passes `localctl check`: its failsafe currents fit its fuses, and that is nearly all it has to promise.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

import msgspec

from localctl.config.load import parse
from localctl.config.model import Config
from localctl.plan_site import check_topology
from localctl.simulate.scenario import Arrival, Fault, FaultKind, Habit, Installed, Limit, Outage, Profile, Scenario
from localctl.simulate.site import ROTATIONS
from localctl.simulate.station import Meter
from localctl.simulate.workday import VERSIONS, car

START: Final = datetime(2026, 6, 1, 15)
SETTLING_S: Final = 180.0
"""Stations meet their controller before the first car comes: what it never wrote to has no limit yet."""
INSANE_S: Final = (-3600.0, 7200.0, -86_400.0 * 365 * 30)
HEAD: Final = """
[[listen]]
address = "127.0.0.1"
port = 8180
security_profile = 1
[[csms]]
name = "simulated"
url = "ws://csms.example"
[site]
time_zone = "Europe/Berlin"
[charging]
reaction_s = 5
clock_skew_s = 30
min_on_s = 300
min_off_s = 60
"""


class BadSite(Exception):
    """The drawn site does not pass the check; the text lists why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    """One station to be."""

    identity: str
    panel: int
    rotation: str
    evses: tuple[tuple[int, int], ...]
    """Phases and amperes of each EVSE."""
    control: str


def site(seed: int) -> Config:
    """A site of six to ten EVSEs. Raises `BadSite`, which is a mistake here."""
    rng = random.Random(f"site {seed}")
    rows = rng.randint(1, 3)
    posts = [_post(rng, number, rows) for number in range(rng.randint(5, 8))]
    return _read(HEAD + _panels(rng, posts, rows) + "".join(_station(post) for post in posts) + _sources(rng))


def bad_day(config: Config, seed: int, hours: float = 1.5) -> Scenario:
    """What happens there on its worst day."""
    rng = random.Random(f"bad day {seed}")
    until_s = hours * 3600
    return Scenario(
        start=START,
        hours=hours,
        arrival=tuple(_arrivals(config, rng, until_s)),
        limit=tuple(_limits(config, rng, until_s)),
        profile=tuple(_profiles(config, rng, until_s)),
        csms_outage=tuple(Outage(at=_when(rng, until_s), for_s=rng.uniform(30, 900)) for _ in range(rng.randint(0, 2))),
        habit=(habits := tuple(_habits(config, rng))),
        fault=tuple(_faults(config, rng, until_s)),
        installed=tuple(_installed(config, habits, random.Random(f"installed {seed}"))),
    )


def _post(rng: random.Random, number: int, rows: int) -> _Post:
    rotation = rng.choice((*ROTATIONS[:5], "unknown"))
    evses = tuple((rng.choice((1, 3, 3, 3)), rng.choice((16, 32))) for _ in range(rng.choice((1, 1, 2))))
    controls = ("auto", "max_profile", "tx_profile", "tx_default", "uncontrolled")
    control = rng.choices(controls, (57, 13, 13, 13, 4))[0]
    return _Post(
        identity=f"ST-{number + 1}", panel=rng.randrange(rows), rotation=rotation, evses=evses, control=control
    )


def _panels(rng: random.Random, posts: list[_Post], rows: int) -> str:
    """Fuses that just fit the failsafe currents, plus some room: tight is where mistakes show."""
    safe = [0.0] * rows
    for post in posts:
        safe[post.panel] += sum(float(amps) if post.control == "uncontrolled" else 6.0 for _, amps in post.evses)
    base = rng.choice((0, 5, 10))
    main = sum(safe) + base + rng.uniform(0.1, 1.0) * 16 * len(posts)
    text = f'[[panel]]\nid = "main"\nfuse_a = {main:.0f}\n'
    if rng.random() < 0.3:
        text += f'schedule = [{{ start = "15:40", end = "16:20", limit_a = {sum(safe) + base + 2:.0f} }}]\n'
    if base:
        text += f'[[load]]\nname = "house"\npanel = "main"\ncurrent_a = {base}\n'
    for row in range(rows):
        fuse_a = safe[row] + rng.choice((rng.uniform(2, 15), rng.uniform(15, 70)))
        text += f'[[panel]]\nid = "row-{row}"\nparent = "main"\nfuse_a = {max(6, fuse_a):.0f}\n'
    return text


def _station(post: _Post) -> str:
    rows = [f"{{ id = {n}, phases = {phases}, max_a = {amps} }}" for n, (phases, amps) in enumerate(post.evses, 1)]
    evses = ", ".join(rows)
    return (
        f'[[station]]\nidentity = "{post.identity}"\npanel = "row-{post.panel}"\nphase_rotation = "{post.rotation}"\n'
        f'control = "{post.control}"\nevses = [{evses}]\n'
    )


def _sources(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return ""
    fallback = f"fallback_a = {{ main = {rng.randint(20, 60)} }}\n" if rng.random() < 0.5 else ""
    return f'[[limit_source]]\nname = "ems"\nstale_after_s = {rng.choice((120, 300, 900))}\n{fallback}'


def _read(text: str) -> Config:
    loaded = check_topology(parse(text.encode(), file="simulated", folder=Path(), environ={}))
    if loaded.config is None:
        raise BadSite("; ".join(str(msgspec.to_builtins(problem.what)) for problem in loaded.errors))
    return loaded.config


def _arrivals(config: Config, rng: random.Random, until_s: float) -> Iterator[Arrival]:
    for station in config.station:
        for evse in station.evses:
            at_s = SETTLING_S + rng.uniform(0, 0.4) * until_s
            while at_s < until_s - 300:
                stay_s = rng.uniform(300, 5400)
                made = car(rng)
                yield Arrival(
                    at=round(at_s, 1), station=station.identity, evse=evse.id, stay_h=stay_s / 3600,
                    phases=int(made["phases"]), max_a=made["max_a"], battery_kwh=made["battery_kwh"],
                    soc=made["soc"], target_soc=made["target_soc"],
                )  # fmt: skip
                at_s += stay_s + rng.uniform(10, 600)


def _limits(config: Config, rng: random.Random, until_s: float) -> Iterator[Limit]:
    """An EMS that changes its mind, takes limits back, lets them end, and falls silent for a while."""
    for source in config.limit_source:
        at_s = rng.uniform(10, 600)
        while at_s < until_s:
            panel = rng.choice(config.panel)
            if rng.random() < 0.15:
                yield Limit(at=at_s, source=source.name, panel=panel.id, withdraw=True)
            else:
                amps = round(panel.fuse_a[0] * rng.uniform(0.2, 1.0), 1)
                for_s = rng.choice((60.0, 300.0, 900.0))
                yield Limit(at=at_s, source=source.name, panel=panel.id, limit_a=amps, for_s=for_s)
            at_s += rng.choice((rng.uniform(5, 60), rng.uniform(100, 400), rng.uniform(900, 1800)))


def _profiles(config: Config, rng: random.Random, until_s: float) -> Iterator[Profile]:
    """A CSMS that does smart charging of its own."""
    for number in range(rng.choice((0, 2, 4))):
        station = rng.choice(config.station)
        at_s = _when(rng, until_s)
        whole = rng.random() < 0.5
        for clear, moment_s in ((False, at_s), (True, at_s + rng.uniform(60, 1200))):
            yield Profile(
                at=moment_s, station=station.identity, id=500 + number, stack_level=rng.randint(0, 3),
                evse=0 if whole else station.evses[0].id,
                purpose="ChargingStationMaxProfile" if whole else "TxDefaultProfile",
                limit_a=float(rng.choice((0, 6, 8, 10, 16, 20))), for_s=rng.choice((None, 600)), clear=clear,
            )  # fmt: skip


def _installed(config: Config, habits: tuple[Habit, ...], rng: random.Random) -> Iterator[Installed]:
    """What a CSMS set before the box came, above our levels and below; 1.6 stations could not tell of it."""
    asked = {habit.station for habit in habits if habit.version != "ocpp1.6"}
    for station in config.station:
        whole = rng.random() < 0.5
        if station.identity in asked and rng.random() < 0.4:
            yield Installed(
                station=station.identity, evse=0 if whole or rng.random() < 0.5 else station.evses[0].id,
                purpose="ChargingStationMaxProfile" if whole else "TxDefaultProfile",
                stack_level=rng.randint(0, 5), limit_a=float(rng.choice((6, 10, 20, 63))),
            )  # fmt: skip


def _habits(config: Config, rng: random.Random) -> Iterator[Habit]:
    """Versions mixed; most clocks a little wrong, a few insane; now and then a liar, or a meter that says nothing."""
    liar = rng.choice(config.station).identity if rng.random() < 0.25 else None
    for station in config.station:
        off_s = rng.uniform(-25, 25) if rng.random() < 0.93 else rng.choice(INSANE_S)
        meter = rng.choices((Meter.HONEST, Meter.ABSENT, Meter.LYING), (85, 8, 7))[0]
        yield Habit(
            station=station.identity,
            version=rng.choice(VERSIONS),
            obedient=station.identity != liar,
            meter=meter,
            clock_off_s=round(off_s, 1),
        )


def _faults(config: Config, rng: random.Random, until_s: float) -> Iterator[Fault]:
    kinds = [kind for kind in get_args(FaultKind) if kind != "power_cut"]
    for _ in range(rng.randint(8, 20)):
        kind = rng.choice(kinds)
        station = None if rng.random() < 0.15 and kind != "offline" else rng.choice(config.station).identity
        short = kind == "box_dies" or rng.random() < 0.5
        for_s = rng.uniform(10, 120) if short else rng.uniform(200, 1200)
        yield Fault(at=_when(rng, until_s), kind=kind, station=station, for_s=round(for_s, 1))


def _when(rng: random.Random, until_s: float) -> float:
    return round(rng.uniform(SETTLING_S, until_s), 1)
