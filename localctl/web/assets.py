"""What the page loads beside itself: style, script, icon and the vendored plot library, all from this box.

The files are read at the start; a request can only name one of them, so no path ever reaches the disk.
"""

from pathlib import Path
from typing import Final

from localctl.web.palette import style_sheet

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


def load_assets(folder: Path = FOLDER) -> dict[str, tuple[bytes, str]]:
    """Every file by its path below /static/, with its content type; the palette is made, not read."""
    found = {
        path.relative_to(folder).as_posix(): (path.read_bytes(), TYPES[path.suffix])
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES
    }
    return found | {"palette.css": (style_sheet().encode(), TYPES[".css"])}
