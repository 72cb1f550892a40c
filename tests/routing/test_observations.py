"""Observations name their station, and keep secrets out of texts."""

from typing import get_args, get_type_hints

import pytest

import routing
from routing.exchange import DropCause
from routing.observations import FrameDropped, LinkLost, LinkRefused, Observation, PasswordChanged
from routing.partings import LostCause, RefusedCause

FACTS = [
    kind for kind in vars(routing.observations).values() if isinstance(kind, type) and issubclass(kind, Observation)
]


@pytest.mark.parametrize("kind", FACTS)
def test_every_fact_names_its_station(kind):
    assert kind.__struct_fields__[0] == "identity"
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize("say", [repr, str, "{!r}".format, "{}".format])
def test_p7_a_new_password_shows_in_no_text(say):
    text = say(PasswordChanged(identity="CS-17", password=b"hush"))
    assert "CS-17" in text
    assert "hush" not in text


@pytest.mark.parametrize(
    ("kind", "said"), [(LinkLost, LostCause), (LinkRefused, RefusedCause), (FrameDropped, DropCause)]
)
def test_the_words_for_metrics_are_exactly_those_the_router_uses(kind, said):
    assert set(get_args(get_type_hints(kind)["cause"])) == set(get_args(said))
