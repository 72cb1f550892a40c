"""Takes the pictures of the README from the running demo: `make screenshots`.

The demo plays slowly, until the EMS holds the site low and cars wait for their turn; then the page is photographed as a
laptop and a phone show it, light and dark.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.browser import Chromium, Page

FOLDER = Path(__file__).parents[2] / "localctl" / "docs" / "img"
DURATION_S = 120
FOLLOWED = """
document.querySelector('.head .now')?.textContent.includes('40.0 A') &&
  !/▲|falls/.test(document.querySelector('#p-0').textContent)
"""
"""The EMS's lower limit holds at the main panel and every station has confirmed it."""
LIMITED = """
[...document.querySelectorAll('a.node')].find(
  node => node.id.startsWith('t-') && /limit of the site is used up/.test(node.getAttribute('aria-label')))?.id ?? 't-0'
"""
MOST_BYTES = 150_000


@contextmanager
def demo() -> Iterator[str]:
    """The demo while it plays; where its page is."""
    command = [sys.executable, "-m", "localctl", "demo", "--plain", "--duration", str(DURATION_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it was asked for"
        try:
            yield next(found[1] for line in process.stdout if (found := re.search(r"http=(http://\S+/)", line)))
        finally:
            process.terminate()
            process.communicate()


def photograph(page: Page, name: str) -> None:
    """One picture, which must stay small."""
    file = FOLDER / f"{name}.png"
    page.screenshot(file)
    size = file.stat().st_size
    assert size < MOST_BYTES, f"{name}.png has {size} bytes"
    print(f"{file.name}: {size} bytes")


def main() -> None:
    """Play, wait, take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo() as url, Chromium() as browser:
        laptop = browser.page(width=1180, height=1010).open(url)
        laptop.until(FOLLOWED, wait_s=DURATION_S)
        photograph(laptop, "page-light")
        dark = browser.page(width=1180, height=760, dark=True).open(f"{url}#timeline")
        dark.until("document.querySelectorAll('#plots canvas').length === 3")
        dark.listen(3)
        photograph(dark, "page-dark")
        phone = browser.page(width=390, height=844, dark=True).open(url)
        phone.until("document.getElementById('live').className === 'on'")
        phone.listen(2)
        phone.click(f"#{phone.js(LIMITED)}")
        phone.until("document.getElementById('why').matches(':popover-open')")
        photograph(phone, "page-phone")


if __name__ == "__main__":
    main()
