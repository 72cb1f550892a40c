"""The page of state machines says what the tables say."""

from pathlib import Path

from localctl.states import MACHINES, page

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_the_one_the_tables_give():
    assert (ROOT / "localctl" / "docs" / "states.md").read_text() == page(), "run `make docs`"


def test_every_move_of_every_machine_is_drawn():
    drawn = page()
    for _, moves in MACHINES.values():
        for (here, move), there in moves.items():
            assert f"    {here.value} --> {there.value}: {getattr(move, 'value', move)}\n" in drawn
