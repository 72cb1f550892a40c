"""The project's own files, for the tests that look at them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("routing", "localctl")


def sources() -> list[Path]:
    """Every Python file of the product, relative to the project."""
    found = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(found)


def all_python() -> list[Path]:
    """Every Python file of the project, tests too."""
    return sorted([*sources(), *(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))])


def parsed(path: Path) -> ast.Module:
    """The syntax tree of one of them."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method in a file."""
    return (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def third_party_imports(path: Path) -> set[str]:
    """Top names of what a file imports, by whatever way."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.split(".")[0])
    return names


def raises_in_except_star(path: Path) -> list[int]:
    """Lines that raise a new error inside an `except*`."""
    handlers = (h for node in ast.walk(parsed(path)) if isinstance(node, ast.TryStar) for h in node.handlers)
    return [node.lineno for h in handlers for node in ast.walk(h) if isinstance(node, ast.Raise) and node.exc]
