"""The names behind which a WebSocket engine stands: both legs keep them, and none of them tells a secret."""

from typing import get_args

import pytest

from localctl.net.legs import CsmsSocket, StationSocket
from localctl.net.sockets import Cause, DialRefused, MessageSocket, UpgradeRequest
from localctl.observe.catalogue import LEG_CAUSES


@pytest.mark.parametrize("leg", [StationSocket, CsmsSocket])
def test_both_legs_offer_all_that_the_box_asks_of_a_message_socket(leg):
    asked = {name for name in vars(MessageSocket) if not name.startswith("_")}
    assert asked
    assert {name for name in asked if not hasattr(leg, name)} == set()


def test_every_cause_of_an_end_has_its_series():
    assert set(get_args(Cause)) == set(LEG_CAUSES)


def test_p7_a_request_shows_whose_it_is_and_no_credentials():
    request = UpgradeRequest(
        "/CP1?token=canary", ("ocpp1.6",), b"Basic canary", b"agent", None, "192.0.2.1", None
    )  # fmt: skip
    assert repr(request) == f"{request}" == "UpgradeRequest(peer='192.0.2.1')"


def test_a_refused_dial_says_its_status_and_keeps_the_answer_apart():
    refused = DialRefused(403, ((b"x", b"canary"),), b"canary")
    assert str(refused) == "HTTP status 403"
    assert (refused.status, refused.body) == (403, b"canary")
