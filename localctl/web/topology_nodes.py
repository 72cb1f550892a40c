"""One panel, one station, one load of the drawing: cards with bars whose every length is also a figure.

A panel's bar is as long as its fuse. In it, from the outside in: the limit for charging, what is given out, what is
measured; hatched beside the limit is what others draw. A station's bar is as long as its EVSE's rating, and holds its
share and what its car draws.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final

from localctl.charging.showing.picture_text import place, source, why
from localctl.charging.showing.picture_words import Language, number
from localctl.web.figures import amps, per_phase, watts
from localctl.web.svg import along, cut, link, rect, words
from localctl.web.texts import known, text, word

Json = Mapping[str, Any]
HEAD_H: Final = 50
BAR_H: Final = 14
LINE_H: Final = 38
"""A bar with its figures above it."""
COLUMNS_FROM: Final = 640
"""From this width on a panel's three phases are side by side."""
EVSE_H: Final = 46
MOST_EVSES: Final = 3
NOTICED_A: Final = 0.05
STRAY_A: Final = 1.0
"""So much flows nowhere by itself."""
SMALLEST: Final = 129
"""Units beside each other on a card of the narrowest drawing."""
CAR: Final = "M1 8V5.6l2-.6L5 1.6h6l2.6 3.2 2.4.8V8h-1.4a2 2 0 0 1-4 0H6.4a2 2 0 0 1-4 0z"


def panel_height(panel: Json, width: float) -> float:
    """How high a panel's card is."""
    phases = len(panel["phases"])
    return HEAD_H + (LINE_H if width >= COLUMNS_FROM else LINE_H * phases) + 10


def panel_card(
    panel: Json, number: int, x: float, y: float, width: float, lang: Language, falling: Container[str] = ()
) -> str:
    """A panel with a bar for each of its phases; on those that are `falling` an overdraft is no alarm."""
    parts = [
        rect(x, y, width, panel_height(panel, width), "card", 10),
        words(x + 14, y + 23, place(f"panel:{panel['id']}", lang), "big", room=width - 150),
        words(x + width - 14, y + 23, _fuse(panel, lang), "soft", anchor="end"),
        words(x + 14, y + 41, _about(panel, lang), "soft", room=width - 28),
    ]
    side_by_side, lines = width >= COLUMNS_FROM, list(panel["phases"].items())
    step = (width - 28 + 22) / max(1, len(lines))
    for index, (phase, line) in enumerate(lines):
        at_x = x + 14 + (index * step if side_by_side else 0)
        at_y = y + HEAD_H + (0 if side_by_side else index * LINE_H)
        bar = _look(line, calm=phase in falling)
        parts.extend(_phase(phase, line, at_x, at_y, step - 22 if side_by_side else width - 28, lang, bar))
    return link(f"p-{number}", f"panel-{number}", _panel_label(panel, lang), "".join(parts))


def _fuse(panel: Json, lang: Language) -> str:
    return text(lang, "site.fuse", amps=per_phase(lang, [line["fuse_a"] for line in panel["phases"].values()]))


def _about(panel: Json, lang: Language) -> str:
    """Who limits the panel, what others draw there, and its watts, in one line."""
    lines = list(panel["phases"].items())
    sources = {line["source"] for _, line in lines}
    each = [f"{phase} {source(line['source'], lang)}" for phase, line in lines]
    named = source(sources.pop(), lang) if len(sources) == 1 else ", ".join(each)
    parts = [text(lang, "site.by", source=named) + _reserve(panel, lang)]
    states = {line["state"] for _, line in lines} - {"live"}
    if states:
        parts = [parts[0] + " ▲ " + ", ".join(sorted(word(lang, "state", state) for state in states))]
    others = [line["other_a"] for _, line in lines]
    if any(others):
        how = known(lang, lines[0][1]["other"])
        parts.append(text(lang, "site.others", amps=per_phase(lang, others), how=how))
    if panel["power"] is not None:
        power = panel["power"]
        given, limit = watts(lang, power["allocated_w"]), watts(lang, power["net_w"])
        parts.insert(0, text(lang, "site.power", given=given, limit=limit))
    return " · ".join(parts)


