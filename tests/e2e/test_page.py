"""The status page in a real browser: clicked through, by keyboard alone, on phones and laptops, by hostile stations."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.store.history import HistoryStore
from localctl.web import history as history_module
from localctl.web.app import build_app
from localctl.web.history import History
from localctl.web.palette import DARK, LIGHT
from localctl.web.server import HttpServer
from tests.e2e.browser import PROGRAM, Chromium, Page
from tests.localctl.charging.scene import busy
from tests.localctl.web.german import english_in
from tests.localctl.web.shown import event, full, hostile, many

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no chromium here; CI installs Debian's")

LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 812}
READERS = {
    "laptop, light, English": LAPTOP | {"dark": False, "lang": "en"},
    "laptop, dark, German": LAPTOP | {"dark": True, "lang": "de"},
    "phone, light, German": PHONE | {"dark": False, "lang": "de"},
    "phone, dark, English": PHONE | {"dark": True, "lang": "en"},
}
LIVE = "document.getElementById('live').className === 'on'"
PLOTS = "document.querySelectorAll('#plots canvas').length === 3"
OPEN = "document.getElementById('why').matches(':popover-open')"
ACTIVE = "document.activeElement"
NAME = """
(e => e === document.body ? '' : e.id || e.textContent.trim().slice(0, 30) || e.tagName)(document.activeElement)
"""
TEXTS_THAT_STICK_OUT = """
[...document.querySelectorAll('svg.site a.node')].flatMap(node => {
  const card = node.querySelector('.card').getBoundingClientRect();
  return [...node.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.right > card.right + 1 || box.left < card.left - 1 || box.bottom > card.bottom + 1;
  }).map(text => text.textContent);
})
"""


class Box:
    """A box's HTTP port over a snapshot the test replaces."""

    def __init__(self, folder: Path) -> None:
        self.shown = SnapshotBox(full())
        self.store = HistoryStore(folder)
        self.history = History(self.store)
        app = build_app(box=self.shown, render_metrics=Metrics().render, history=self.history)
        self.server = HttpServer(app, port=0)
        self.host = f"127.0.0.1:{self.server.start()}"
        self.url = f"http://{self.host}"

    def shows(self, snapshot: Snapshot) -> None:
        self.shown.put(snapshot)

    def stop(self) -> None:
        self.shown.put(full(state=ServiceState.STOPPING))
        self.server.stop()
        assert self.server.wait_stopped(30)
        self.history.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium() as one:
        yield one


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    now = full().taken_at
    monkeypatch.setattr(history_module, "time", lambda: now + 1)
    one = Box(tmp_path)
    for second in range(30):
        one.history.record(full(taken_at=now - 30 + second))
    yield one
    one.stop()


def clean(page: Page, box: Box) -> None:
    """Nothing was complained about, and nothing was asked of anybody else."""
    assert page.complaints == []
    assert page.hosts == {box.host}


def settled(page: Page, url: str) -> Page:
    page.open(url)
    page.until(LIVE)
    page.until(PLOTS)
    return page


@pytest.mark.parametrize("reader", READERS)
def test_clicked_through_nothing_is_complained_about_and_no_other_host_is_asked(
    browser: Chromium, box: Box, reader: str
):
    device = READERS[reader]
    page = settled(browser.page(**device), box.url)  # type: ignore[arg-type]
    assert page.js("document.documentElement.lang") == device["lang"]
    if device["lang"] == "de":
        shown = page.js("[document.body.innerText, ...document.querySelectorAll('[aria-label]')].map("
                        "one => one.ariaLabel ?? one).join(' ')")  # fmt: skip
        assert english_in(re.sub(r"/[-\w./]+|English|refused three times|not known\b", "", shown)) == set()
        page.until(r"/Grenze\s*\d+,\d A/.test(document.querySelector('.u-legend').innerText)")
    assert page.fits()
    assert page.js(TEXTS_THAT_STICK_OUT) == []
    for href in page.js("[...document.querySelectorAll('.sections a[href^=\"#\"]')].map(a => a.hash)"):
        page.click(f".sections a[href='{href}']")
        assert page.js(f"document.querySelector('{href}').getBoundingClientRect().top < innerHeight")
    for number in range(3):
        page.click(f"#t-{number}")
        page.until(OPEN)
        assert f"CP{number + 1}/1" in page.js("document.getElementById('why-text').textContent")
        page.press("Escape")
        page.until(f"!({OPEN})")
    page.click("#p-0 .big")
    page.until(OPEN)
    assert "ems-1" in page.js("document.getElementById('why-text').textContent")
    page.click("#why > button")
    page.until(f"!({OPEN})")
    for span in (3600, 86_400, 900):
        page.click(f"input[value='{span}'] + span")
        page.until(PLOTS)
    page.js("document.querySelector('#plot-choice select').value = 'sub'")
    page.js("document.querySelector('#plot-choice select').dispatchEvent(new Event('change', {bubbles: true}))")
    page.until(PLOTS)
    page.click("#station-0 > summary")
    assert page.js("document.getElementById('station-0').open")
    clean(page, box)
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_what_the_device_or_the_reader_prefers(browser: Chromium, box: Box, theme: str):
    colours = {"light": LIGHT, "dark": DARK}
    page = settled(browser.page(dark=theme == "dark"), box.url)
    paper = "getComputedStyle(document.documentElement).getPropertyValue('--paper')"
    assert page.js(paper) == colours[theme]["paper"]
    other = "dark" if theme == "light" else "light"
    page.follow(f".choices a[href='?theme={other}']")
    assert page.js("document.documentElement.dataset.theme") == other
    settled(page, box.url)
    assert page.js(paper) == colours[other]["paper"], "it is remembered"
    clean(page, box)
    page.close()


