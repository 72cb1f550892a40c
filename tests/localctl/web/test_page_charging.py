"""The charging part of the page: limits, shares and reasons in figures, not in lengths and colours alone."""

import copy
import re

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot
from localctl.web.page import render_page
from localctl.web.page_charging import MOST_STATIONS, render_charging
from tests.localctl.charging.scene import Scene, busy
from tests.localctl.web.test_page import EVIL, Tags


def text_of(page: str) -> str:
    return " ".join("".join(Tags(page).text).split())


def shown(scene: Scene) -> str:
    return render_charging(scene.picture())


def widths(page: str) -> list[int]:
    return [int(width) for width in re.findall(r'style="width:(\d+)%"', page)]


def test_a_pure_router_has_no_charging_part():
    page = render_page(Snapshot(version="1", state=ServiceState.READY))
    assert "Panel" not in page
    assert "/api/v1/site" not in page


def test_before_the_first_cycle_that_is_said():
    assert "has not finished yet" in shown(Scene())


def test_each_panel_shows_per_phase_what_is_given_out_measured_allowed_by_whom_and_until_when():
    scene = busy().draws("CP1", 6, 5, 4).draws("CP2", 0, 0, 0).goes_on(5)
    text = text_of(shown(scene))
    assert "Panel main" in text
    assert "Panel sub below main" in text
    cells = re.findall(r"<td>(.*?)</td>", shown(scene))
    row = cells[:8]
    assert row[0] == "L1"
    assert row[2:5] == ["13.0 A", "6.0 A", "13.0 A"]
    assert row[6:] == ["ems-1", "2027-01-15 08:15:20 UTC"]


def test_bars_are_parts_of_the_limit_and_an_unknown_current_has_no_length():
    scene = busy()
    assert widths(shown(scene))[:2] == [100, 0]
    scene.draws("CP1", 6.5, 0, 0).draws("CP2", 0, 0, 0).goes_on(5)
    assert widths(shown(scene))[:2] == [100, 50]


def test_p5_each_evse_shows_its_share_and_why_in_words():
    text = text_of(shown(busy()))
    assert "CP1/1" in text
    assert "a limit of the site is used up: panel main L1, 13.0 A for charging by ems-1" in text
    assert "panel sub L1, 22.0 A for charging by fuse" in text
    assert "not known" in text


def test_a_waiting_car_shows_its_turn():
    assert re.search(r"waits for its turn.*its turn: 2027-01-15", text_of(shown(busy().short_of_current())))


def test_an_overdraft_and_a_disobedient_station_cannot_be_overlooked():
    scene = busy()
    scene.deaf = {"CP1", "CP2"}
    assert "stations may draw 1.0 A more than the limit, since" in text_of(shown(scene.limits("main", 19).cycles()))
    scene = busy()
    for _ in range(5):
        scene.goes_on(20).draws("CP1", 20, 20, 20)
    assert "it draws more than it was told" in text_of(shown(scene.cycles()))


def test_sources_outside_show_their_freshness_by_a_word():
    scene = busy()
    assert "● live" in text_of(shown(scene))
    scene.now += 400
    assert "▲ stale: fallback" in text_of(shown(scene.cycles()))


def test_what_a_file_or_a_peer_named_is_never_markup():
    picture = copy.deepcopy(busy().picture())
    picture["panels"][0]["id"] = picture["panels"][1]["parent"] = EVIL
    picture["panels"][0]["phases"]["L1"]["source"] = picture["panels"][0]["phases"]["L1"]["other"] = EVIL
    picture["external"][0]["source"] = picture["external"][0]["node"] = EVIL
    station = picture["stations"][0]
    station["identity"] = station["evses"][0]["binding"]["source"] = station["evses"][0]["next"]["node"] = EVIL
    page = render_page(Snapshot(version="1", state=ServiceState.READY, charging=picture))
    assert "<script>" not in page
    assert not [tag for tag, _ in Tags(page).seen if tag == "script"]


def test_the_whole_page_with_a_site_asks_no_other_host_and_refreshes_itself():
    page = render_page(Snapshot(version="1", state=ServiceState.READY, charging=busy().picture()))
    assert not re.search(r"https?:|//[a-z]|@import|url\(", page)
    assert ("meta", {"http-equiv": "refresh", "content": "5"}) in Tags(page).seen
    assert "/api/v1/site" in page


def test_a_very_large_site_is_cut_and_says_where_the_rest_is():
    picture = copy.deepcopy(busy().picture())
    picture["stations"] = [picture["stations"][0]] * (MOST_STATIONS + 7)
    page = render_charging(picture)
    assert page.count("CP1/1") == MOST_STATIONS
    assert "and 7 more" in page
