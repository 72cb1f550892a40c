"""What the log says about a bug of ours."""

from localctl.net.blame import blame
from routing.errors import OurBug


def fail(error, secret="hunter2"):
    try:
        raise error
    except type(error) as caught:
        return blame(caught)


def test_a_foreign_exception_gives_its_kind_and_place_but_not_its_text():
    said = fail(KeyError("hunter2"))
    assert said["error"] == "KeyError"
    assert said["trace"].startswith("test_blame.py:")
    assert "hunter2" not in str(said)


def test_our_own_bug_gives_its_text_also_from_within_a_group():
    assert fail(ExceptionGroup("x", [OurBug("no such move")]))["error"] == "OurBug: no such move"
