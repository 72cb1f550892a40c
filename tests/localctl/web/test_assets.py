"""Files the page loads: exactly those that were reviewed, and nothing that leads elsewhere."""

import hashlib
import re

from localctl.web.assets import FOLDER, load_assets

VENDORED = {
    "vendor/uplot.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "vendor/uplot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "vendor/uplot.licence.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
"""uPlot 1.6.32 as its authors published it."""


def test_the_vendored_library_is_byte_for_byte_the_published_one():
    found = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in VENDORED}
    assert found == VENDORED


def test_nothing_else_is_vendored():
    assert {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "vendor").iterdir()} == set(VENDORED)


def test_every_file_has_its_content_type_and_the_palette_is_among_them():
    assets = load_assets()
    assert assets["page.js"][1].startswith("text/javascript")
    assert b"--ink:" in assets["palette.css"][0]
    assert set(VENDORED) <= set(assets)


def test_our_own_files_name_no_other_host():
    for name, (content, _) in load_assets().items():
        if not name.startswith("vendor/"):
            text = content.decode().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?:|//[a-z]+\.|@import|url\((?!#)", text), name
