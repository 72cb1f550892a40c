"""The name of the program as the reader's shell knows it."""

import sys
from pathlib import Path

import pytest

from localctl.cli.called import called


@pytest.mark.parametrize("typed", [".venv/bin/localctl", "/opt/a b/localctl"])
def test_it_is_what_was_typed_unless_the_shell_finds_it_by_name(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "argv", [typed, "config", "init"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert called() == (f"'{typed}'" if " " in typed else typed)
    (tmp_path / "localctl").touch(mode=0o755)
    assert called() == "localctl"


def test_a_module_is_started_as_a_module(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["/x/localctl/__main__.py"])
    assert called() == f"{sys.executable} -m localctl"
