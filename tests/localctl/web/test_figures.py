"""Figures as people read them."""

from localctl.web.figures import amps, drawn, per_phase, watts


def test_what_is_not_known_is_a_dash_and_not_zero():
    assert (amps("en", None), watts("de", None), per_phase("en", [None, None, None]), per_phase("en", [])) == ("–",) * 4
    assert amps("en", 0.0) == "0.0 A"


def test_figures_follow_the_language():
    assert (amps("de", 12.34), amps("en", 12.34, unit=False), watts("de", 12_400)) == ("12,3 A", "12.3", "12,4 kW")


def test_phases_that_are_alike_are_one_figure():
    assert per_phase("en", [16, 16, 16]) == "16.0 A"
    assert per_phase("en", [16, None, 0]) == "16.0 / – / 0.0 A"


def test_conductors_come_in_their_order():
    assert drawn("en", {"2": 5.0, "1": 6.0}, "?") == "6.0 / 5.0 A"
    assert drawn("en", None, "?") == "?"
