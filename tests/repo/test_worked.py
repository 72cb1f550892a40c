"""docs/decides.md against the product: every block and every figure in its sentences is what the controller does."""

import re

import pytest

from tests.repo.handbook import DOCS, fences, prose
from tests.repo.worked import PAGE, Yard, drawings, example, filled, story

AMPERES = re.compile(r"(\d+(?:\.\d+)?) A\b")


@pytest.fixture(scope="module")
def blocks() -> dict[str, str]:
    return story(example())


def test_every_block_of_the_page_is_what_the_controller_does(blocks: dict[str, str]):
    text = PAGE.read_text(encoding="utf-8")
    assert text == filled(text, blocks), "run `make docs`"
    assert [fence.words[0] for fence in fences(PAGE) if fence.language == "text"] == [
        "panels", "failsafe", "refused", "start", "two", "two-orders", "third", "third-orders", "weights", "classes",
        "classes-panels", "explain", "cut", "explain-waiting", "cut-orders", "one-phase", "departures",
    ]  # fmt: skip


def test_every_figure_in_the_sentences_is_in_a_block_or_worked_out_from_them(blocks: dict[str, str]):
    shown = {float(found) for body in blocks.values() for found in AMPERES.findall(body)}
    given = {float(found) for found in re.findall(r"\b\d+(?:\.\d+)?\b", example())}
    sums = re.findall(r"((?:[\d.]+ A(?: [-] )?)+(?: / \d+)?) = ([\d.]+) A", " ".join(prose(PAGE).split()))
    for sum_, result in sums:
        assert round(worked_out(sum_), 1) == float(result), sum_
    told = {float(found) for found in AMPERES.findall(prose(PAGE))}
    assert told - shown - given - {float(result) for _, result in sums} == {80.0}, "80 A is what the EMS says at first"
    assert len(sums) >= 6


def worked_out(sum_: str) -> float:
    """`63 A - 3 A - 12 A`, `32 A / 3`."""
    whole, _, parts = sum_.partition(" / ")
    first, *less = (float(amps) for amps in AMPERES.findall(whole))
    return (first - sum(less)) / float(parts or 1)


def test_a_page_with_a_wrong_figure_is_found(blocks: dict[str, str]):
    wrong = PAGE.read_text(encoding="utf-8").replace("A1       13.0 A", "A1       14.0 A")
    assert wrong != filled(wrong, blocks)


def test_the_cars_of_the_page_stay_within_its_fuses():
    yard = Yard(example())
    yard.joins(*yard.boxes).settles()
    for name in yard.boxes:
        yard.plugs_in(name).settles(20.0)
    allocation = yard.controller.last.allocation
    for number, bound in enumerate(allocation.capacities.bounds):
        assert bound.value is None or allocation.load(number) <= bound.value + 1e-6


@pytest.mark.parametrize("name", sorted(drawings()))
def test_drawings_of_sites_are_those_of_their_examples(name: str):
    assert (DOCS / "img" / name).read_text(encoding="utf-8") == drawings()[name](), "run `make docs`"
