"""Whatever was stored: what can be read is taken, the rest is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.loop.restore import restored
from tests.localctl.charging.played import three

GOOD = json.loads(json.dumps(three().plugs_in("A").goes_on(60).controller.saved()))


def test_a_first_start_has_no_troubles():
    assert restored(None).troubles == ()
    assert restored({}).troubles == ()


def test_everything_that_was_stored_comes_back():
    found = restored(GOOD)
    assert (set(found.desks), set(found.states), set(found.ledgers)) == ({"A", "B", "C"},) * 3
    assert found.troubles == ()
    assert found.next_token == GOOD["dispatch"]["next_token"]
    assert ("A", 1) in found.turns


def test_p2_no_new_order_gets_the_number_of_one_that_is_still_open():
    saved = json.loads(json.dumps(GOOD))
    order = {"token": 5000, "entitled": [[0.0, 6.0]]}
    saved["dispatch"]["desks"]["A"]["slots"]["0"]["open"] = [order]
    saved["dispatch"]["next_token"] = "lost"
    assert restored(saved).next_token == 5001


@pytest.mark.parametrize(
    "damage",
    [
        {"slots": {"zero": {"unlimited_a": 1.0}}, "tracks": {"zero": {}}},
        {"slots": {"0": {"unlimited_a": 1.0}}, "tracks": {}},
        {"slots": {"1+": {"unlimited_a": 1.0}}, "tracks": {"1+": {}}},
        {"top_of": {"9+": "t"}},
        {"drawers": {"x": {}}},
        {"written": {"noon": 3}},
        {"tracks": {"0": {"schedule": []}}},
    ],
)
def test_a_book_that_makes_no_sense_is_left_out_and_its_station_named(damage):
    saved = json.loads(json.dumps(GOOD))
    saved["dispatch"]["desks"]["A"] |= damage
    found = restored(saved)
    assert "A" not in found.desks
    assert found.troubles[0].startswith("A: its orders make no sense")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["A", "desks"]), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(["dispatch", "retired", "limits", "states", "ledgers", "turns"]), JSON)
def test_p6_nothing_that_can_be_stored_raises(part, nonsense):
    assert set(restored(GOOD | {part: nonsense}).states) <= {"A", "B", "C", "desks"}
