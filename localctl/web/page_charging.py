"""The charging part of the landing page: panels with their limits as bars, stations with their share and the why (P5).

Made of the picture in the snapshot, which is plain JSON: the same figures and sentences as in API, CLI and metrics.
Every bar has its figures beside it, because a length alone tells nothing to many readers.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from localctl.charging.showing.picture_text import limit, when, why

Json = Mapping[str, Any]

STYLE = """
h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; } h2 small { font-weight: 400; color: var(--soft); }
.bar { position: relative; width: 14rem; height: 1rem; background: var(--line); border-radius: 2px; overflow: hidden; }
.bar i { position: absolute; left: 0; top: 0; bottom: 0; background: var(--soft); opacity: .55; }
.bar b { position: absolute; left: 0; top: 30%; bottom: 30%; background: var(--ink); }
td.why { font-size: .875rem; } .amps { white-space: nowrap; }
"""
MOST_STATIONS = 300
"""So many stations are listed; a larger site is read through the API and Grafana."""


def render_charging(shown: Json) -> str:
    """The sections as HTML; nothing on a pure router, a sentence before the first cycle."""
    if not shown:
        return ""
    if shown.get("cycle_at") is None:
        return "<p>Charging: the first control cycle has not finished yet.</p>"
    parts = [_overdrafts(shown), *(map(_panel, shown["panels"])), _stations(shown), _external(shown)]
    return "".join(parts)


def _overdrafts(shown: Json) -> str:
    lines = [
        f'<br><span class="down">▲ {escape(panel["id"])} {escape(phase)}: stations may draw {line["over_a"]:.1f} A '
        f"more than the limit, since {when(line['over_since'])}: who has not confirmed less counts in full.</span>"
        for panel in shown["panels"]
        for phase, line in panel["phases"].items()
        if line["over_a"]
    ]
    return f"<p>Last control cycle: {when(shown['cycle_at'])}{''.join(lines)}</p>"


def _panel(panel: Json) -> str:
    below = f" <small>below {escape(panel['parent'])}</small>" if panel["parent"] is not None else ""
    rows = "".join(_phase(phase, line, "a") for phase, line in panel["phases"].items())
    if panel["power"] is not None:
        rows += _phase("power", panel["power"], "w")
    return f"""<h2>Panel {escape(panel["id"])}{below}</h2><div class="scroll"><table>
<thead><tr><th>phase</th><th>given out and measured</th><th>given out</th><th>measured</th><th>limit for charging</th>
<th>others draw</th><th>set by</th><th>until</th></tr></thead><tbody>{rows}</tbody></table></div>"""


def _phase(phase: str, line: Json, unit: str) -> str:
    net, given, measured = line[f"net_{unit}"], line[f"allocated_{unit}"], line[f"measured_{unit}"]
    source = line["source"] if line["state"] == "live" else f"{line['source']} ({line['state']}: fallback)"
    other = "–" if unit == "w" else f"{_value(line['other_a'], unit)} ({escape(line['other'])})"
    cells = (
        escape(phase),
        _bar(given, measured, net),
        _value(given, unit),
        _value(measured, unit),
        _value(net, unit),
        other,
        escape(source),
        when(line["until"]),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _bar(given: float | None, measured: float | None, limit_a: float | None) -> str:
    """What is given out as a wide bar, what is measured as a thin one in it, both against the limit."""
    wide, thin = (_percent(value, limit_a) for value in (given, measured))
    return f'<div class="bar"><i style="width:{wide}%"></i><b style="width:{thin}%"></b></div>'


def _percent(value: float | None, whole: float | None) -> int:
    if value is None or value <= 0:
        return 0
    return 100 if whole is None or value >= whole else round(100 * value / whole)


def _stations(shown: Json) -> str:
    rows = "".join(row for station in shown["stations"][:MOST_STATIONS] for row in _evses(station))
    more = len(shown["stations"]) - MOST_STATIONS
    rest = f"<p>… and {more} more: see <a href='/api/v1/site'>/api/v1/site</a>.</p>" if more > 0 else ""
    return f"""<h2>Shares</h2><div class="scroll"><table>
<thead><tr><th>EVSE</th><th>share</th><th>at most</th><th>draws</th><th>why</th><th>next would bind</th>
<th>falls back by itself</th></tr></thead>
<tbody>{rows or '<tr><td colspan="7">No station is under control.</td></tr>'}</tbody></table></div>{rest}"""


def _evses(station: Json) -> Iterator[str]:
    for evse in station["evses"]:
        reason = escape(why(evse))
        if evse["waiting"]:
            reason += f"; its turn: {'not known' if evse['turn_at'] is None else when(evse['turn_at'])}"
        if evse["distrusted"]:
            reason += '; <span class="down">▲ it draws more than it was told</span>'
        cells = (
            ("", escape(f"{station['identity']}/{evse['id']}")),
            ("amps", _value(evse["share_a"], "a")),
            ("amps", _value(evse["entitled_a"], "a")),
            ("amps", _drawn(evse["measured_a"])),
            ("why", reason),
            ("why", "–" if evse["next"] is None else escape(limit(evse["next"]))),
            ("why", when(evse["lease_until"])),
        )
        yield "<tr>" + "".join(f'<td class="{look}">{cell}</td>' for look, cell in cells) + "</tr>"


def _external(shown: Json) -> str:
    if not shown["external"]:
        return ""
    rows = "".join(_source(one) for one in shown["external"])
    return f"""<h2>Limits from outside</h2><div class="scroll"><table>
<thead><tr><th>source</th><th>node</th><th>state</th><th>last heard</th><th>until</th></tr></thead>
<tbody>{rows}</tbody></table></div>"""


def _source(one: Json) -> str:
    state = escape(one["state"])
    mark = f'<span class="up">● {state}</span>' if state == "live" else f'<span class="down">▲ {state}: fallback</span>'
    heard = "never" if one["heard_at"] is None else when(one["heard_at"], "%H:%M:%S UTC")
    cells = (escape(one["source"]), escape(one["node"]), mark, heard, when(one["until"]))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _drawn(measured: Mapping[str, float] | None) -> str:
    return "not known" if measured is None else " / ".join(f"{amps:.1f}" for amps in measured.values()) + " A"


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} A" if unit == "a" else f"{value / 1000:.1f} kW"
