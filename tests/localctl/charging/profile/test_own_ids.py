"""Whose a profile is, by its id."""

import pytest
from pydantic import ValidationError

from localctl.charging.dispatching.actuators import Place
from localctl.charging.profile.own_ids import MOST_EVSE_ID, OURS_FROM, PLACES, TRIALS, is_ours
from localctl.config.model_station import Evse

EDGES = [
    (-1, False), (0, False), (OURS_FROM - 1, False), (OURS_FROM, True), (PLACES[-1], True), (PLACES[-1] + 1, False),
    (TRIALS[0] - 1, False), (TRIALS[0], True), (TRIALS[-1], True), (TRIALS[-1] + 1, False), (2_100_000_001, False),
]  # fmt: skip


@pytest.mark.parametrize(("profile_id", "ours"), EDGES)
def test_k01_fr_05_ours_are_told_from_the_csmss_by_their_ids(profile_id: int, ours: bool):
    assert is_ours(profile_id) is ours


def test_ids_drawn_at_random_from_31_bits_are_hardly_ever_ours():
    assert (len(PLACES) + len(TRIALS)) / 2**31 < 1e-6
    assert TRIALS[-1] < 2**31


def test_every_evse_that_can_be_configured_has_two_ids_of_its_own():
    places = [Place(evse_id=evse, top=top) for evse in range(MOST_EVSE_ID + 1) for top in (False, True)]
    assert [place.profile_id() for place in places] == list(PLACES)
    assert Evse(id=MOST_EVSE_ID).id == MOST_EVSE_ID
    with pytest.raises(ValidationError):
        Evse(id=MOST_EVSE_ID + 1)
