"""`localctl config schema` and `reference` print what is committed."""

from pathlib import Path

from localctl.cli.config import reference, schema

TOP = Path(__file__).parents[3]


def test_the_schema_is_printed_for_editors(capsys):
    assert schema() == 0
    assert capsys.readouterr().out == (TOP / "deploy" / "schema" / "localctl.schema.json").read_text()


def test_the_reference_is_printed_for_people(capsys):
    assert reference() == 0
    assert capsys.readouterr().out == (TOP / "localctl" / "docs" / "config.md").read_text()
