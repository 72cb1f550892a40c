"""Random sites and cars for the charging tests, and a few by hand."""

import random

from hypothesis import strategies as st

from localctl.charging.allocation.allocator import Allocation, allocate
from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.allocation.allocator_turns import Policy, Turn
from localctl.charging.limiting.limits_effective import Capacities, effective
from localctl.charging.tree.rows import Network, compile_rows
from localctl.charging.tree.topology import Evse, Panel, Site, Station, Topology
from localctl.charging.tree.topology_check import build

ROTATIONS = ("RST", "STR", "TRS", "RTS", "unknown")
EAGER = Policy(min_on_s=0.0, min_off_s=0.0, dead_band_a=0.0)


def panel(name, parent=None, amps=100.0, **more):
    """A panel with the same fuse on all phases, or the fuses given as a tuple."""
    return Panel(id=name, parent=parent, fuse_a=amps if isinstance(amps, tuple) else (amps, amps, amps), **more)


def station(name, on="main", phases=(1, 2, 3), rotation="RST", **more):
    """A station with one EVSE."""
    evse = more.pop("evse", Evse(id=1, phases=phases))
    return Station(identity=name, panel=on, evses=(evse,), phase_rotation=rotation, **more)


def tree(*things, loads=(), groups=(), voltage_v=230.0) -> Topology:
    """A checked site of panels and stations."""
    panels = [thing for thing in things if isinstance(thing, Panel)]
    stations = [thing for thing in things if isinstance(thing, Station)]
    topology, problems = build(Site(nominal_voltage_v=voltage_v), panels, stations, loads, groups)
    assert topology is not None, problems
    return topology


def limits(network: Network, sources=(), others=None) -> Capacities:
    """The limits at instant 0."""
    return effective(network, sources, others or {}, 0.0, 3600.0).at(0.0)


def share_out(topology: Topology, *demands: Demand, turns=None, now=0.0, policy=EAGER) -> Allocation:
    """Allocate on a site with nothing but its fuses."""
    network = compile_rows(topology)
    return allocate(network, limits(network), demands, turns or {}, now, policy)


def asks(name, **more) -> Demand:
    """A car at EVSE 1 of a station."""
    return Demand(evse=(name, 1), **more)


@st.composite
def trees(draw, most=14, single_only=False, rotations=ROTATIONS):
    """A random tree of up to three levels of panels, short of current here and there, with up to `most` EVSEs."""
    chance: random.Random = draw(st.randoms(use_true_random=False))
    count = draw(st.integers(1, most))
    panels = [panel("p0", None, _fuses(chance, count))]
    for number in range(draw(st.integers(0, 5))):
        panels.append(panel(f"p{number + 1}", chance.choice(panels).id, _fuses(chance, count / 2)))
    stations = []
    for number in range(count):
        single = single_only or chance.random() < 0.5
        rotation = chance.choice("RST") if single else chance.choice(rotations)
        evse = Evse(id=1, phases=(1,) if single else (1, 2, 3))
        stations.append(station(f"s{number:02}", chance.choice(panels).id, rotation=rotation, evse=evse))
    return tree(*panels, *stations)


def _fuses(chance: random.Random, count: float):
    return tuple(round(chance.uniform(4.0, 26.0) * max(1.0, count / 2), 1) for _ in range(3))


@st.composite
def crowds(draw, topology: Topology, classes=1, minima=(6.0,)):
    """A car at each EVSE: minimum, maximum, weight and class at random."""
    chance: random.Random = draw(st.randoms(use_true_random=False))
    demands = []
    for evse in topology.evses:
        min_a = chance.choice(minima)
        most = (10.0, 16.0, 32.0, round(chance.uniform(8.0, 32.0), 2), min_a, min_a + 1.3)
        phases = chance.choice((None, (1,), (1, 2))) if len(topology.evse(evse).phases) == 3 else None
        demands.append(
            Demand(
                evse=evse,
                min_a=min_a,
                max_a=chance.choice(most),
                weight=chance.choice((1.0, 1.0, 2.0, 0.7, 1.1)),
                priority=chance.randrange(classes),
                phases=phases,
            )
        )
    return demands


def kept_waiting(amps=0.0, **more) -> Turn:
    """A turn of a car that waits since instant 0 unless said otherwise."""
    return Turn(**{"running": amps > 0, "since": 0.0, "amps": amps, "counted_at": 0.0, **more})
