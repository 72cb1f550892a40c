"""`localctl version`: what is installed."""

import platform

import localctl
from localctl.cli import OK


def run() -> int:
    """Print localctl's and Python's version on one line."""
    print(f"localctl {localctl.__version__} (Python {platform.python_version()})")
    return OK
