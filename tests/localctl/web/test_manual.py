"""The manual on the page: shipped files only, no raw HTML, links that stay inside."""

from pathlib import Path

import pytest

from localctl.web.manual import FOLDER, Manual, anchor
from tests.localctl.web.shown import Tags

EVIL = """# Evil `page`

<script>alert(1)</script> <img src=x onerror=alert(2)>

[js](javascript:alert(1)) [away](https://evil.example/) [other](other.md#part-two) [gone](gone.md) [here](#evil-page)
![logo](img/shot.png) ![far](https://evil.example/x.png)

| a | b |
| - | - |
| 1 | `2` |
"""


@pytest.fixture
def manual(tmp_path: Path) -> Manual:
    (tmp_path / "evil.md").write_text(EVIL)
    (tmp_path / "other.md").write_text("no heading\n\n## Part two\n")
    (tmp_path / "troubleshooting.md").write_text("# When things break\n")
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "shot.png").write_bytes(b"\x89PNG")
    (tmp_path / "img" / "site.svg").write_text("<svg/>")
    (tmp_path / "img" / "notes.txt").write_text("no picture")
    return Manual(tmp_path)


def test_pages_are_listed_by_title_in_reading_order(manual: Manual):
    assert manual.titles() == [
        ("troubleshooting", "When things break"), ("evil", "Evil page"), ("other", "other"),
    ]  # fmt: skip


def test_p6_raw_html_is_text_and_links_stay_inside(manual: Manual):
    page = manual.page("evil")
    assert page is not None
    tags = Tags(page)
    assert {"script", "onerror"} & {tag for tag, _ in tags.seen} == set()
    assert "<script>alert(1)</script>" in tags.text
    assert list(tags.attributes("href")) == ["/docs/other#part-two", "#evil-page"]
    assert list(tags.attributes("src")) == ["/docs/img/shot.png", ""]


def test_tables_and_anchors_work(manual: Manual):
    page = manual.page("evil")
    assert page is not None
    assert "<td>1</td>" in page
    assert 'id="evil-page"' in page
    assert anchor("What `localctl check` says, and why") == "what-localctl-check-says-and-why"


@pytest.mark.parametrize("name", ["gone", "../evil", "evil.md", "", "img/shot.png", "%2e%2e/evil"])
def test_what_is_not_shipped_has_no_page(manual: Manual, name: str):
    assert manual.page(name) is None
    assert manual.picture(name) is None


def test_pictures_are_served_by_name_and_say_their_kind(manual: Manual):
    assert manual.picture("shot.png") == (b"\x89PNG", "image/png")
    assert manual.picture("site.svg") == (b"<svg/>", "image/svg+xml")
    assert manual.picture("notes.txt") is None


def test_every_shipped_page_can_be_made_and_leads_only_to_what_is_there():
    manual = Manual()
    names = {name for name, _ in manual.titles()}
    assert {path.stem for path in FOLDER.glob("*.md")} == names
    for name in names:
        page = manual.page(name)
        assert page
        targets = {href.partition("#")[0].removeprefix("/docs/") for href in Tags(page).attributes("href")}
        assert targets - {""} <= names
