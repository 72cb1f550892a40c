"""The site drawn as text: an indented tree for terminals, Mermaid for documents, DOT for Graphviz.

All walk the same outline: the main panel, then for each panel its panels, its loads and its stations, by name; last
the stations that are on no panel, each by itself, so that nobody forgets that they draw current too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from localctl.charging.base.phases import PHASES, PerPhase
from localctl.charging.tree.topology import Current, Evse, Path, Station, Topology

SHAPES = {"panel": ("[", "]"), "station": ("(", ")"), "load": ("[/", "/]")}
ON_NO_PANEL = "on no panel, routed only"
DOT_SHAPES = {"panel": "box", "station": "box, style=rounded", "load": "ellipse"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of the outline: its path, its depth, whether it is the last of its parent, and its words."""

    path: Path
    parent: Path | None
    depth: int
    last: bool
    name: str
    detail: str


def outline(topology: Topology, unplaced: Iterable[str] = ()) -> Iterator[Item]:
    """Every panel, load and station in drawing order, each after its parent; `unplaced` stations have none."""
    yield from _panel(topology, topology.root, None, 0, True)
    for name in sorted(unplaced):
        yield Item(path=("station", name), parent=None, depth=0, last=True, name=name, detail=ON_NO_PANEL)


def _panel(topology: Topology, name: str, parent: Path | None, depth: int, last: bool) -> Iterator[Item]:
    panel, path = topology.panels[name], ("panel", name)
    detail = amperes(panel.fuse_a)
    if panel.limit_w is not None:
        detail += f", {panel.limit_w / 1000:g} kW"
    if panel.reserve_a:
        detail += f", {panel.reserve_a:g} A kept back"
    if panel.transformer_ratio is not None:
        detail += f", behind a delta-wye transformer {panel.transformer_ratio:.3g}:1"
    yield Item(path=path, parent=parent, depth=depth, last=last, name=name, detail=detail)
    children: list[Path] = [("panel", below) for below in topology.panels_below(name)]
    children += [("load", load) for load in sorted(topology.loads) if topology.loads[load].panel == name]
    children += [("station", s) for s in sorted(topology.stations) if topology.stations[s].panel == name]
    for number, child in enumerate(children):
        ends = number == len(children) - 1
        if child[0] == "panel":
            yield from _panel(topology, child[1], path, depth + 1, ends)
        else:
            words = _load(topology, child[1]) if child[0] == "load" else _station(topology.stations[child[1]])
            yield Item(path=child, parent=path, depth=depth + 1, last=ends, name=child[1], detail=words)


def amperes(per_phase: PerPhase) -> str:
    """Amperes in few words: one number for three equal phases, else each phase that is there by name."""
    present = [(phase, amps) for phase, amps in zip(PHASES, per_phase, strict=True) if amps is not None]
    if len(present) == 3 and len({amps for _, amps in present}) == 1:
        return f"3 × {present[0][1]:g} A"
    return " ".join(f"{phase} {amps:g} A" for phase, amps in present) or "no phase"


def _load(topology: Topology, name: str) -> str:
    return f"load, {amperes(topology.loads[name].reserved_a)} reserved"


def _station(station: Station) -> str:
    words = [station.phase_rotation if station.phase_rotation != "unknown" else "rotation unknown"]
    if station.line_to_line:
        words.append("line to line")
    words += [_evse(evse) for evse in station.evses]
    if not station.controllable:
        words.append("not controllable")
    return ", ".join(words)


def _evse(evse: Evse) -> str:
    kind = "DC" if evse.current is Current.DC else f"{len(evse.phases)}-phase"
    most = f"{evse.max_w / 1000:g} kW" if evse.max_w is not None else f"{evse.max_a:g} A"
    return f"EVSE {evse.id} {kind} {most}"


def as_text(topology: Topology, unplaced: Iterable[str] = ()) -> str:
    """The tree for a terminal, one line per thing."""
    lines, bars = list[str](), list[str]()
    for item in outline(topology, unplaced):
        del bars[max(0, item.depth - 1) :]
        branch = "" if item.depth == 0 else "└─ " if item.last else "├─ "
        lines.append("".join(bars) + branch + f"{item.name}  {item.detail}")
        if item.depth:
            bars.append("   " if item.last else "│  ")
    return "\n".join(lines) + "\n"


def as_mermaid(topology: Topology, unplaced: Iterable[str] = ()) -> str:
    """A Mermaid flowchart, top down."""
    lines, ids = ["flowchart TD"], dict[Path, str]()
    for number, item in enumerate(outline(topology, unplaced)):
        ids[item.path] = f"n{number}"
        opening, closing = SHAPES[item.path[0]]
        label = f"{_mermaid(item.name)}<br/>{_mermaid(item.detail)}"
        lines.append(f'  n{number}{opening}"{label}"{closing}')
        if item.parent is not None:
            lines.append(f"  {ids[item.parent]} --> n{number}")
    return "\n".join(lines) + "\n"


def as_dot(topology: Topology, unplaced: Iterable[str] = ()) -> str:
    """A Graphviz digraph, left to right."""
    lines, ids = ["digraph site {", "  rankdir=LR;"], dict[Path, str]()
    for number, item in enumerate(outline(topology, unplaced)):
        ids[item.path] = f"n{number}"
        lines.append(
            f'  n{number} [shape={DOT_SHAPES[item.path[0]]}, label="{_dot(item.name)}\\n{_dot(item.detail)}"];'
        )
        if item.parent is not None:
            lines.append(f"  {ids[item.parent]} -> n{number};")
    return "\n".join([*lines, "}"]) + "\n"


def _mermaid(text: str) -> str:
    """Names come from people: what Mermaid would read as markup becomes an entity."""
    return "".join(char if char.isalnum() or char in " .,:-_×" else f"#{ord(char)};" for char in text)


def _dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
