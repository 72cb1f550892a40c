"""The site as one drawing: the grid feeds panels, panels feed panels and stations, each with its figures.

    draw(picture, "en", 1120)      wide: panels side by side, stations in rows of six
    draw(picture, "en", 360)       a phone: everything below each other, stations in pairs

Only what fits the given width is put side by side, so one station is as readable as two hundred: the drawing grows
downwards. Wires are drawn first and cards over them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from localctl.charging.showing.picture_words import Language
from localctl.web.settling import falls
from localctl.web.svg import wire, words
from localctl.web.texts import text
from localctl.web.topology_nodes import load_card, panel_card, panel_height, station_card, station_height

Json = Mapping[str, Any]
FEEDER_H: Final = 38
GAP: Final = 12
LOAD_H: Final = 78
COLUMN_W: Final = 470
"""A panel is at least so wide where panels stand side by side."""
HATCH: Final = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-back" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern></defs>'
)


def draw(shown: Json, lang: Language, width: int, *, starting: bool = False) -> str:
    """The whole site as an SVG element, `width` units wide; every word in it is escaped.

    `starting`: what stations may draw too much is no alarm yet (`settling`).
    """
    drawing = _Drawing(shown, lang, indent=18 if width < 500 else 28, starting=starting)
    y = 0.0
    for root in drawing.below.get(None, []):
        y = drawing.feeder(root, y, width) + GAP
    height = max(y, FEEDER_H)
    label = text(lang, "site.label", panels=len(shown["panels"]), stations=len(shown["stations"]))
    return (
        f'<svg class="site" viewBox="0 0 {width} {height:g}" role="group" aria-label="{label}" data-w="{width}">'
        f"{HATCH}{''.join(drawing.wires)}{''.join(drawing.cards)}</svg>"
    )


@dataclass(slots=True)
class _Drawing:
    shown: Json
    lang: Language
    indent: int
    starting: bool
    wires: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    below: dict[str | None, list[int]] = field(init=False)
    """The panels on each panel, as places in the picture's list."""

    def __post_init__(self) -> None:
        names = {panel["id"] for panel in self.shown["panels"]}
        self.below = {}
        for number, panel in enumerate(self.shown["panels"]):
            parent = panel["parent"] if panel["parent"] in names else None
            self.below.setdefault(parent, []).append(number)

    def feeder(self, root: int, y: float, width: float) -> float:
        """The grid and what it feeds; where it ends below."""
        middle = self.indent / 2 + 4
        self.wires.append(wire((middle, y + 14), (middle, y + FEEDER_H)))
        self.cards.append(
            f'<g class="feeder"><circle cx="{middle:g}" cy="{y + 14:g}" r="11"/>'
            f'<path d="M{middle - 6:g} {y + 14:g}q3 -7 6 0t6 0"/></g>'
        )
        self.cards.append(words(middle + 18, y + 19, text(self.lang, "site.feeder"), "soft"))
        return self.panel(root, 0, y + FEEDER_H, width)

    def panel(self, number: int, x: float, y: float, width: float) -> float:
        """A panel with all that hangs on it; where that ends below."""
        panel = self.shown["panels"][number]
        calm = {name for name, line in panel["phases"].items() if falls(line, self.shown["at"], starting=self.starting)}
        self.cards.append(panel_card(panel, number, x, y, width, self.lang, calm))
        top = y + panel_height(panel, width)
        spine, inner_x, inner_w = x + self.indent / 2, x + self.indent, width - self.indent
        bottom, last_tap = self._leaves(panel["id"], inner_x, top + GAP, inner_w, spine)
        children = self.below.get(panel["id"], [])
        if children:
            bottom, last_tap = self._children(children, inner_x, bottom + GAP, inner_w, spine)
        if last_tap is not None:
            self.wires.append(wire((spine, top), (spine, last_tap)))
        return bottom

    def _leaves(
        self, panel: str, x: float, y: float, width: float, spine: float
    ) -> tuple[float, float | None]:
        """Stations and loads in rows; where they end, and where the wire taps the last row."""
        stations = [(number, one) for number, one in enumerate(self.shown["stations"]) if one["panel"] == panel]
        loads = [one for one in self.shown["loads"] if one["panel"] == panel]
        columns = max(1, min(6, int((width + GAP) // 165)))
        tile = (width - GAP * (columns - 1)) / columns
        leaves: list[tuple[int, Json]] = [*stations, *((-1, load) for load in loads)]
        tap: float | None = None
        for start in range(0, len(leaves), columns):
            row = leaves[start : start + columns]
            height = max(LOAD_H if number < 0 else station_height(one) for number, one in row)
            tap = y + height / 2
            self.wires.append(wire((spine, tap), (x + (len(row) - 1) * (tile + GAP) + 4, tap)))
            for index, (number, one) in enumerate(row):
                at = x + index * (tile + GAP)
                if number < 0:
                    self.cards.append(load_card(one, at, y, tile, LOAD_H, self.lang))
                else:
                    self.cards.append(station_card(one, number, at, y, tile, self.lang))
            y += height + GAP
        return y - GAP, tap

    def _children(
        self, children: list[int], x: float, y: float, width: float, spine: float
    ) -> tuple[float, float]:
        """The panels below in columns, each on the shortest so far."""
        count = max(1, min(len(children), int((width + self.indent) // (COLUMN_W + self.indent))))
        column_w = (width - self.indent * (count - 1)) / count
        ends, bus = [y] * count, y - GAP / 2
        taps = [bus] * count
        for child in children:
            column = ends.index(min(ends))
            at = x + column * (column_w + self.indent)
            tap = ends[column] + 20
            side = at - self.indent / 2
            self.wires.append(wire((side, taps[column]), (side, tap), (at, tap)))
            taps[column] = tap
            ends[column] = self.panel(child, at, ends[column], column_w) + GAP
        if count > 1:
            self.wires.append(wire((spine, bus), (x + (count - 1) * (column_w + self.indent) - self.indent / 2, bus)))
        return max(ends) - GAP, taps[0]
