"""The landing page: everything on it is escaped, nothing on it comes from elsewhere."""

import re
from html.parser import HTMLParser

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, StationView
from localctl.web.page import render_page

EVIL = '"><script>alert(1)</script>'


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(*stations: StationView, **changes: object) -> str:
    usual: dict[str, object] = {
        "version": "1.2.3",
        "state": ServiceState.READY,
        "site": "Harbour",
        "stations": stations,
    }
    return render_page(Snapshot(**(usual | changes)))


def station(**changes: object) -> StationView:
    usual: dict[str, object] = {"identity": "CS1", "connected": True, "upstream_connected": False, "since_at": 0.0}
    return StationView(**(usual | changes))


def test_the_page_names_site_version_state_and_links():
    tags = Tags(page(station()))
    links = [attrs["href"] for tag, attrs in tags.seen if tag == "a"]
    assert links == ["/metrics", "/-/healthy", "/-/ready", "/api/v1/state"]
    text = "".join(tags.text)
    assert "localctl Harbour" in text
    assert "1.2.3" in text
    assert "ready, 1 of 1 stations connected" in text


def test_each_leg_of_a_station_is_told_by_a_word_not_by_colour_alone():
    text = "".join(Tags(page(station())).text)
    assert "● up" in text
    assert "○ away" in text
    assert "1970-01-01 00:00:00 UTC" in text


def test_why_the_box_is_not_ready_is_on_the_page():
    assert "waiting for listeners" in page(state=ServiceState.STARTING, reasons=("waiting for listeners",))


def test_what_a_peer_or_a_file_says_is_never_markup():
    shown = page(station(identity=EVIL, subprotocol=EVIL, registration=EVIL, last_loss=EVIL), site=EVIL,
                 reasons=(EVIL,), version=EVIL)  # fmt: skip
    assert not [tag for tag, _ in Tags(shown).seen if tag == "script"]
    assert "<script>" not in shown


def test_the_page_asks_no_other_host_and_needs_no_script():
    shown = page(station())
    assert not re.search(r"https?:|//[a-z]|@import|url\(", shown)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in Tags(shown).seen}


def test_light_and_dark_are_both_drawn():
    assert "color-scheme: light dark" in page()
    assert "prefers-color-scheme: dark" in page()


def test_a_site_without_stations_says_so():
    assert "No station has been here yet." in page()
