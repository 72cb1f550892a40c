"""What the project's texts tell people to type exists, and the example configuration is good."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from localctl.cli.main import app
from tests.repo.tree import ROOT

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "localctl" / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
    if path.name != "CHANGELOG.md"
)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
WANTED = {"demo", "test", "lint", "types", "contracts", "bench", "soak", "lock", "clean"}


def code_of(page: Path) -> list[str]:
    """Everything a page shows as code: lines of its blocks and single spans."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()] + spans


def command_names() -> set[tuple[str, ...]]:
    root = typer.main.get_command(app)
    names: set[tuple[str, ...]] = set()
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        names |= {(name,), *((name, inner) for inner in getattr(command, "commands", {}))}
    return names


def test_the_makefile_has_the_targets_people_expect():
    assert WANTED <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_in_texts_exist(page: Path):
    told = {
        target
        for line in code_of(page)
        for words in re.findall(r"(?:^|\s)make((?: [a-z]+)+)$", line.split("#")[0].rstrip())
        for target in words.split()
    }
    assert told <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_localctl_commands_in_texts_exist(page: Path):
    told = {
        tuple(found.group(1).split())
        for line in code_of(page)
        if (found := re.match(r"(?:\S*/)?localctl ((?:config |password )?[a-z]+)(?: |$)", line))
    }
    assert told <= command_names()


def test_the_example_configuration_checks_clean():
    done = subprocess.run(
        [sys.executable, "-m", "localctl", "check", "--strict", "config.toml"],
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_make_test_and_can_be_started():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    for line in ("set -euo pipefail", "make test", "make lint", "make types", "make contracts"):
        assert line in text
    assert subprocess.run(["bash", "-n", script], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("target", sorted(WANTED))
def test_each_target_has_a_line_of_help(target: str):
    assert re.search(rf"^{target}:.*## \S", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_make_says_first_that_setting_up_takes_a_while(tmp_path: Path):
    told = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "setup", f"VENV={tmp_path / 'new'}"],
        capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
    ).stdout.splitlines()  # fmt: skip
    assert told[0].startswith("echo ")
    assert "a minute or two" in told[0]
    assert told[0].endswith(">&2")


def test_the_readme_calls_the_program_by_one_name_once_it_has_been_set_up():
    own = (ROOT / "README.md").read_text(encoding="utf-8").partition("Then make it yours")[2]
    assert ". .venv/bin/activate" in own
    assert "bin/localctl" not in own
