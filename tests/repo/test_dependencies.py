"""What is imported is declared, what is declared is locked, and the lock names no place to fetch from."""

import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import packages_distributions

from tests.repo.tree import PACKAGES, ROOT, sources, third_party_imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


PARTS = {"pydantic-core": "pydantic"}
"""Distributions that come with another and are pinned by it."""


def plain(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    return {plain(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in PROJECT["project"]["dependencies"]}


def locked() -> dict[str, str]:
    return {plain(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE)}


def owners(name: str, distributions: Mapping[str, list[str]]) -> set[str]:
    """The distributions that bring what is imported by this name."""
    found = {plain(owner) for owner in distributions.get(name, [name])}
    return {PARTS.get(owner, owner) for owner in found}


def test_the_product_imports_only_what_it_declares():
    """The test tools are not on the appliance."""
    distributions, allowed = packages_distributions(), declared()
    undeclared = {
        f"{path}: {name}"
        for path in sources()
        for name in third_party_imports(path) - set(PACKAGES) - set(sys.stdlib_module_names)
        if not owners(name, distributions) & allowed
    }
    assert undeclared == set()


def test_every_dependency_is_locked():
    assert declared() - set(locked()) == set()


def test_every_declared_dependency_is_used():
    imported = set().union(*map(third_party_imports, sources()))
    distributions = packages_distributions()
    names = set().union(*(owners(name, distributions) for name in imported))
    assert declared() - names == set()


def test_the_lock_keeps_the_lower_bounds():
    def key(version: str) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", version))

    for line in PROJECT["project"]["dependencies"]:
        found = re.fullmatch(r"([\w.-]+)(==|>=)([\d.]+)", line)
        assert found, line
        name, how, bound = found.groups()
        version = locked()[plain(name)]
        assert version == bound if how == "==" else key(version) >= key(bound)


def test_every_locked_package_has_its_hashes():
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_index_and_no_host():
    assert not re.search(r"https?:|index-url|find-links|trusted-host|@ file|/", LOCK)


def test_every_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    lines = [line for line in block.splitlines() if line.strip().startswith('"')]
    assert lines
    assert [line for line in lines if "# " not in line] == []
