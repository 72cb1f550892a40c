"""`localctl version`."""

import platform

import pytest

import localctl
from localctl.cli import version


def test_version_names_localctl_and_python_on_stdout(capsys: pytest.CaptureFixture[str]):
    assert version.run() == 0
    shown = capsys.readouterr()
    assert shown.out == f"localctl {localctl.__version__} (Python {platform.python_version()})\n"
    assert shown.err == ""
