"""The shape of the project: tests mirror the source, files stay readable, nothing is left half done."""

import ast
import re
from pathlib import Path

from tests.repo.tree import ROOT, all_python, functions, parsed, raises_in_except_star, sources

MAX_MODULE_LINES = 400
MAX_TEST_LINES = 800
MAX_FUNCTION_LINES = 70
TESTED_ELSEWHERE = {
    "localctl/__main__.py": "two lines; tests/localctl/cli/test_main.py starts it in a process of its own",
    "localctl/net/stats.py": "counters without behaviour; test_net_feed.py follows each to its series",
    **dict.fromkeys(
        (
            "localctl/config/model_net.py",
            "localctl/config/model_outage.py",
            "localctl/config/model_site.py",
            "localctl/config/model_station.py",
        ),
        "tables of one model; test_model.py, test_crosscheck*.py and the golden files read them through the whole",
    ),
}
"""Source files without a test file of their own, each with its reason."""

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def has_test_file(source: Path) -> bool:
    """`localctl/net/wire.py` is tested by `tests/localctl/net/test_wire.py` or `test_wire_….py`."""
    return any((ROOT / "tests" / source.parent).glob(f"test_{source.stem}*.py"))


def test_every_source_file_has_its_test_file_or_a_reason():
    files = [path for path in sources() if path.name != "__init__.py"]
    assert files
    untested = [str(path) for path in files if not has_test_file(path) and str(path) not in TESTED_ELSEWHERE]
    assert not untested, "no test file:\n" + "\n".join(untested)


def test_reasons_are_for_files_that_need_one():
    assert [name for name in TESTED_ELSEWHERE if not (ROOT / name).exists() or has_test_file(Path(name))] == []


def test_no_module_is_too_long_to_read():
    too_long = {}
    for path in all_python():
        lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
        if lines > (MAX_TEST_LINES if path.parts[0] == "tests" else MAX_MODULE_LINES):
            too_long[str(path)] = lines
    assert too_long == {}


def test_no_function_is_too_long_to_read():
    too_long = {}
    for path in sources():
        for function in functions(path):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                too_long[f"{path}: {function.name}"] = lines
    assert too_long == {}


def test_every_module_says_what_it_is_for():
    silent = [str(path) for path in sources() if (ROOT / path).stat().st_size and not ast.get_docstring(parsed(path))]
    assert silent == []


def test_nothing_is_left_for_later():
    unfinished = [str(path) for path in all_python() if UNFINISHED.search((ROOT / path).read_text(encoding="utf-8"))]
    assert unfinished == []


def test_packages_carry_their_marker_for_type_checkers():
    assert (ROOT / "localctl" / "py.typed").exists()


def test_nothing_is_raised_inside_an_except_star():
    """Before Python 3.11.4 it comes out wrapped in a group: Debian 12 has 3.11.2."""
    assert {str(path): lines for path in all_python() if (lines := raises_in_except_star(path))} == {}
