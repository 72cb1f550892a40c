"""What the page shows of the site, worked out of one snapshot for one reader: rows of words and figures, to be set.

Templates only put these into place and escape them. What the page shows of the box itself is in `view_box`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from localctl.charging.showing.picture_text import explain, limit, place, source, span, when, why
from localctl.charging.showing.picture_words import Language, say
from localctl.observe.snapshot import Snapshot, StationView
from localctl.web.figures import amps, drawn, per_phase, watts
from localctl.web.settling import falls
from localctl.web.texts import age, known, text, word
from localctl.web.topology_nodes import link_state

Json = Mapping[str, Any]
Row = dict[str, Any]
NOTICED_A: Final = 1.0
"""Less than this between what is given out and what was sent is no question to anybody."""
OF_A_LIMIT: Final = ("limit_a", "net_a", "source", "state", "since", "until", "next_source", "next_a")
"""What a phase's limit is and comes from."""


def panel_rows(shown: Json, lang: Language, *, starting: bool = False) -> Iterator[Row]:
    """Every panel with a line per phase, and one for its watts. `starting`: an overdraft is no alarm (`settling`)."""
    for index, panel in enumerate(shown.get("panels", ())):
        lines = [
            _phase(phase, line, "a", lang, calm=falls(line, shown["at"], starting=starting))
            for phase, line in panel["phases"].items()
        ]
        if (power := panel["power"]) is not None:
            calm = falls(power, shown["at"], starting=starting)
            lines.append(_phase(text(lang, "limits.power"), power, "w", lang, calm=calm))
        sentences = [one for alike in _alike(panel["phases"]) for one in _reasons(panel["id"], alike, lang)]
        name = place(f"panel:{panel['id']}", lang)
        yield {"number": index, "name": name, "lines": lines, "sentences": sentences}


def _alike(phases: Json) -> list[dict[str, Json]]:
    """The phases in groups: those that have the same limit for the same reason are told about together."""
    groups: dict[tuple[object, ...], dict[str, Json]] = {}
    for name, line in phases.items():
        groups.setdefault(tuple(line[key] for key in OF_A_LIMIT), {})[name] = line
    return list(groups.values())


def _reasons(panel: str, alike: dict[str, Json], lang: Language) -> Iterator[str]:
    """Why these phases of a panel have their limit, in the sentences of an EVSE's."""
    phase, line = ", ".join(alike), next(iter(alike.values()))
    found = {
        "node": f"panel:{panel}", "phase": phase, "unit": "A", "net": line["net_a"], "gross": line["limit_a"],
        "source": line["source"], "state": line["state"],
    }  # fmt: skip
    given = say(lang, "evse.given", load=per_phase(lang, [one["allocated_a"] or 0.0 for one in alike.values()]))
    yield say(lang, "evse.limit", limit=limit(found, lang), span=span(line, lang), given=given)
    if line["reserve_a"] and line["net_a"] != line["limit_a"]:
        gross, others, reserve = (amps(lang, line[key]) for key in ("limit_a", "other_a", "reserve_a"))
        yield text(lang, "panel.less", phase=phase, gross=gross, others=others, reserve=reserve)
    if line["next_source"] is not None:
        following = source(line["next_source"], lang)
        yield text(lang, "panel.next", phase=phase, limit=amps(lang, line["next_a"]), source=following)
    measured = per_phase(lang, [one["measured_a"] for one in alike.values()])
    entitled = per_phase(lang, [one["entitled_a"] for one in alike.values()])
    yield text(lang, "panel.flow", phase=phase, measured=measured, entitled=entitled)
    if any((one["allocated_a"] or 0.0) > (one["entitled_a"] or 0.0) + NOTICED_A for one in alike.values()):
        yield text(lang, "panel.beyond", phase=phase)


def _phase(name: str, line: Json, unit: str, lang: Language, *, calm: bool) -> Row:
    figure = amps if unit == "a" else watts
    following, over = line["next_source"], line[f"over_{unit}"]
    return {
        "phase": name,
        "limit": figure(lang, line[f"net_{unit}"]),
        "given": figure(lang, line[f"allocated_{unit}"]),
        "measured": figure(lang, line[f"measured_{unit}"]),
        "others": "–" if unit == "w" else _others(line, lang),
        "by": source(line["source"], lang),
        "state": line["state"],
        "fresh": word(lang, "fresh", line["state"]),
        "span": span(line, lang),
        "next": "–" if following is None else f"{figure(lang, line[f'next_{unit}'])}, {source(following, lang)}",
        "calm": calm,
        "over": "" if not over else text(lang, "site.falling" if calm else "site.over", amps=figure(lang, over)),
    }


def _others(line: Json, lang: Language) -> str:
    others = f"{amps(lang, line['other_a'])} ({known(lang, line['other'])})"
    reserve_a = line["reserve_a"]
    return text(lang, "limits.reserve", others=others, reserve=amps(lang, reserve_a)) if reserve_a else others


