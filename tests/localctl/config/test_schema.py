"""The committed schema and reference are those of the code, and every key explains itself."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import tomli

from localctl.config.schema import json_schema, reference

TOP = Path(__file__).parents[3]


def test_the_committed_schema_is_the_generated_one():
    assert (TOP / "deploy" / "schema" / "localctl.schema.json").read_text() == json_schema()


def test_the_committed_reference_is_the_generated_one():
    assert (TOP / "localctl" / "docs" / "config.md").read_text() == reference()


def test_every_key_has_a_sentence_and_says_what_a_change_needs():
    tables = json.loads(json_schema())["$defs"]
    for name, table in tables.items():
        assert table["description"], name
        for key, entry in table["properties"].items():
            assert entry["description"].endswith("."), f"{name}.{key}"
            assert entry["x-reload"] in {"live", "reconnect", "restart"}, f"{name}.{key}"


def test_a_quantity_wears_its_unit_in_name_and_schema():
    units = {"_s": "s", "_a": "A", "_w": "W", "_v": "V", "_bytes": "B", "_kwh": "kWh", "_days": "d", "_mb": "MB"}
    for name, table in json.loads(json_schema())["$defs"].items():
        for key, entry in table["properties"].items():
            suffix = next((end for end in units if key.endswith(end)), None)
            assert entry.get("x-unit") == (units[suffix] if suffix else None), f"{name}.{key}"


def test_editors_accept_the_example_and_mark_its_mistakes():
    validator = jsonschema_rs.validator_for(json.loads(json_schema()))
    example = tomli.loads((TOP / "config.toml").read_text())
    validator.validate(example)
    example["listen"][0]["prot"] = 1
    with pytest.raises(jsonschema_rs.ValidationError, match="prot"):
        validator.validate(example)


def test_the_example_names_the_schema_on_its_first_line():
    first = (TOP / "config.toml").read_text().splitlines()[0]
    assert first == "#:schema ./deploy/schema/localctl.schema.json"


def test_the_reference_lists_each_key_of_a_station_once():
    text = reference()
    assert text.count("| `close_style` |") == 1
    assert text.count("| `identity` |") == 1
    assert "### `station.evses`: each entry" in text
