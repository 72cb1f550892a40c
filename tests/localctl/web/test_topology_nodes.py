"""Cards of panels, stations and loads: each bar has its figures, each state its word."""

import copy
import re

import pytest

from localctl.web.topology_nodes import (
    COLUMNS_FROM,
    MOST_EVSES,
    link_state,
    load_card,
    panel_card,
    panel_height,
    short_why,
    station_card,
    station_height,
)
from tests.localctl.charging.scene import busy
from tests.localctl.web.shown import EVIL, Tags

PICTURE = busy().draws("CP1", 6, 5, 4).draws("CP2", 3, 3, 3).goes_on(5).picture()


def panel(number: int = 0, **line: object) -> dict:
    found = copy.deepcopy(PICTURE["panels"][number])
    found["phases"]["L1"] |= line
    return found


def station(**changes: object) -> dict:
    return copy.deepcopy(PICTURE["stations"][0]) | changes


def evse(**changes: object) -> dict:
    return station(evses=[copy.deepcopy(PICTURE["stations"][0]["evses"][0]) | changes])


def bars(card: str, look: str) -> list[float]:
    return [float(width) for width in re.findall(rf'<rect class="{look}"[^>]* width="([\d.]+)"', card)]


def panel_text(shown: dict, lang: str = "en", width: float = 1000) -> str:
    return Tags(panel_card(shown, 0, 0, 0, width, lang)).text  # type: ignore[arg-type]


def test_a_panel_tells_fuse_source_and_per_phase_measured_given_and_limit():
    text = panel_text(panel())
    for words in ("panel main", "fuse 32.0 A", "limit by ems-1", "others draw 7.0 A", "13.0 given · limit 13.0 A"):
        assert words in text
    assert "Verteiler main" in panel_text(panel(), "de")


def test_bars_are_nested_and_as_long_as_their_part_of_the_fuse():
    card = panel_card(panel(net_a=16.0, limit_a=24.0, allocated_a=8.0, measured_a=4.0), 0, 0, 0, 300, "en")
    length = bars(card, "track")[0]
    assert bars(card, "limit")[0] == pytest.approx(length / 2)
    assert bars(card, "given")[0] == pytest.approx(length / 4)
    assert bars(card, "flow")[0] == pytest.approx(length / 8)
    assert bars(card, "others")[0] == pytest.approx(length / 4)


def test_an_unknown_current_has_a_dash_and_no_bar():
    card = panel_card(panel(measured_a=None), 0, 0, 0, 300, "en")
    assert len(bars(card, "flow")) == 2
    assert "– measured" in Tags(card).text


def test_an_overdraft_and_a_fallback_are_words_too():
    assert "▲ may draw 14.5 · limit 13.0 A" in panel_text(panel(over_a=1.5, entitled_a=14.5))
    assert "▲ stale" in panel_text(panel(state="stale"))


def test_while_it_falls_an_overdraft_is_no_alarm():
    shown = panel(over_a=1.5, entitled_a=14.5)
    card = panel_card(shown, 0, 0, 0, 1000, "en", {"L1"})
    assert "falls from 14.5 · limit 13.0 A" in Tags(card).text
    assert ("▲" in Tags(card).text, 'class="bad' in card) == (False, False)
    assert "▲ may draw 14.5" in Tags(panel_card(shown, 0, 0, 0, 1000, "en", {"L2"})).text


def test_what_is_reserved_beyond_the_limit_is_told_and_marked():
    card = panel_card(panel(allocated_a=49.9, entitled_a=12.0), 0, 0, 0, 1000, "en")
    assert "▲ 49.9 reserved · limit 13.0 A" in Tags(card).text
    assert 'class="warn strong"' in card
    assert "▲ 49,9 reserviert" in panel_text(panel(allocated_a=49.9, entitled_a=12.0), "de")


def test_a_reserve_explains_why_the_limit_is_less_than_the_fuse():
    shown = panel(1)
    for line in shown["phases"].values():
        line |= {"limit_a": 80.0, "fuse_a": 80.0, "net_a": 64.0, "reserve_a": 16.0, "source": "fuse", "other_a": 0.0}
    assert "limit by fuse less 16.0 A reserve" in panel_text(shown)
    assert "Grenze: Sicherung abzüglich 16,0 A Reserve" in panel_text(shown, "de")
    for line in shown["phases"].values():
        line["net_a"] = 80.0  # a limit for charging alone
    assert "reserve" not in panel_text(shown)