def station_rows(snapshot: Snapshot, lang: Language) -> Iterator[Row]:
    """Every station under control, in the picture's order, with its connection and its sentences."""
    links = {view.identity.casefold(): view for view in snapshot.stations}
    stations: Any = snapshot.charging.get("stations", ())
    for index, station in enumerate(stations):
        sentences = explain(station, lang=lang)
        sentences.append(text(lang, "station.writes", count=station["writes"]["last_day"]))
        if station["overruled"]:
            sentences.append(text(lang, "station.overruled"))
        state = link_state(station)
        view = links.get(station["identity"].casefold())
        yield {
            "number": index,
            "identity": station["identity"],
            "panel": station["panel"],
            "state": state,
            "link": text(lang, "up") if state == "up" else text(lang, f"site.{state}"),
            "evses": [_evse(evse, lang) for evse in station["evses"]],
            "sentences": sentences,
            "connection": None if view is None else connection(view, lang),
        }


def _evse(evse: Json, lang: Language) -> Row:
    return {
        "id": evse["id"],
        "car": evse["transaction"] is not None,
        "share": amps(lang, evse["share_a"]),
        "draws": drawn(lang, evse["measured_a"], text(lang, "unknown")),
        "why": why(evse, lang),
        "distrusted": evse["distrusted"],
    }


def connection(view: StationView, lang: Language) -> Row:
    """How a station is connected, leg by leg."""
    return {
        "identity": view.identity,
        "station": text(lang, "up" if view.connected else "away"),
        "upstream": text(lang, "up" if view.upstream_connected else "away"),
        "connected": view.connected,
        "upstream_connected": view.upstream_connected,
        "version": view.subprotocol or "–",
        "registration": word(lang, "registration", _registration(view)),
        "since": when(view.since_at, lang=lang),
        "loss": "–" if view.last_loss is None else word(lang, "cause", view.last_loss.replace(" ", "_")),
    }


def _registration(view: StationView) -> str:
    """A station that comes back need not boot: what its CSMS said before still holds, and is not said again (B01)."""
    return "kept" if view.registration == "Unknown" and view.upstream_connected else view.registration


def unplaced(snapshot: Snapshot, lang: Language) -> list[Row]:
    """Stations that are on no panel: all of them on a box that only routes."""
    shown: Any = snapshot.charging
    placed = {
        one["identity"].casefold() for name in ("stations", "adopted") for one in shown.get(name, ())
    }
    return [connection(view, lang) for view in snapshot.stations if view.identity.casefold() not in placed]


def adopted_rows(snapshot: Snapshot, lang: Language) -> list[Row]:
    """Stations that were let in without being in the configuration."""
    shown: Any = snapshot.charging
    return [
        {
            "identity": one["identity"],
            "online": one["online"],
            "link": text(lang, "up" if one["online"] else "away"),
            "version": one["protocol"],
            "share": amps(lang, one["share_a"]),
            "most": amps(lang, one["entitled_a"]),
            "distrusted": one["distrusted"],
        }
        for one in shown.get("adopted", ())
    ]


def source_rows(snapshot: Snapshot, lang: Language) -> Iterator[Row]:
    """Who says what about the site and how fresh that is: EMS and grid, CSMSs, meters."""
    shown: Any = snapshot.charging
    now = snapshot.taken_at
    for one in shown.get("external", ()):
        said = per_phase(lang, one["limit_a"]) if one["limit_a"] is not None else watts(lang, one["limit_w"])
        yield {
            "source": one["source"],
            "kind": word(lang, "kind", one["kind"]),
            "node": place(one["node"], lang),
            "value": said,
            "state": one["state"],
            "fresh": word(lang, "fresh", one["state"]),
            "heard": _ago(one["heard_at"], now, lang),
            "until": when(one["until"], lang=lang),
        }
    for load in shown.get("loads", ()):
        live = load["metered"] and load["known"].startswith("meter") and "worst case" not in load["known"]
        state = "ended" if not load["metered"] else "live" if live else "stale"
        yield {
            "source": load["name"],
            "kind": text(lang, "sources.meter" if load["metered"] else "sources.reserved"),
            "node": place(f"panel:{load['panel']}", lang),
            "value": per_phase(lang, load["current_a"]),
            "state": state,
            "fresh": known(lang, load["known"]) if state == "ended" else text(lang, f"fresh.{state}"),
            "heard": _ago(load["read_at"], now, lang) if load["metered"] else "–",
            "until": "–",
        }
    if snapshot.stations:
        yield _csms_row(snapshot, lang)


def _csms_row(snapshot: Snapshot, lang: Language) -> Row:
    here = [view for view in snapshot.stations if view.upstream_connected]
    return {
        "source": "CSMS",
        "kind": text(lang, "kind.CSO"),
        "node": text(lang, "sources.csms"),
        "value": text(lang, "of", some=len(here), all=len(snapshot.stations)),
        "state": "live" if here else "stale",
        "fresh": "● " + text(lang, "up") if here else "▲ " + text(lang, "away"),
        "heard": "–",
        "until": "–",
    }


def _ago(instant: float | None, now: float, lang: Language) -> str:
    if instant is None:
        return text(lang, "sources.never")
    return text(lang, "sources.ago", age=age(lang, max(0.0, now - instant)))
