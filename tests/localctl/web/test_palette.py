"""Colours: contrast by WCAG AA in both themes, computed."""

import re
from pathlib import Path

import pytest

from localctl.web.assets import FOLDER
from localctl.web.palette import DARK, LIGHT, SHAPES, TEXT, contrast, style_sheet

THEMES = {"light": LIGHT, "dark": DARK}
CSS = (Path(FOLDER) / "page.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "behind"), TEXT)
def test_text_has_at_least_4_5_to_1(theme: str, text: str, behind: str):
    assert contrast(THEMES[theme][text], THEMES[theme][behind]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("part", "touches"), SHAPES)
def test_parts_of_drawings_have_at_least_3_to_1(theme: str, part: str, touches: str):
    assert contrast(THEMES[theme][part], THEMES[theme][touches]) >= 3


def test_contrast_is_computed_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_themes_have_the_same_colours_and_the_style_sheet_has_them_all():
    assert LIGHT.keys() == DARK.keys()
    sheet = style_sheet()
    for colour in [*LIGHT.values(), *DARK.values()]:
        assert sheet.count(colour) >= 2


def test_the_style_uses_colours_of_the_palette_only():
    used = set(re.findall(r"var\(--(\w+)\)", CSS))
    assert used <= LIGHT.keys()
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[ ;}])", CSS) == []
