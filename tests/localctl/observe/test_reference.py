"""The committed page of all metrics is what the program would write today."""

from pathlib import Path

import localctl
from localctl.observe.catalogue import ROWS
from localctl.observe.reference import reference


def test_the_committed_reference_is_up_to_date():
    committed = Path(localctl.__file__).parent / "docs" / "metrics.md"
    assert committed.read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_every_metric_has_exactly_one_line():
    lines = reference().splitlines()
    for row in ROWS:
        assert sum(line.startswith(f"| `{row.name}` |") for line in lines) == 1


def test_no_cell_breaks_the_table():
    rows = [line for line in reference().splitlines() if line.startswith("| `")]
    assert rows
    assert all(line.count("|") == 6 for line in rows)
