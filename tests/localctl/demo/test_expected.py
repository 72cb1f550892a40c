"""A station's own composite schedule."""

from dataclasses import dataclass, field

from localctl.demo.evse import Evse
from localctl.demo.expected import expected
from localctl.demo.limits import Profiles
from localctl.demo.profiles import read_profile
from tests.localctl.demo.test_profiles import NOON, raw


@dataclass
class Equipment:
    """A station with this many EVSEs of 32 A."""

    number: int = 1
    profiles: Profiles = field(default_factory=Profiles)

    @property
    def evses(self):
        """Its EVSEs."""
        return {n: Evse(id=n, profiles=self.profiles, max_a=32.0) for n in range(1, self.number + 1)}


def equipment(*raws, number=1):
    """A station with these (evse, profile) installed."""
    made = Equipment(number)
    for count, (evse, one) in enumerate(raws, 1):
        made.profiles.install(read_profile(evse, one | {"id": count}, NOON))
    return made


def test_without_profiles_the_hardware_limits():
    assert expected(Equipment(), 1, NOON, 600, unit="A") == [(0, 32)]


def test_periods_end_where_the_asked_duration_ends():
    station = equipment((1, raw(periods=((0, 16.0), (300, 8.0), (600, 6.0)))))
    assert expected(station, 1, NOON, 600, unit="A") == [(0, 16), (300, 8)]


def test_equal_neighbours_are_one_period():
    station = equipment((1, raw(periods=((0, 16.0), (300, 16.0), (400, 40.0), (500, 32.0)))))
    assert expected(station, 1, NOON, 600, unit="A") == [(0, 16), (400, 32)]


def test_k08_fr03_the_station_is_the_sum_of_its_evses_under_its_own_limit():
    default = (0, raw(periods=((0, 16.0),)))
    most = (0, raw(purpose="ChargingStationMaxProfile", periods=((0, 100.0), (60, 20.0))))
    assert expected(equipment(default, most, number=2), 0, NOON, 120, unit="A") == [(0, 32), (60, 20)]


def test_watts_count_all_phases():
    assert expected(equipment((1, raw(periods=((0, 10.0),)))), 1, NOON, 60, unit="W") == [(0, 6900)]


def test_r18_no_duration_asks_for_the_limit_now():
    assert expected(equipment((1, raw())), 1, NOON, 0, unit="A") == [(0, 16)]