def test_the_language_chosen_is_remembered(browser: Chromium, box: Box):
    page = settled(browser.page(), box.url)
    page.follow(".choices a[hreflang='de']")
    assert page.js("document.documentElement.lang") == "de"
    settled(page, box.url)
    assert "Die Anlage jetzt" in page.js("document.body.textContent")
    clean(page, box)
    page.close()


def test_with_the_keyboard_alone_everything_is_reached_seen_and_left_again(browser: Chromium, box: Box):
    page = settled(browser.page(), box.url)
    reached: list[str] = []
    for _ in range(150):
        page.press("Tab")
        where = page.js(NAME)
        if not where:
            break
        reached.append(where)
        ring = page.js(
            f"(e => [e.closest('.node')?.querySelector('.card'), e.nextElementSibling, e].filter(Boolean).some("
            f"s => getComputedStyle(s).outlineStyle !== 'none' || (s.matches('.card') && "
            f"parseFloat(getComputedStyle(s).strokeWidth) > 2)))({ACTIVE})"
        )
        assert ring, f"the focus cannot be seen at {where}"
        if where == "t-0":
            page.until(OPEN)
            assert "CP1/1" in page.js("document.getElementById('why-text').textContent")
            page.press("Escape")
            page.until(f"!({OPEN})")
            page.press("Enter")
            page.until(OPEN)
            page.press("Escape")
    assert reached[0].startswith("Skip")
    assert {"p-0", "p-1", "t-0", "t-1", "t-2"} <= set(reached)
    assert any(one.startswith("/metrics") for one in reached), "the end of the page"
    clean(page, box)
    page.close()


def test_what_is_told_of_a_panel_does_not_cover_the_panel(browser: Chromium, box: Box):
    page = settled(browser.page(width=1280, height=700), box.url)
    page.click("#p-0 .big")
    page.until(OPEN)
    edges = "(box => [box.top, box.bottom])(document.getElementById('{}').getBoundingClientRect())"
    (top, bottom), (panel_top, panel_bottom) = (page.js(edges.format(name)) for name in ("why", "p-0"))
    assert bottom <= panel_top or top >= panel_bottom
    clean(page, box)
    page.close()


def test_on_a_phone_what_was_touched_stays_in_sight_above_its_reason(browser: Chromium, box: Box):
    page = settled(browser.page(**PHONE), box.url)
    page.click("#t-2")
    page.until(OPEN)
    edge = "document.getElementById('{}').getBoundingClientRect().{}"
    page.until(f"{edge.format('t-2', 'bottom')} <= {edge.format('why', 'top')}")
    assert page.js(edge.format("t-2", "top")) > 0
    clean(page, box)
    page.close()


def test_the_skip_link_leads_to_the_site(browser: Chromium, box: Box):
    page = settled(browser.page(), box.url)
    page.press("Tab")
    page.press("Enter")
    page.until(f"{ACTIVE}.id === 'main'")
    page.close()


def test_changes_arrive_without_loading_and_leave_focus_and_open_reasons_alone(browser: Chromium, box: Box):
    page = settled(browser.page(), box.url)
    page.js("window.marked = true")
    page.click("#station-0 > summary")
    page.js("document.getElementById('t-1').focus()")
    page.click("#t-1")
    page.until(OPEN)
    box.shows(full(busy().limits("main", 26).goes_on(60), events=(event("car", "CP9/1"),)))
    page.until("document.querySelector('.head .now').textContent.includes('26.0 A')")
    page.until("document.querySelector('.events').textContent.includes('CP9/1: a car starts')")
    page.until("document.getElementById('why-text').textContent.includes('26.0 A')")
    assert page.js(f"window.marked && {OPEN} && document.getElementById('station-0').open")
    assert page.js(f"{ACTIVE}.id") == "t-1"
    page.press("Escape")
    page.until(f"!({OPEN})")
    box.shows(full())
    page.until("document.querySelector('.head .now').textContent.includes('20.0 A')")
    assert not page.js(OPEN), "what was closed stays closed"
    clean(page, box)
    page.close()


