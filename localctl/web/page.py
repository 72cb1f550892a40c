"""The status page, made of one snapshot: a frame and its parts, each of which a live reader can be sent anew.

Templates escape whatever they are given; only finished parts, which have escaped it, are put in as they are. Parts are
made in a worker thread, one at a time, and kept until there is a newer snapshot: a crowd costs one rendering.
"""

from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from localctl.charging.showing.picture_words import LANGUAGES, Language
from localctl.observe.snapshot import Snapshot
from localctl.web import view, view_box
from localctl.web.reader import THEMES, Reader
from localctl.web.settling import start_of
from localctl.web.summary import summary
from localctl.web.texts import text
from localctl.web.topology_svg import draw

Parts = dict[str, str]
"""Name of a part to its HTML. Parts of stations are called `station-0`, `station-1`, …"""
SPANS: Final = (900, 3600, 21_600, 86_400)
"""Seconds the timeline can show."""
MACHINES: Final = (
    "/metrics", "/-/healthy", "/-/ready", "/api/v1/state", "/api/v1/site", "/api/history.json",
)  # fmt: skip


class PageMaker:
    """Makes pages; its methods may be called from any thread."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._lock = Lock()
        self._made: dict[tuple[Language, int], tuple[Snapshot, Parts]] = {}

    def page(self, snapshot: Snapshot, reader: Reader) -> str:
        """The whole page for this reader."""
        parts = self.parts(snapshot, reader)
        return self.render(
            "page.html",
            reader,
            title=f"localctl {snapshot.site}".strip(),
            snapshot=snapshot,
            parts=parts,
            stations=[name for name in parts if name.startswith("station-")],
            panels=_panels(snapshot),
            spans=SPANS,
            machines=MACHINES if snapshot.charging else [path for path in MACHINES if "site" not in path],
        )

    def parts(self, snapshot: Snapshot, reader: Reader) -> Parts:
        """All parts for this reader; the same ones again as long as the snapshot is the same."""
        key = (reader.lang, reader.width)
        with self._lock:
            known = self._made.get(key)
            if known is None or known[0] is not snapshot:
                known = (snapshot, self._parts(snapshot, reader))
                self._made[key] = known
            return known[1]

    def render(self, template: str, reader: Reader, **facts: object) -> str:
        """One template with its facts and what all of them know."""
        return self._templates.get_template(template).render(
            facts, t=partial(text, reader.lang), reader=reader, themes=THEMES, languages=LANGUAGES
        )

    def _parts(self, snapshot: Snapshot, reader: Reader) -> Parts:
        lang, charging, starting = reader.lang, snapshot.charging, start_of(snapshot) is not None
        limits = list(view.panel_rows(charging, lang, starting=starting))
        drawn = charging.get("cycle_at") is not None
        parts = {
            "head": self.render("head.html", reader, snapshot=snapshot, summary=summary(snapshot, lang)),
            "site": draw(charging, lang, reader.width, starting=starting) if drawn else "",
            "limits": self.render("limits.html", reader, panels=limits),
            "sources": self.render("sources.html", reader, rows=list(view.source_rows(snapshot, lang))),
            "others": self.render(
                "others.html",
                reader,
                adopted=view.adopted_rows(snapshot, lang),
                unplaced=view.unplaced(snapshot, lang),
                routes_only=not charging,
            ),
            "events": self.render("events.html", reader, rows=list(view_box.event_rows(snapshot.events, lang))),
            "outbox": self.render("outbox.html", reader, outbox=view_box.outbox_rows(snapshot, lang)),
            "certificates": self.render(
                "certificates.html",
                reader,
                rows=list(view_box.certificate_rows(snapshot.certificates, snapshot.taken_at, lang)),
            ),
        }
        for row in view.station_rows(snapshot, lang):
            parts[f"station-{row['number']}"] = self.render("station.html", reader, station=row)
        return parts


def _panels(snapshot: Snapshot) -> list[str]:
    panels: Any = snapshot.charging.get("panels", ())
    return [panel["id"] for panel in sorted(panels, key=lambda panel: panel["parent"] is not None)]
