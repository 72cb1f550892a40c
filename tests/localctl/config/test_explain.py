"""pydantic's findings in an electrician's words; each message has a golden file, here is what holds for all of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.config.explain import table_at
from localctl.config.model import Config, Evse, Station
from localctl.config.schema import json_schema
from tests.localctl.config.files import ROUTER, read

WRONG = ["true", "-1e9", "1e99", "1.5", '"hunter2"', "[]", "{}", "inf", "1979-05-27", "[[1]]", "{ a = 1 }", '""']


def keys():
    """Every key of every table: (header, key)."""
    schema = json.loads(json_schema())
    for name, entry in schema["properties"].items():
        many = entry.get("type") == "array"
        target = (entry.get("$ref") or entry["items"]["$ref"]).rpartition("/")[2]
        for key in schema["$defs"][target]["properties"]:
            yield (f"[[{name}]]" if many else f"[{name}]", key)


@pytest.mark.parametrize(("header", "key"), list(keys()), ids=lambda part: str(part).strip("[]"))
def test_every_key_answers_every_wrong_value_with_a_sentence_on_its_own_line(header, key):
    for value in WRONG:
        loaded = read(f"{header}\n{key} = {value}\n")
        for problem in loaded.problems:
            assert problem.what
            assert "Input should" not in problem.what + problem.hint
            assert "hunter2" not in problem.text or "password" not in key
        mine = [problem for problem in loaded.problems if problem.path.endswith(f".{key}") and problem.place]
        assert all(problem.place.line == 2 for problem in mine)


@given(st.sampled_from(sorted(Station.model_fields)), st.data())
def test_one_slip_of_the_finger_is_answered_with_the_right_key(key, data):
    at = data.draw(st.integers(0, len(key) - 1))
    slip = key[:at] + data.draw(st.sampled_from(["", "x"])) + key[at + 1 :]
    if slip in Station.model_fields or len(key) < 5:
        return
    loaded = read(ROUTER + f'[[station]]\nidentity = "CP1"\n{slip or "x"} = 1\n')
    hints = [problem.hint for problem in loaded.problems if problem.what == "unknown key"]
    assert hints
    assert hints[0].startswith("did you mean")


def test_the_table_of_a_path_is_found_through_arrays():
    assert table_at(("station", 3, "evses", 0)) is Evse
    assert table_at(()) is Config
    assert table_at(("nowhere",)) is None
    assert table_at(("http", "port")) is None
