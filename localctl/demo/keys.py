"""The EMS's slider: keys on the terminal that the demo runs on. The terminal is as before when the demo ends.

+ or arrow up or right     5 A more            1 to 9     10 A to 90 A
- or arrow down or left    5 A less            0          nothing at all
"""

import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import trio

STEP_A = 5.0
MORE, LESS = (b"+", b"=", b"\x1b[A", b"\x1b[C"), (b"-", b"_", b"\x1b[B", b"\x1b[D")
HINT = "keys: + and - by 5 A, 1 to 9: 10 to 90 A, Ctrl-C ends"


def turned(limit_a: float, typed: bytes) -> float | None:
    """Where the slider is after these keys, which may be where it was; None when none of them is the slider's."""
    touched = False
    while typed:
        key = typed[:3] if typed.startswith(b"\x1b[") else typed[:1]
        if key in MORE or key in LESS:
            limit_a += STEP_A if key in MORE else -STEP_A
        elif key.isdigit():
            limit_a = 10.0 * int(key)
        touched = touched or key in MORE or key in LESS or key.isdigit()
        typed = typed[len(key) :]
    return limit_a if touched else None


def terminal() -> int | None:
    """The file descriptor to read keys from; None unless we are in the foreground of a terminal."""
    try:
        fd = sys.stdin.fileno()
        return fd if os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp() else None
    except (OSError, ValueError, AttributeError):
        return None


async def listen(fd: int, position: Callable[[], float], slide: Callable[[float], None]) -> None:
    """Turn the slider as its keys are pressed, also to where it is, until cancelled or the terminal is gone."""
    with key_by_key(fd):
        while True:
            await trio.lowlevel.wait_readable(fd)
            try:
                typed = os.read(fd, 64)
            except OSError:
                return
            if not typed:
                return
            after_a = turned(position(), typed)
            if after_a is not None:
                slide(after_a)


@contextmanager
def key_by_key(fd: int) -> Iterator[None]:
    """Keys arrive one by one and are not echoed; Ctrl-C still interrupts. Restored however the block ends."""
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd, termios.TCSADRAIN)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
