"""Which node of the site a path means: a panel's id or a station's identity, with or without its kind in front."""

from localctl.charging.tree.topology import Path, Topology
from localctl.web.requests import Refused

MOST_NAMES = 50


def find_node(topology: Topology, text: str) -> Path:
    """The node, stations upper and lower case alike. Raises Refused: 404 naming what there is, 409 when two fit."""
    stations = {name.casefold(): name for name in topology.stations}
    found: list[Path] = []
    kind, _, name = text.partition(":")
    if text in topology.panels:
        found.append(("panel", text))
    elif kind == "panel" and name in topology.panels:
        found.append(("panel", name))
    if text.casefold() in stations:
        found.append(("station", stations[text.casefold()]))
    elif kind == "station" and name.casefold() in stations:
        found.append(("station", stations[name.casefold()]))
    if len(found) > 1:
        raise Refused(409, f"there is a panel and a station of that name; say {' or '.join(map(':'.join, found))}")
    if not found:
        raise Refused(404, f"no panel or station {text[:60]!r} here; there are {_names(topology)}")
    return found[0]


def _names(topology: Topology) -> str:
    names = [*sorted(topology.panels), *sorted(topology.stations)]
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
