"""Whose a profile is, by its id."""

import pytest

from localctl.charging.profile.own_ids import OURS_FROM, is_ours


@pytest.mark.parametrize(("profile_id", "ours"), [(-1, False), (0, False), (OURS_FROM - 1, False), (OURS_FROM, True)])
def test_k01_fr_05_ours_are_told_from_the_csmss_by_their_ids(profile_id: int, ours: bool):
    assert is_ours(profile_id) is ours
