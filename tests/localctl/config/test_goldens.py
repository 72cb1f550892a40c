"""Every message has a file that provokes it: tests/fixtures/config/NAME.bad.toml and what is said, NAME.expected.

After a deliberate change of words run this module as a program, and read the difference before you commit it.
"""

from pathlib import Path

import pytest

from localctl.config.load import parse
from localctl.config.report import as_text
from localctl.plan_site import check_topology

FOLDER = Path(__file__).parents[2] / "fixtures" / "config"
BAD = sorted(FOLDER.glob("*.bad.toml"))


def said(bad: Path) -> str:
    """What `localctl check` says about it in a folder /site without other files and with an empty environment."""
    loaded = check_topology(parse(bad.read_bytes(), file=bad.name, folder=Path("/site"), environ={}))
    return as_text(loaded.problems, [bad.name]) + "\n"


def expected(bad: Path) -> Path:
    return bad.with_name(bad.name.replace(".bad.toml", ".expected"))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.removesuffix(".bad.toml"))
def test_the_mistake_is_named_with_place_and_way_out(bad):
    assert said(bad) == expected(bad).read_text()


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.removesuffix(".bad.toml"))
def test_no_message_shows_a_password(bad):
    assert "hunter2" not in said(bad)


def test_every_expected_text_has_its_file():
    assert sorted(FOLDER.glob("*.expected")) == sorted(expected(bad) for bad in BAD)
    assert len(BAD) > 90


if __name__ == "__main__":
    for each in BAD:
        expected(each).write_text(said(each))
