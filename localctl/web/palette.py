"""The page's colours, light and dark, as data: the style sheet is made of it and a test computes its contrast.

WCAG AA: text has 4.5 : 1 against what is behind it, parts of a drawing have 3 : 1 against what they touch. `TEXT` and
`SHAPES` name the pairs that meet on the page.
"""

from typing import Final

LIGHT: Final = {
    "paper": "#f4f6f8",
    "card": "#ffffff",
    "ink": "#17202b",
    "soft": "#4c5866",
    "line": "#d5dbe2",
    "edge": "#7b8896",
    "link": "#0b57a4",
    "good": "#12633a",
    "warn": "#8a4b00",
    "bad": "#b3261e",
    "track": "#eef1f5",
    "limit": "#d3e2f4",
    "given": "#3f7fc8",
    "flow": "#0a2746",
    "tint": "#fff4df",
}
DARK: Final = {
    "paper": "#0f141a",
    "card": "#171e27",
    "ink": "#e7ecf1",
    "soft": "#a9b4c0",
    "line": "#303b48",
    "edge": "#74828f",
    "link": "#84bdfa",
    "good": "#74d39e",
    "warn": "#f3b65c",
    "bad": "#ff9a8f",
    "track": "#222c37",
    "limit": "#27405c",
    "given": "#4a8fdb",
    "flow": "#ffffff",
    "tint": "#30271a",
}
TEXT: Final = [
    (text, behind)
    for text in ("ink", "soft", "link", "good", "warn", "bad")
    for behind in ("paper", "card", "track", "tint")
]
"""(text, what is behind it)."""
SHAPES: Final = [
    ("given", "card"),
    ("given", "limit"),
    ("given", "track"),
    ("flow", "given"),
    ("flow", "limit"),
    ("flow", "card"),
    ("edge", "card"),
    ("edge", "paper"),
    ("link", "card"),
    ("warn", "card"),
]
"""(part of a drawing, what it touches); `link` is also the ring around what has the keyboard."""


def style_sheet() -> str:
    """Both palettes as CSS variables: the reader's choice first, else what the device prefers."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        f":root[data-theme=light] {{ color-scheme: light; {light} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark; {dark} }}\n"
    )


def contrast(one: str, other: str) -> float:
    """How far two colours (`#rrggbb`) are apart, 1 to 21, by WCAG 2."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _variables(palette: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in palette.items())


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
