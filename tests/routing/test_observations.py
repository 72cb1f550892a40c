"""Observations name their station, and keep secrets out of texts."""

import pytest

import routing
from routing.observations import Observation, PasswordChanged

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
