"""The conformance table: a row per requirement id that a test names, written anew by `make docs`.

A test says in its name what it covers (`test_k01_fr31_the_first_period_starts_at_zero`), so the table cannot promise
what no test holds: it says in each test's own words what is held, and where.
"""

import re
from collections import defaultdict
from pathlib import Path

from tests.repo.tree import all_python, functions

BLOCKS = {
    "A": "Security", "B": "Provisioning", "C": "Authorization", "D": "Local authorization lists",
    "E": "Transactions", "F": "Remote control", "G": "Availability", "H": "Reservation", "I": "Tariff and cost",
    "J": "Meter values", "K": "Smart charging", "L": "Firmware", "M": "Certificates", "N": "Diagnostics",
    "O": "Display messages", "P": "Data transfer", "Q": "Bidirectional power",
}  # fmt: skip
PROMISES = "Promises of localctl"
PART_4 = "OCPP-J, Part 4: the Local Controller"
CASES = "Test cases of Part 6"
_ID = re.compile(r"(?:^|_)(?:(?P<case>tc_[a-z]_\d+)(?:_cs(?:ms)?)?|(?P<use>[a-q]\d\d)(?:_fr_?(?P<fr>\d+))?)(?=_|$)")
_PROMISE = re.compile(r"(?:^|_)(p[1-7])(?=_|$)")
_CHAPTER_6 = re.compile(r"^6_([1-5])(?=_(?!\d))|(?<=[a-z])_6_([1-5])$")
HEAD = """# Conformance

What of OCPP is held by a test, by requirement id: a row says in the words of the tests what they hold. Written from the
tests' names by `make docs`. A Local Controller relays what it does not decide: requirements for stations and CSMSs pass
through it unchanged, which the tests of P1 hold for every message of every version. localctl is not certified: the
certification programme knows stations and CSMSs only.

`FR` ids are those of OCPP 2.0.1 and 2.1 Part 2; rows without one belong to the use case as a whole.
"""


def ids_in(name: str) -> list[tuple[str, str]]:
    """Section and requirement id of everything that a test's name covers."""
    found = []
    for match in _ID.finditer(name):
        if match["case"]:
            found.append((CASES, match["case"].upper()))
        else:
            use = match["use"].upper()
            number = f".FR.{int(match['fr']):02d}" if match["fr"] else ""
            found.append((f"{use[0]}: {BLOCKS[use[0]]}", use + number))
    found += [(PROMISES, match[1].upper()) for match in _PROMISE.finditer(name)]
    return found + [(PART_4, f"6.{match[1] or match[2]}") for match in _CHAPTER_6.finditer(name)]


def sentence(name: str) -> str:
    """A test's name as a sentence, without its ids."""
    words = name.removeprefix("test_")
    for pattern in (_CHAPTER_6, _ID, _PROMISE):
        words = pattern.sub("_", words)
    return " ".join(words.split("_")).strip()


def covered() -> dict[str, dict[str, list[tuple[str, Path]]]]:
    """Section to requirement id to what the tests say, and in which file."""
    table: dict[str, dict[str, list[tuple[str, Path]]]] = defaultdict(lambda: defaultdict(list))
    for path in all_python():
        if path.parts[0] == "tests" and path.name.startswith("test_"):
            for function in functions(path):
                if function.name.startswith("test_"):
                    for section, requirement in ids_in(function.name.removeprefix("test_")):
                        table[section][requirement].append((sentence(function.name), path))
    return table


def page() -> str:
    """The whole table as Markdown."""
    table = covered()
    parts = [HEAD]
    for section in sorted(table, key=_order):
        rows = [_row(requirement, table[section][requirement]) for requirement in sorted(table[section], key=_natural)]
        parts.append("\n".join([f"## {section}\n", "| id | held | in |", "| --- | --- | --- |", *rows, ""]))
    return "\n".join(parts)


def _row(requirement: str, tests: list[tuple[str, Path]]) -> str:
    said = dict.fromkeys(words for words, _ in tests)
    where = dict.fromkeys(f"`{path.relative_to('tests')}`" for _, path in tests)
    return f"| {requirement} | {'<br>'.join(said)} | {'<br>'.join(where)} |"


def _order(section: str) -> tuple[int, str]:
    return ([PROMISES, PART_4].index(section) if section in (PROMISES, PART_4) else 2 + (section == CASES), section)


def _natural(requirement: str) -> list[tuple[int, str]]:
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", requirement)]


if __name__ == "__main__":
    print(page(), end="")
