"""What a finding says, in which order, and that a broken check is one of them."""

import json

from rich.console import Console

from localctl.cli.findings import Level, fault, good, looked, shown, told, warning

FOUND = [good("a", "fine"), fault("b [1]", "broken", "mend it"), warning("c", "thin", "watch it")]


def test_the_worst_comes_first_and_every_way_out_is_told(capsys):
    console = Console(width=200, highlight=False)
    for part in shown(FOUND):
        console.print(part)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["fault", "warning", "good"]
    assert lines[-1] == "3 things looked at: 1 fault, 1 warning"
    assert "hint for b [1]: mend it" in lines
    assert not any("hint for a" in line for line in lines)


def test_for_programs_it_is_json():
    assert json.loads(told(FOUND))[1] == {"level": "fault", "where": "b [1]", "what": "broken", "hint": "mend it"}


def test_a_check_that_breaks_is_a_finding_that_tells_no_secret():
    def check():
        yield good("a", "fine")
        raise ValueError("hunter2")

    found = list(looked("the clock", check))
    assert [one.level for one in found] == [Level.GOOD, Level.FAULT]
    assert (found[1].where, found[1].what) == ("the clock", "could not be checked (ValueError)")
