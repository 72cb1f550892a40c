"""The page of local answers says what the table says."""

from pathlib import Path

from localctl.observe.reference_answers import page
from routing.carrying.answers import TABLE_HEAD, table_rows

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_the_one_the_table_gives():
    assert (ROOT / "localctl" / "docs" / "carrying.md").read_text() == page(), "run `make docs`"


def test_every_request_has_its_row():
    lines = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(lines) == len(table_rows())
    assert {line.count(" | ") for line in lines} == {len(TABLE_HEAD) - 1}
    for action, versions, *_ in table_rows():
        assert any(line.startswith(f"| `{action}` | {versions} |") for line in lines)
