"""The few marks the page draws with: rectangles, lines and texts whose words are escaped and cut to fit.

Looks are classes of the style sheet, so that light and dark need no second drawing; nothing has a style of its own,
which the page's content security policy would forbid.
"""

from html import escape
from typing import Final

WIDE: Final = {"name": 7.9, "big": 8.6}
USUAL: Final = 6.1
"""Units a letter takes, by class of text: a cautious mean, there is no font to ask here."""


def rect(x: float, y: float, width: float, height: float, look: str, rx: float = 0) -> str:
    """A rectangle; one without a length is left out."""
    if width <= 0 or height <= 0:
        return ""
    return f'<rect class="{look}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{rx:g}"/>'


def words(x: float, y: float, text: str, look: str, *, room: float | None = None, anchor: str = "start") -> str:
    """A line of text; cut with an ellipsis where it is wider than `room`."""
    shown = text if room is None else cut(text, room, look)
    end = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{look}" x="{x:g}" y="{y:g}"{end}>{escape(shown)}</text>'


def cut(text: str, room: float, look: str = "") -> str:
    """As much of the text as fits into so many units."""
    most = max(1, int(room / WIDE.get(look, USUAL)))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def wire(*points: tuple[float, float]) -> str:
    """A conductor along these points."""
    path = " L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="wire" d="M{path}"/>'


def link(identifier: str, target: str, label: str, inside: str) -> str:
    """What can be touched, clicked and reached with the keyboard, with its meaning in words."""
    return (
        f'<a class="node" id="{identifier}" href="#{target}" aria-label="{escape(label, quote=True)}">{inside}</a>'
    )


def along(value: float | None, whole: float, length: float) -> float:
    """How long a bar of that value is where `whole` is `length` long."""
    if value is None or value <= 0 or whole <= 0:
        return 0.0
    return round(length * min(1.0, value / whole), 1)