def test_phases_stand_beside_each_other_where_there_is_room():
    assert panel_height(panel(), COLUMNS_FROM) < panel_height(panel(), COLUMNS_FROM - 1)


def test_phases_with_several_sources_name_each():
    assert "limit by L1 fuse, L2 ems-1, L3 ems-1" in panel_text(panel(source="fuse"))


def test_watts_are_told_where_they_are_limited():
    shown = panel() | {"power": {"allocated_w": 11_000.0, "net_w": 22_000.0}}
    assert "power: 11.0 kW of 22.0 kW given out" in panel_text(shown)


def test_a_station_tells_its_link_car_share_flow_and_why():
    card = station_card(station(), 3, 0, 0, 170, "en")
    tags = Tags(card)
    assert (tags.seen[0][1]["id"], tags.seen[0][1]["href"]) == ("t-3", "#why-3")
    assert "CP1" in tags.text
    assert "6.0 / 6.5 A" in tags.text
    assert "limited: ems-1" in tags.text
    label = str(tags.seen[0][1]["aria-label"])
    assert "CP1: connected. 1: Share 6.5 A, Draws 6.0 A, a limit of the site is used up: panel main L1" in label
    assert 'class="car"' in card


@pytest.mark.parametrize(
    ("changes", "state", "word"),
    [({"online": False}, "away", "away"), ({"accepted": False}, "unaccepted", "not accepted"), ({}, "up", "")],
)
def test_how_a_station_is_connected_is_a_word_and_a_shape(changes: dict, state: str, word: str):
    one = station(**changes)
    assert link_state(one) == state
    card = station_card(one, 0, 0, 0, 170, "en")
    assert word in Tags(card).text
    assert ("lamp-up" in card) == (state == "up")


def test_only_so_many_evses_fit_and_the_rest_is_counted():
    many = station(evses=[copy.deepcopy(PICTURE["stations"][0]["evses"][0]) for _ in range(MOST_EVSES + 2)])
    assert "+ 2 more" in Tags(station_card(many, 0, 0, 0, 170, "en")).text
    assert station_height(many) > station_height(station())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "full"}, "car is full"),
        ({"reason": "row", "binding": None}, "limited: "),
        ({"distrusted": True}, "▲ draws too much"),
        ({"reason": "something new"}, "something new"),
    ],
)
def test_the_short_why(changes: dict, words: str):
    assert short_why(evse(**changes)["evses"][0], "en") == words


def squeezed(*takers: tuple[int, str, float], unit: str = "A") -> dict:
    shown = evse(reason="squeezed")["evses"][0]
    shown["binding"] |= {"unit": unit}
    shown["in_the_way"] = [
        {"why": "disobeys", "stations": [name], "count": count, "load": load} for count, name, load in takers
    ]
    return shown


@pytest.mark.parametrize(
    ("shown", "english", "german"),
    [
        (squeezed((1, "DEMO-08", 16.0)), "DEMO-08 takes 16 A", "DEMO-08 nimmt 16 A"),
        (squeezed((1, "A", 6.25), (1, "B", 32.0)), "B takes 32 A", "B nimmt 32 A"),
        (squeezed((1, "A", 6.25)), "A takes 6.2 A", "A nimmt 6,2 A"),
        (squeezed((1, "A", 11_000.0), unit="W"), "A takes 11.0 kW", "A nimmt 11,0 kW"),
        (squeezed((5, "A", 80.0)), "5 take 80 A", "5 nehmen 80 A"),
        (squeezed((1, "a-name-that-fits-nowhere", 16.0)), "1 takes 16 A", "1 nimmt 16 A"),
        (squeezed(), "waits for others", "wartet auf andere"),
    ],
)
def test_who_takes_the_room_is_named_on_the_card(shown: dict, english: str, german: str):
    assert (short_why(shown, "en"), short_why(shown, "de")) == (english, german)


def test_a_current_without_a_session_is_called_one():
    stray = {"transaction": None, "reason": "empty", "measured_a": {"1": 8.9}}
    assert short_why(evse(**stray)["evses"][0], "en") == "draws, no session"
    assert short_why(evse(**stray | {"measured_a": {"1": 0.2}})["evses"][0], "en") == "not in use, kept free"


def test_a_load_tells_what_it_is_taken_to_draw():
    text = Tags(load_card(PICTURE["loads"][1], 0, 0, 170, 78, "en")).text
    assert "lift" in text
    assert "3.0 A" in text
    assert "<script" not in load_card({"name": EVIL, "known": EVIL, "current_a": [1]}, 0, 0, 999, 78, "en")
