"""An independent judge of allocations: its own reading of the tree, and linear programs solved by HiGHS.

It shares nothing with the product but the values that describe the site.
"""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

CONDUCTOR = {"R": 0, "S": 1, "T": 2}


def matrix(topology, demands):
    """One line per panel and phase over the cars, and the fuses: plain sums, unknown rotation on every phase."""
    lines, fuses = [], []
    for name, panel in topology.panels.items():
        for phase in range(3):
            if panel.fuse_a[phase] is None:
                continue
            lines.append([float(_loads(topology, demand, name, phase)) for demand in demands])
            fuses.append(panel.fuse_a[phase])
    return np.array(lines), np.array(fuses)


def _loads(topology, demand, panel, phase):
    station = topology.stations[demand.evse[0]]
    here = station.panel
    while here is not None and here != panel:
        here = topology.panels[here].parent
    if here is None:
        return False
    if station.phase_rotation == "unknown":
        return True
    used = demand.phases or station.evses[0].phases
    return phase in {CONDUCTOR[station.phase_rotation[number - 1]] for number in used}


def most_fair(topology, demands):
    """The lexicographic max-min of amperes per weight between minima and maxima, by a sequence of linear programs."""
    lines, fuses = matrix(topology, demands)
    weights = np.array([demand.weight for demand in demands])
    low = np.array([demand.min_a for demand in demands])
    high = np.array([demand.max_a for demand in demands])
    fixed: dict[int, float] = {}
    while len(fixed) < len(demands):
        level = _best_level(lines, fuses, weights, low, high, fixed)
        floor = np.array([fixed.get(i, max(low[i], weights[i] * level)) for i in range(len(demands))])
        stuck = {}
        for car in set(range(len(demands))) - set(fixed):
            most = _most(lines, fuses, np.minimum(floor, high), high, fixed, car)
            if most <= max(low[car], weights[car] * level) + 1e-7:
                stuck[car] = most
        assert stuck, "the linear programs disagree with themselves"
        fixed.update(stuck)
    return [fixed[car] for car in range(len(demands))]


def _best_level(lines, fuses, weights, low, high, fixed):
    """Maximise t with x_i >= w_i t for cars not fixed yet (cars whose minimum is above it satisfy that anyway)."""
    count = len(weights)
    free = [car for car in range(count) if car not in fixed]
    below = np.zeros((len(free), count + 1))
    for number, car in enumerate(free):
        below[number, car], below[number, count] = -1.0, weights[car]
    upper = np.vstack([np.hstack([lines, np.zeros((len(lines), 1))]), below])
    bounds = [(fixed[i], fixed[i]) if i in fixed else (low[i], high[i]) for i in range(count)]
    answer = linprog(
        [*np.zeros(count), -1.0],
        A_ub=upper,
        b_ub=[*(fuses + 1e-9), *np.zeros(len(free))],
        bounds=[*bounds, (0.0, None)],
        method="highs",
    )
    assert answer.status == 0, answer.message
    return answer.x[count]


def _most(lines, fuses, floor, high, fixed, car):
    goal = np.zeros(len(high))
    goal[car] = -1.0
    bounds = [(fixed[i], fixed[i]) if i in fixed else (floor[i] - 1e-9, high[i]) for i in range(len(high))]
    answer = linprog(goal, A_ub=lines, b_ub=fuses + 1e-8, bounds=bounds, method="highs")
    assert answer.status == 0, answer.message
    return answer.x[car]


def most_cars(topology, demands):
    """How many cars can run at their minimum at most (mixed-integer program)."""
    lines, fuses = matrix(topology, demands)
    minima = np.array([demand.min_a for demand in demands])
    answer = milp(
        -np.ones(len(demands)),
        constraints=LinearConstraint(lines * minima, -np.inf, fuses + 1e-9),
        integrality=np.ones(len(demands)),
        bounds=Bounds(0, 1),
    )
    return round(-answer.fun)
