"""Which version a link speaks (Part 4 3.3, TC_B_58)."""

import pytest

from routing.handshake import Version, agreed, early, hopeless, upward
from routing.policy import StationPolicy

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
PLAIN = StationPolicy(csms="main")
PINNED = StationPolicy(csms="main", subprotocol=V16)
ASSUMED = StationPolicy(csms="main", assume_subprotocol=V16)


@pytest.mark.parametrize(
    ("policy", "offer", "expected"),
    [
        (PLAIN, (V201, V16), (V201, V16)),
        (PLAIN, (), ()),
        (PINNED, (V201, V16), (V16,)),
        (PINNED, (V201,), ()),
        (PINNED, (), ()),
        (ASSUMED, (), (V16,)),
        (ASSUMED, (V201,), (V201,)),
    ],
)
def test_1_3_5_the_csms_is_offered_the_stations_list_in_its_order(policy, offer, expected):
    assert upward(policy, offer) == expected


@pytest.mark.parametrize(
    ("policy", "offer", "chosen", "expected"),
    [
        (PLAIN, (V201, V16), V16, Version(spoken=V16, header=V16)),
        (PLAIN, (V201,), None, None),
        (PLAIN, (V201,), V21, None),
        (PLAIN, (), None, Version(spoken="", header=None)),
        (PLAIN, (), V16, None),
        (ASSUMED, (), V16, Version(spoken=V16, header=None)),
        (ASSUMED, (), None, Version(spoken=V16, header=None)),
        (ASSUMED, (V201,), None, Version(spoken=V16, header=None)),
        (PINNED, (V201, V16), V201, None),
    ],
)
def test_1_3_6_the_csms_chooses_and_the_station_is_told_what_it_would_be_told_directly(policy, offer, chosen, expected):
    assert agreed(policy, offer, chosen) == expected


@pytest.mark.parametrize(
    ("policy", "offer", "expected"),
    [
        (PLAIN, (V16, V201), Version(spoken=V201, header=V201)),
        (PLAIN, ("ocpp0.1", V16), Version(spoken=V16, header=V16)),
        (PLAIN, ("ocpp0.1",), None),
        (PLAIN, (), Version(spoken="", header=None)),
        (ASSUMED, (), Version(spoken=V16, header=None)),
        (PINNED, (V201, V16), Version(spoken=V16, header=V16)),
    ],
)
def test_quirk_2_early_chooses_by_itself_what_is_preferred(policy, offer, expected):
    assert early(policy, offer) == expected


def test_quirk_3_a_pin_that_leaves_nothing_is_hopeless():
    assert hopeless(PINNED, (V201,))
    assert not hopeless(PINNED, (V201, V16))
    assert not hopeless(PINNED, ())
