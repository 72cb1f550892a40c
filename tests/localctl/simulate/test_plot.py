"""Step plots as SVG."""

from math import inf
from xml.etree import ElementTree

import pytest

from localctl.simulate.plot import HEIGHT, LEFT, WIDTH, Curve, legend, nice, steps_plot


@pytest.mark.parametrize(("most", "top"), [(0.3, 0.3), (1, 1), (7, 8), (12, 15), (40, 40), (41, 50), (99, 100)])
def test_axes_end_at_round_numbers(most, top):
    assert nice(most) == pytest.approx(top)


def plot(*curves, **options):
    settings = {"bucket_h": 0.5, "start_h": 22, "unit": " A", "title": "a & b", **options}
    return ElementTree.fromstring(steps_plot(curves, **settings))


def test_a_curve_is_a_row_of_steps_inside_the_frame():
    figure = plot(Curve(name="L1", style="l1", values=[0.0, 10.0]))
    path = figure.find("path").get("d")
    numbers = [float(number) for number in path.replace("M", " ").replace("L", " ").replace("H", " ").split()]
    assert path.count("H") == 2
    assert min(numbers) >= 0
    assert max(numbers) <= WIDTH
    assert path.startswith(f"M{LEFT:.1f} {HEIGHT - 22:.1f}")


def test_a_gap_is_not_bridged():
    path = plot(Curve(name="limit", style="limit", values=[5.0, inf, 5.0])).find("path").get("d")
    assert path.count("M") == 2


def test_hours_go_on_after_midnight():
    words = [text.text for text in plot(Curve(name="x", style="x", values=[1.0] * 8)).iter("text")]
    assert {"22:00", "23:00", "00:00", "01:00", "02:00"} <= set(words)
    assert "1 A" in words


def test_names_are_escaped():
    curve = Curve(name="<b>", style="l1", values=[])
    assert "&lt;b&gt;" in legend([curve])
    assert plot(curve).get("aria-label") == "a & b"
    assert plot(curve).find("path") is None
