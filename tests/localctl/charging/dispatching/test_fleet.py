"""Stations as dispatch knows them."""

from localctl.charging.dispatching.fleet import Managed, Outlet
from localctl.charging.profile.profiles import Protocol


def test_a_station_draws_no_more_than_its_outlets_or_its_own_rating():
    pair = (Outlet(id=1, rating_a=16.0), Outlet(id=2, rating_a=32.0, failsafe_a=8.0))
    whole = Managed(identity="CP1", protocol=Protocol.V201, outlets=pair)
    assert (whole.full_a, whole.safe_a, whole.outlet(2).rating_a) == (48.0, 14.0, 32.0)
    assert Managed(identity="CP1", protocol=Protocol.V201, outlets=pair, rating_a=40.0).full_a == 40.0
