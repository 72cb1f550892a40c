"""Programs that these tests need: missing ones skip a test on a developer's machine and fail it in CI."""

import os
import shutil

import pytest


def need(*programs: str, root: bool = False) -> None:
    """Go on only where all of these can be run, as root where that is needed too."""
    missing = [program for program in programs if shutil.which(program) is None]
    why = f"not installed: {', '.join(missing)}" if missing else "only root can do this" if root and os.getuid() else ""
    if why and os.environ.get("LOCALCTL_CI"):
        pytest.fail(f"{why}; .ci/run must see to it")
    if why:
        pytest.skip(why)
