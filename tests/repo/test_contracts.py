"""Who may import whom: the contracts hold, and each still covers what it is there for."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.repo.tree import ROOT, sources

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def test_all_import_contracts_are_kept():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pure_packages_have_their_contract():
    sources = {source for contract in CONTRACTS for source in contract.get("source_modules", [])}
    assert {"routing", "localctl.charging", "localctl.demo", "localctl.net"} <= sources


def test_no_contract_is_weakened_by_exceptions():
    assert [contract["name"] for contract in CONTRACTS if contract.get("ignore_imports")] == []


def test_every_part_of_localctl_has_its_layer():
    """What is in no layer may import anything, unnoticed."""
    (layers,) = (one["layers"] for one in CONTRACTS if one["type"] == "layers" and one["containers"] == ["localctl"])
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    parts = {path.parts[1].removesuffix(".py") for path in sources() if path.parts[0] == "localctl"}
    assert parts - {"__init__", "__main__"} == placed