def test_what_is_touched_stays_there_until_it_is_let_go(browser: Chromium, box: Box):
    page = settled(browser.page(), box.url)
    x, y = page.js("(b => [b.x + 40, b.y + 20])(document.getElementById('t-0').getBoundingClientRect())")
    mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
    page.ask("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    box.shows(full(busy().limits("main", 26).goes_on(60)))
    page.listen(1.5)
    page.ask("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    page.until(OPEN)
    page.until("document.querySelector('.head .now').textContent.includes('26.0 A')")
    clean(page, box)
    page.close()


def test_a_station_that_comes_makes_the_page_load_itself_again(browser: Chromium, box: Box):
    page = settled(browser.page(), box.url)
    box.shows(many(4))
    page.until("document.querySelectorAll('details.station').length === 4")
    assert page.complaints == []
    page.close()


@pytest.mark.parametrize("device", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_p6_what_a_hostile_station_calls_itself_is_inert_at_first_and_live(
    browser: Chromium, box: Box, device: dict[str, int]
):
    box.shows(hostile())
    page = browser.page(**device).open(box.url)  # type: ignore[arg-type]
    page.until(LIVE)
    box.shows(hostile())
    for number in range(3):
        page.click(f"#t-{number}")
        page.until(OPEN)
        page.press("Escape")
    assert page.js("document.scripts.length") == 2
    assert page.js("document.images.length") == 1
    assert page.fits()
    assert "<script>alert(1)</script>" in page.js("document.body.textContent")
    clean(page, box)
    page.close()


@pytest.mark.parametrize("device", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_two_hundred_stations_are_readable(browser: Chromium, box: Box, device: dict[str, int]):
    box.shows(many(200))
    page = browser.page(**device).open(box.url)  # type: ignore[arg-type]
    page.until(LIVE)
    assert page.fits()
    assert page.js(TEXTS_THAT_STICK_OUT) == []
    heights = "[...document.querySelectorAll('svg.site .node text')].map(text => text.getBoundingClientRect().height)"
    assert page.js(f"Math.min(...{heights})") >= 10, "smaller letters nobody reads"
    page.click("#t-199")
    page.until(OPEN)
    assert "CP199/1" in page.js("document.getElementById('why-text').textContent")
    clean(page, box)
    page.close()


def test_without_a_script_everything_is_there_and_a_touch_leads_to_the_reason(browser: Chromium, box: Box):
    page = browser.page(script=False).open(box.url)
    document = page.ask("DOM.getDocument", depth=-1)["root"]
    html = page.ask("DOM.getOuterHTML", nodeId=document["nodeId"])["outerHTML"]
    for words in ("20.0 A on L1", "CP1/1 gets 6.5 A per phase", "● live", "box.example"):
        assert words in html
    page.ask("Page.navigate", url=f"{box.url}/#why-0")
    page.listen(0.5)
    details = page.ask("DOM.querySelector", nodeId=page.ask("DOM.getDocument")["root"]["nodeId"], selector="#station-0")
    assert "open" in page.ask("DOM.getAttributes", nodeId=details["nodeId"])["attributes"]
    clean(page, box)
    page.close()


def test_the_page_comes_back_by_itself_when_the_box_does(browser: Chromium, tmp_path: Path):
    box = Box(tmp_path)
    page = browser.page().open(box.url)
    page.until(LIVE)
    port = int(box.host.rpartition(":")[2])
    box.stop()
    page.until("document.getElementById('live').className === 'off'")
    box.shows(full())
    again = HttpServer(build_app(box=box.shown, render_metrics=Metrics().render, history=box.history), port=port)
    again.start()
    page.until(LIVE)
    box.shows(full(state=ServiceState.STOPPING))
    again.stop()
    assert again.wait_stopped(30)
    page.close()


@pytest.mark.parametrize("device", [LAPTOP, PHONE | {"dark": True}], ids=["laptop", "phone"])
def test_the_manual_is_readable_and_every_page_of_it_opens(browser: Chromium, box: Box, device: dict[str, int]):
    page = browser.page(**device).open(f"{box.url}/docs/")  # type: ignore[arg-type]
    pages = page.js("[...document.querySelectorAll('.contents a')].map(a => a.href)")
    assert pages
    for url in pages:
        page.open(url)
        assert page.js("document.querySelector('.prose').textContent.length") > 200
        assert page.fits(), url
    clean(page, box)
    page.close()
