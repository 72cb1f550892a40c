"""The site drawn as one SVG: a tree of panels with three phase bars each, light or dark as the reader prefers.

A bar is as long as the phase's fuse. Filled is what is allocated, the thin line what was measured, the mark the limit
now in force. Without numbers the bars stay empty and only the fuses are told. No script, no font, nothing to fetch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from localctl.charging.base.phases import PHASES, PerPhase
from localctl.charging.tree.topology import Path, Topology
from localctl.charging.tree.topology_render import Item, outline

WIDTH, INDENT, LEFT, TOP = 900, 26, 16, 16
PANEL_H, ROW_H, GAP = 62, 26, 8
BAR_X, BAR_W, BAR_H = 500, 190, 9
NOTHING: PerPhase = (None, None, None)

STYLE = """
  svg { font: 13px system-ui, sans-serif; --ink: #1c2430; --soft: #5b6675; --card: #ffffff; --line: #c5ccd6;
    --track: #e6eaf0; --fill: #2f7d5b; --over: #c0392b; --mark: #1c2430; --page: #f6f8fa; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --soft: #9aa7b5; --card: #1a212b; --line: #3a4553; --track: #2b3441; --fill: #4fb286;
      --over: #ff7b6b; --mark: #e6edf3; --page: #0f141a; }
  }
  .page { fill: var(--page); } .card { fill: var(--card); stroke: var(--line); }
  .wire { fill: none; stroke: var(--line); stroke-width: 1.5; }
  .name { fill: var(--ink); font-weight: 600; } .soft { fill: var(--soft); font-size: 12px; }
  .value { fill: var(--ink); font-size: 11px; } .track { fill: var(--track); } .fill { fill: var(--fill); }
  .over { fill: var(--over); } .measured { stroke: var(--mark); stroke-width: 1.5; }
  .limit { fill: var(--mark); }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What to show at a node, in amperes per phase; None where nothing is known, which is not 0."""

    allocated_a: PerPhase = NOTHING
    measured_a: PerPhase = NOTHING
    limit_a: PerPhase = NOTHING


def as_svg(topology: Topology, numbers: Mapping[Path, Numbers] | None = None, *, unplaced: Iterable[str] = ()) -> str:
    """The whole site as an SVG document. `numbers` are by path: ("panel", id) or ("station", identity)."""
    shown, places, body, y = numbers or {}, dict[Path, tuple[int, int]](), list[str](), TOP
    for item in outline(topology, unplaced):
        height = PANEL_H if item.path[0] == "panel" else ROW_H
        x = LEFT + item.depth * INDENT
        places[item.path] = (x, y + height)
        if item.parent is not None:
            body.append(_wire(places[item.parent], x, y + height // 2))
        known = shown.get(item.path, Numbers())
        body.append(_panel(topology, item, x, y, known) if item.path[0] == "panel" else _leaf(item, x, y, known))
        y += height + GAP
    height = y - GAP + TOP
    label = escape(f"Site: {len(topology.panels)} panels, {len(topology.stations)} stations", quote=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    page = f'<rect class="page" width="{WIDTH}" height="{height}" rx="8"/>'
    inside = "\n".join([f"<title>{label}</title>", f"<style>{STYLE}</style>", page, *body])
    return f'{head} role="img" aria-label="{label}">\n{inside}\n</svg>\n'


def _wire(parent: tuple[int, int], x: int, y: int) -> str:
    start_x, start_y = parent[0] + INDENT // 2, parent[1]
    return f'<path class="wire" d="M{start_x} {start_y} V{y} H{x}"/>'


def _panel(topology: Topology, item: Item, x: int, y: int, numbers: Numbers) -> str:
    fuses = topology.panels[item.path[1]].fuse_a
    parts = [
        f'<rect class="card" x="{x}" y="{y}" width="{WIDTH - LEFT - x}" height="{PANEL_H}" rx="6"/>',
        f'<text class="name" x="{x + 12}" y="{y + 24}">{_short(item.name, 40)}</text>',
        f'<text class="soft" x="{x + 12}" y="{y + 44}">{_short(item.detail, 60 - item.depth * 4)}</text>',
    ]
    present = [phase for phase in range(3) if fuses[phase] is not None]
    top = (PANEL_H - 16 * len(present)) // 2 + 3
    for line, phase in enumerate(present):
        parts.append(_bar(phase, fuses[phase] or 0.0, y + top + line * 16, numbers))
    return "\n".join(parts)


def _bar(phase: int, fuse_a: float, y: int, numbers: Numbers) -> str:
    """One phase: track, filled part, measured line, limit mark, and the figures in words."""
    allocated, measured, limit = numbers.allocated_a[phase], numbers.measured_a[phase], numbers.limit_a[phase]
    ceiling = fuse_a if limit is None else min(fuse_a, limit)
    parts = [
        f'<text class="soft" x="{BAR_X - 24}" y="{y + 9}">{PHASES[phase]}</text>',
        f'<rect class="track" x="{BAR_X}" y="{y}" width="{BAR_W}" height="{BAR_H}" rx="3"/>',
    ]
    if allocated is not None:
        kind = "over" if allocated > ceiling + 0.05 else "fill"
        width = _along(allocated, fuse_a)
        parts.append(f'<rect class="{kind}" x="{BAR_X}" y="{y}" width="{width}" height="{BAR_H}" rx="3"/>')
    if measured is not None:
        at = BAR_X + _along(measured, fuse_a)
        parts.append(f'<line class="measured" x1="{at}" y1="{y - 2}" x2="{at}" y2="{y + BAR_H + 2}"/>')
    if limit is not None:
        at = BAR_X + _along(limit, fuse_a)
        parts.append(f'<path class="limit" d="M{at} {y} l-4 -4 h8 z"/>')
    parts.append(
        f'<text class="value" x="{BAR_X + BAR_W + 10}" y="{y + 9}">{_figures(allocated, measured, ceiling)}</text>'
    )
    return "\n".join(parts)


def _along(amps: float, fuse_a: float) -> float:
    return round(BAR_W * min(1.0, max(0.0, amps / fuse_a)), 1) if fuse_a > 0 else 0.0


def _figures(allocated: float | None, measured: float | None, ceiling: float) -> str:
    words = f"{ceiling:g} A" if allocated is None else f"{allocated:.1f} of {ceiling:g} A"
    return words if measured is None else f"{words}, {measured:.1f} A now"


def _leaf(item: Item, x: int, y: int, numbers: Numbers) -> str:
    """A station or a load: one line, with its own amperes where they are known."""
    words = escape(_cut(item.name, 30))
    detail = escape(_cut(item.detail, 64 - item.depth * 4))
    parts = [
        f'<rect class="card" x="{x}" y="{y}" width="{WIDTH - LEFT - x}" height="{ROW_H}" rx="13"/>',
        f'<text x="{x + 14}" y="{y + 17}"><tspan class="name">{words}</tspan>'
        f'<tspan class="soft" dx="10">{detail}</tspan></text>',
    ]
    known = [
        (label, max(values))
        for label, values in (("", _known(numbers.allocated_a)), (" now", _known(numbers.measured_a)))
        if values
    ]
    if known:
        text = ", ".join(f"{amps:.1f} A{label}" for label, amps in known)
        parts.append(f'<text class="value" x="{BAR_X + BAR_W + 10}" y="{y + 17}">{text}</text>')
    return "\n".join(parts)


def _known(per_phase: PerPhase) -> list[float]:
    return [amps for amps in per_phase if amps is not None]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _short(text: str, most: int) -> str:
    return escape(_cut(text, most))
