"""The slider's keys, on a real pseudo-terminal."""

import os
import pty
import termios

import pytest
import trio

from localctl.demo.keys import key_by_key, listen, terminal, turned


@pytest.fixture
def ends():
    """A terminal: the keyboard's end and the program's."""
    try:
        keyboard, program = pty.openpty()
    except OSError as why:  # some build sandboxes
        pytest.skip(f"no pseudo-terminals here: {why}")
    yield keyboard, program
    os.close(keyboard)
    os.close(program)


@pytest.mark.parametrize(
    ("typed", "after_a"),
    [(b"+", 45), (b"-", 35), (b"++-", 45), (b"\x1b[A", 45), (b"\x1b[D\x1b[B", 30), (b"7", 70), (b"0", 0), (b"6+", 65)],
)
def test_keys_turn_the_slider(typed, after_a):
    assert turned(40, typed) == after_a


@pytest.mark.parametrize("typed", [b"x", b"\x1b", b"\x1b[", b"\x1b[H", b"", b"\xff"])
def test_other_keys_are_not_the_sliders(typed):
    assert turned(40, typed) is None


@pytest.mark.parametrize("typed", [b"4", b"+-", b"x4"])
def test_a_key_that_sets_what_is_set_is_the_sliders(typed):
    assert turned(40, typed) == 40


def test_the_terminal_is_as_before_however_it_ends(ends):
    _, program = ends
    before = termios.tcgetattr(program)
    with key_by_key(program):
        inside = termios.tcgetattr(program)
    assert not inside[3] & (termios.ICANON | termios.ECHO)
    assert inside[3] & termios.ISIG
    assert termios.tcgetattr(program) == before
    with pytest.raises(ZeroDivisionError):
        _fail_inside(program)
    assert termios.tcgetattr(program) == before


def _fail_inside(program):
    with key_by_key(program):
        raise ZeroDivisionError


async def test_keys_are_heard_one_by_one_and_the_rest_is_ignored(ends):
    keyboard, program = ends
    before, slid = termios.tcgetattr(program), []
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen, program, lambda: slid[-1] if slid else 40.0, slid.append)
            await trio.testing.wait_all_tasks_blocked()
            for typed in (b"+", b"x", b"-", b"3", b"3"):
                os.write(keyboard, typed)
                await trio.testing.wait_all_tasks_blocked(0.05)
            nursery.cancel_scope.cancel()
    assert slid == [45, 40, 30, 30]
    assert termios.tcgetattr(program) == before


def test_without_a_terminal_there_are_no_keys(monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert terminal() is None
    monkeypatch.setattr("sys.stdin", None)
    assert terminal() is None
