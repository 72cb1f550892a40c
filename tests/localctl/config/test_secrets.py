"""A secret shows itself to `reveal` and to nothing else."""

import copy
import json
import pickle

import pytest
from pydantic import TypeAdapter, ValidationError

from localctl.config.secrets import Secret
from tests.localctl.config.files import ROUTER, good


def test_p7_no_usual_way_of_showing_a_secret_shows_it():
    secret = Secret("hunter2")
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>40}",
        repr([secret]),
        repr({"a": secret}),
    ]
    assert "hunter2" not in "".join(shown)
    assert secret.reveal() == "hunter2"


def test_p7_a_configuration_with_secrets_can_be_printed_and_dumped():
    config = good(
        ROUTER
        + """
[http]
token = "hunter2hunter2hunter2"
[[station]]
identity = "CP1"
verify = "local"
password = "hunter2"
"""
    )
    assert "hunter2" not in repr(config) + str(config) + repr(config.station[0])
    assert "hunter2" not in config.model_dump_json() + json.dumps(config.model_dump(mode="json"))
    assert config.station[0].password.reveal() == "hunter2"


def test_secrets_are_compared_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert copy.copy(Secret("a")) == copy.deepcopy(Secret("a")) == Secret("a")


def test_a_secret_is_not_pickled():
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("hunter2"))


@pytest.mark.parametrize("value", [5, True, None, "", ["hunter2"]])
def test_what_is_no_text_is_no_secret_and_the_error_does_not_show_it(value):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(Secret).validate_python(value)
    assert error.value.error_count() == 1