def _reserve(panel: Json, lang: Language) -> str:
    """What is kept back of a limit, where the limit is not one for charging alone."""
    lines = panel["phases"].values()
    kept = [line["reserve_a"] for line in lines if line["reserve_a"] and line["limit_a"] != line["net_a"]]
    return " " + text(lang, "site.reserve", amps=amps(lang, kept[0])) if kept else ""


def _look(line: Json, *, calm: bool) -> tuple[str, str, float | None]:
    """How a phase's figures are written: their words, their look, and what is given out, reserved or still allowed."""
    if line["over_a"]:
        words = ("site.bar_falling", "value strong") if calm else ("site.bar_over", "bad strong")
        return (*words, line["entitled_a"])
    if line["net_a"] is not None and (line["allocated_a"] or 0.0) > line["net_a"] + NOTICED_A:
        return "site.bar_reserved", "warn strong", line["allocated_a"]
    return "site.bar", "value", line["allocated_a"]


def _phase(
    phase: str, line: Json, x: float, y: float, width: float, lang: Language, bar: tuple[str, str, float | None]
) -> Iterator[str]:
    fuse_a, net_a = line["fuse_a"] or 0.0, line["net_a"]
    top, limit = y + 16, along(net_a, fuse_a, width)
    key, look, given = bar
    figures = text(
        lang,
        key,
        measured=amps(lang, line["measured_a"], unit=False),
        given=amps(lang, given, unit=False),
        limit=amps(lang, net_a),
    )
    yield words(x, y + 10, phase, "name")
    yield words(x + width, y + 10, figures, look, room=width - 24, anchor="end")
    yield rect(x, top, width, BAR_H, "track", 4)
    if net_a is not None and line["limit_a"] is not None:
        yield rect(x + limit, top, along(line["limit_a"], fuse_a, width) - limit, BAR_H, "others", 0)
    yield rect(x, top, limit, BAR_H, "limit", 4)
    yield rect(x, top + 2, along(line["allocated_a"], fuse_a, width), BAR_H - 4, "given", 3)
    yield rect(x, top + 5, along(line["measured_a"], fuse_a, width), BAR_H - 10, "flow", 2)
    if net_a is not None:
        yield rect(x + max(0.0, limit - 2), top - 3, 2, BAR_H + 6, "mark")


def _panel_label(panel: Json, lang: Language) -> str:
    lines = [
        f"{phase}: "
        + text(
            lang,
            "site.bar",
            measured=amps(lang, line["measured_a"]),
            given=amps(lang, line["allocated_a"]),
            limit=amps(lang, line["net_a"]),
        )
        for phase, line in panel["phases"].items()
    ]
    return ". ".join([place(f"panel:{panel['id']}", lang), *lines, _about(panel, lang)])


def station_height(station: Json) -> float:
    """How high a station's card is."""
    count = len(station["evses"])
    return 32 + EVSE_H * min(count, MOST_EVSES) + (16 if count > MOST_EVSES else 0)


def station_card(station: Json, number: int, x: float, y: float, width: float, lang: Language) -> str:
    """A station with a bar for each of its EVSEs."""
    state = link_state(station)
    parts = [
        rect(x, y, width, station_height(station), "card" if state == "up" else "card away", 10),
        _lamp(x + 15, y + 16, state),
        words(x + 27, y + 21, station["identity"], "name", room=width - 36 - (0 if state == "up" else 62)),
    ]
    if state != "up":
        parts.append(words(x + width - 12, y + 21, text(lang, f"site.{state}"), "warn value", room=76, anchor="end"))
    several = len(station["evses"]) > 1
    for index, evse in enumerate(station["evses"][:MOST_EVSES]):
        parts.extend(_evse(evse, x + 12, y + 30 + index * EVSE_H, width - 24, lang, named=several))
    more = len(station["evses"]) - MOST_EVSES
    if more > 0:
        parts.append(words(x + 12, y + station_height(station) - 8, text(lang, "site.more_evses", count=more), "soft"))
    return link(f"t-{number}", f"why-{number}", _station_label(station, lang), "".join(parts))


def link_state(station: Json) -> str:
    """`up`, `away`, or `unaccepted` by its CSMS."""
    return "away" if not station["online"] else "up" if station["accepted"] else "unaccepted"


