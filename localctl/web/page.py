"""The landing page: what this is, how it is, and where the figures are. No script, no other host.

It asks for itself again every few seconds, so whoever leaves it open sees the site as it is.
"""

from datetime import UTC, datetime
from html import escape

from localctl.observe.snapshot import Snapshot, StationView
from localctl.web.page_charging import STYLE as CHARGING_STYLE
from localctl.web.page_charging import render_charging

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fbfbf9; --line: #d5d8dc; --soft: #5d6875; --good: #17663a;
  --bad: #a3261b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --paper: #14181d; --line: #343b44; --soft: #9aa4b0;
  --good: #63c98f; --bad: #ff8d7e; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h1 small { font-weight: 400; color: var(--soft); }
.up { color: var(--good); } .down { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); } .scroll { overflow-x: auto; } a { color: inherit; }
"""
REFRESH_S = 5
LINKS = (
    ("/metrics", "metrics for Prometheus"),
    ("/-/healthy", "healthy: the HTTP port works"),
    ("/-/ready", "ready: stations may be sent here"),
    ("/api/v1/state", "state as JSON"),
)
SITE_LINK = ("/api/v1/site", "limits, shares and reasons as JSON")


def render_page(snapshot: Snapshot) -> str:
    """The whole page as HTML. Everything that came from a peer or a file is escaped."""
    title = f"localctl {snapshot.site}".strip()
    links = (*LINKS, SITE_LINK) if snapshot.charging else LINKS
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH_S}">
<title>{escape(title)}</title><style>{STYLE}{CHARGING_STYLE}</style></head><body>
<h1>{escape(title)} <small>{escape(snapshot.version)}</small></h1>
<p>{_state(snapshot)}</p>
{render_charging(snapshot.charging)}<h2>Connections</h2>
<div class="scroll"><table><caption hidden>Charging Stations</caption>
<thead><tr><th>Charging Station</th><th>station side</th><th>CSMS side</th><th>version</th><th>registration</th>
<th>since</th><th>last loss</th></tr></thead>
<tbody>{"".join(map(_row, snapshot.stations)) or '<tr><td colspan="7">No station has been here yet.</td></tr>'}</tbody>
</table></div>
<p>{" · ".join(f'<a href="{path}" title="{escape(what)}">{path}</a>' for path, what in links)}</p>
</body></html>
"""


def _state(snapshot: Snapshot) -> str:
    up = sum(station.connected for station in snapshot.stations)
    reasons = "".join(f"<br>{escape(reason)}" for reason in snapshot.reasons)
    return f"<strong>{snapshot.state.value}</strong>, {up} of {len(snapshot.stations)} stations connected{reasons}"


def _row(station: StationView) -> str:
    cells = (
        escape(station.identity),
        _mark(station.connected),
        _mark(station.upstream_connected),
        escape(station.subprotocol or "–"),
        escape(station.registration),
        datetime.fromtimestamp(station.since_at, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        escape(station.last_loss or "–"),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _mark(up: bool) -> str:
    """Colour and word: colour alone tells nothing to many readers."""
    return '<span class="up">● up</span>' if up else '<span class="down">○ away</span>'
