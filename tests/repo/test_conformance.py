"""The conformance table says what the tests hold, and nothing else."""

import pytest

from tests.repo import conformance
from tests.repo.tree import ROOT


def test_the_committed_table_is_the_generated_one():
    committed = (ROOT / "localctl" / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert committed == conformance.page(), "run `make docs`"


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("k01_fr31_the_first_period_starts_at_zero", ["K01.FR.31"]),
        ("a_password_is_learnt_a01_fr_03", ["A01.FR.03"]),
        ("tc_k_41_cs_back_to_the_default", ["TC_K_41"]),
        ("in_order_p4", ["P4"]),
        ("stays_6_3", ["6.3"]),
        ("6_3_1_is_a_section_of_our_own", []),
        ("quirk_16_3_and_10_7_are_no_requirements", []),
        ("e13_and_p4_together", ["E13", "P4"]),
    ],
)
def test_a_tests_name_tells_what_it_covers(name: str, ids: list[str]):
    assert [requirement for _, requirement in conformance.ids_in(name)] == ids


def test_a_row_is_said_in_the_words_of_the_test():
    assert conformance.sentence("test_k01_fr31_the_first_period_starts_at_zero") == "the first period starts at zero"
    assert conformance.sentence("test_a_station_stays_6_3") == "a station stays"