def _lamp(x: float, y: float, state: str) -> str:
    """Filled, hollow or half: the shape tells it, not the colour alone."""
    if state == "up":
        return f'<circle class="lamp-up" cx="{x:g}" cy="{y:g}" r="5"/>'
    half = f'<path class="lamp-half" d="M{x:g} {y - 5:g}a5 5 0 0 1 0 10z"/>' if state == "unaccepted" else ""
    return f'<circle class="lamp-away" cx="{x:g}" cy="{y:g}" r="4.5"/>{half}'


def _evse(evse: Json, x: float, y: float, width: float, lang: Language, *, named: bool) -> Iterator[str]:
    drawn, share_a, rating_a = drawn_a(evse), evse["share_a"], evse["rating_a"]
    indent = 0
    if named:
        yield words(x, y + 12, str(evse["id"]), "soft")
        indent = 14
    if evse["transaction"] is not None:
        yield f'<path class="car" d="{CAR}" transform="translate({x + indent:g} {y + 3:g})"/>'
    figures = amps(lang, share_a) if drawn is None else f"{amps(lang, drawn, unit=False)} / {amps(lang, share_a)}"
    yield words(x + width, y + 12, figures, "value strong", anchor="end")
    yield rect(x, y + 18, width, 8, "track", 3)
    yield rect(x, y + 18, along(share_a, rating_a, width), 8, "given", 3)
    yield rect(x, y + 20.5, along(drawn, rating_a, width), 3, "flow", 1.5)
    look = "bad value" if evse["distrusted"] else "soft small"
    yield words(x, y + 39, short_why(evse, lang), look, room=width)


def drawn_a(evse: Json) -> float | None:
    """The most that flows on one of the EVSE's conductors; None where no meter tells."""
    measured = evse["measured_a"]
    return max(measured.values(), default=None) if measured else None


def short_why(evse: Json, lang: Language) -> str:
    """Why, in the few words a card has room for; the limit's node and source first."""
    if evse["distrusted"]:
        return text(lang, "disobeys")
    binding = evse["binding"]
    if evse["reason"] == "squeezed" and evse["in_the_way"]:
        return _taken(evse["in_the_way"], binding, lang)
    if evse["transaction"] is None and (drawn_a(evse) or 0.0) >= STRAY_A:
        return text(lang, "short.stray")
    if evse["reason"] == "row" and binding is not None:
        where = binding["node"].partition(":")[2]
        return text(lang, "short.row", limit=f"{source(binding['source'], lang)}, {where} {binding['phase']}")
    return text(lang, "short.row", limit="") if evse["reason"] == "row" else word(lang, "short", evse["reason"])


def _taken(takers: Iterable[Json], binding: Json | None, lang: Language) -> str:
    """Who takes the room, the most first, as far as the card has room for it."""
    most = max(takers, key=lambda taker: float(taker["load"]))
    watts_ = binding is not None and binding["unit"] == "W"
    load = watts(lang, most["load"]) if watts_ else number(lang, most["load"], "A", 0 if most["load"] % 1 == 0 else 1)
    if most["count"] > 1:
        return text(lang, "short.taken_by", count=most["count"], amps=load)
    named = text(lang, "short.taken", name=most["stations"][0], amps=load)
    return named if cut(named, SMALLEST) == named else text(lang, "short.taken", name="1", amps=load)


def _station_label(station: Json, lang: Language) -> str:
    parts = [f"{station['identity']}: {word(lang, 'station', _LINK_WORDS[link_state(station)])}"]
    for evse in station["evses"]:
        drawn = drawn_a(evse)
        draws = text(lang, "unknown") if drawn is None else amps(lang, drawn)
        parts.append(
            f"{evse['id']}: {text(lang, 'station.share')} {amps(lang, evse['share_a'])}, "
            f"{text(lang, 'station.draws')} {draws}, {why(evse, lang)}"
        )
    return ". ".join(parts)


_LINK_WORDS: Final = {"up": "connected", "away": "away", "unaccepted": "unaccepted"}


def load_card(load: Json, x: float, y: float, width: float, height: float, lang: Language) -> str:
    """A consumer that is not ours to control, and what it is taken to draw."""
    figures = per_phase(lang, load["current_a"])
    return "".join(
        (
            rect(x, y, width, height, "card load", 10),
            words(x + 12, y + 21, load["name"], "name", room=width - 24),
            words(x + 12, y + 42, figures, "value strong", room=width - 24),
            words(x + 12, y + 60, known(lang, load["known"]), "soft small", room=width - 24),
        )
    )
