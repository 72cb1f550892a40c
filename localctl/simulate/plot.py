"""Small plots as inline SVG: steps over the day, no library, colours from the page's style (light and dark)."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Final

WIDTH: Final = 760
HEIGHT: Final = 180
LEFT: Final = 44
BOTTOM: Final = 22
TOP: Final = 8
TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line: its name, its style class, and a value per bucket (infinity: a gap)."""

    name: str
    style: str
    values: Sequence[float]


def steps_plot(curves: Sequence[Curve], *, bucket_h: float, start_h: float, unit: str, title: str) -> str:
    """An SVG of step curves over the hours of a day, from zero to the highest finite value."""
    most = max((value for curve in curves for value in curve.values if isfinite(value)), default=1.0) or 1.0
    top = nice(most)
    count = max((1, *(len(curve.values) for curve in curves)))
    hours = count * bucket_h
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        *(_level(top * number / TICKS, top, unit) for number in range(TICKS + 1)),
        *(_hour(hour, hours, start_h) for hour in _hours(hours)),
        *(_path(curve, count, top) for curve in curves),
        "</svg>",
    ]
    return "".join(parts)


def legend(curves: Sequence[Curve]) -> str:
    """The names of the curves, each in its colour."""
    keys = "".join(f'<span class="{escape(curve.style)}">{escape(curve.name)}</span>' for curve in curves)
    return f'<p class="legend">{keys}</p>'


def nice(most: float) -> float:
    """The next round number, for the top of an axis."""
    power = 1.0
    while power * 10 <= most:
        power *= 10
    while power > most:
        power /= 10
    return next(power * factor for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if power * factor >= most - 1e-9)


def _hours(hours: float) -> list[float]:
    step = next((step for step in (0.25, 0.5, 1, 2, 3, 6, 12, 24) if hours / step <= 12), 48)
    return [number * step for number in range(int(hours / step) + 1)]


def _x(part: float) -> float:
    return LEFT + part * (WIDTH - LEFT - 8)


def _y(part: float) -> float:
    return TOP + (1 - part) * (HEIGHT - TOP - BOTTOM)


def _level(value: float, top: float, unit: str) -> str:
    y = _y(value / top)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}{escape(unit) if value == top else ""}</text>'
    )


def _hour(hour: float, hours: float, start_h: float) -> str:
    clock = (start_h + hour) % 24
    words = f"{int(clock):02}:{round(clock % 1 * 60):02}"
    return f'<text x="{_x(hour / hours):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{words}</text>'


def _path(curve: Curve, count: int, top: float) -> str:
    path, pen = [], "M"
    for number, value in enumerate(curve.values):
        if not isfinite(value):
            pen = "M"
            continue
        y = _y(min(1.0, value / top))
        path.append(f"{pen}{_x(number / count):.1f} {y:.1f}H{_x((number + 1) / count):.1f}")
        pen = "L"
    return f'<path class="{escape(curve.style)}" d="{"".join(path)}"/>' if path else ""
