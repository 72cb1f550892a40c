"""The words all parts share."""

import pytest

from routing.values import Leg, Value


class Thing(Value, frozen=True, kw_only=True):
    a: int


def test_each_leg_knows_the_other():
    assert Leg.STATION.other is Leg.CSMS
    assert Leg.CSMS.other is Leg.STATION


def test_values_are_frozen_and_named():
    with pytest.raises(AttributeError):
        Thing(a=1).a = 2
    with pytest.raises(TypeError):
        Thing(1)
