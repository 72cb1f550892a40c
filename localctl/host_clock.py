"""Whether somebody keeps this computer's clock right: the kernel knows, whatever the daemon is called."""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Final

_UNSYNCHRONISED: Final = 5
"""TIME_ERROR, what adjtimex(2) returns while the clock is not synchronised."""
_TIMEX_BYTES: Final = 512
"""More than `struct timex` takes on any machine; zeros ask and change nothing."""


def synchronised() -> bool:
    """True when NTP or its like keeps the system clock right; False where that cannot be known."""
    adjtimex = _adjtimex()
    return adjtimex is not None and adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) not in (-1, _UNSYNCHRONISED)


@cache
def _adjtimex() -> Callable[..., int] | None:
    """The kernel's call, looked up once: each look leaves classes behind, and the clock is asked every second."""
    try:
        found: Callable[..., int] = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    return found
