"""Room for stations: each counts once, and whoever returns gets in."""

from hypothesis import example, given
from hypothesis import strategies as st

from localctl.net.places import Places

MOST = 3


def with_stations(*identities: str) -> Places:
    places = Places()
    for identity in identities:
        places.take(identity)
    return places


def test_one_station_too_many_finds_no_room_until_another_leaves():
    places = with_stations("CP1", "CP2", "CP3")
    assert not places.has_room("CP4", MOST)
    places.leave("CP2")
    assert places.has_room("CP4", MOST)


def test_1_1_3_a_station_that_comes_back_before_its_loss_was_noticed_takes_its_own_place():
    assert with_stations("CP1", "CP2", "CP3").has_room("cp3", MOST)


def test_all_stations_of_a_full_box_may_come_back_at_once():
    places = with_stations("CP1", "CP2", "CP3")
    for identity in ("CP1", "CP2", "CP3"):
        assert places.has_room(identity, MOST)
        places.take(identity)
    assert places.connections == 2 * MOST


def test_old_connections_of_stations_that_came_back_take_no_place_of_a_new_one():
    places = with_stations("CP1", "CP1", "CP2", "CP2")
    assert places.has_room("CP3", MOST)


def test_a_station_that_keeps_knocking_does_not_fill_a_full_box():
    assert not with_stations("CP1", "CP1", "CP2", "CP3").has_room("CP1", MOST)


@example([(True, one) for one in "BBBCAAC"])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["A", "a", "B", "C", "D", "E"]))))
def test_whoever_comes_and_goes_there_are_never_more_stations_or_connections_than_promised(
    story: list[tuple[bool, str]],
):
    places, here = Places(), []
    for comes, identity in story:
        if comes and places.has_room(identity, MOST):
            places.take(identity)
            here.append(identity)
        elif not comes and identity in here:
            places.leave(identity)
            here.remove(identity)
        assert len({one.casefold() for one in here}) <= MOST
        assert places.connections == len(here) <= 2 * MOST
    for identity in here:
        places.leave(identity)
    assert places.connections == 0
    assert not places._here
