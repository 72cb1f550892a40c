"""A headless Chromium, driven over the DevTools protocol: the page as people and their keyboards meet it.

    with Chromium() as browser:
        page = browser.page(width=375, height=812, dark=True)
        page.open(url)
        page.js("document.title")
        page.press("Tab")
        assert page.complaints == []

Everything a page asks for and everything it complains about is written down, from its first request on.
"""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WAIT_S = 30.0
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip
KEYS = {
    "Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, ""), " ": ("Space", 32, " "),
    "ArrowRight": ("ArrowRight", 39, ""), "ArrowDown": ("ArrowDown", 40, ""),
}  # fmt: skip

MIDDLE = """async element => {
    element.scrollIntoView({block: 'center', behavior: 'instant'});
    for (let before = ''; ;) {
        const box = element.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
        if (before === `${x} ${y}` && element.contains(document.elementFromPoint(x, y))) return [x, y];
        before = `${x} ${y}`;
        await new Promise(requestAnimationFrame);
    }
}"""


class Chromium:
    """One browser process with a profile of its own."""

    def __init__(self) -> None:
        assert PROGRAM is not None, "no chromium here"
        self._folder = Path(tempfile.mkdtemp(prefix="localctl-chromium-"))
        self._process = subprocess.Popen(
            [PROGRAM, *OPTIONS, f"--user-data-dir={self._folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        port, path = self._door().read_text().split()[:2]
        self._held = ExitStack()
        self._socket = self._held.enter_context(
            connect(f"ws://127.0.0.1:{port}{path}", max_size=None, open_timeout=WAIT_S)
        )
        self._numbers = itertools.count(1)
        self._pages: dict[str, Page] = {}

    def _door(self) -> Path:
        door, ends_at = self._folder / "DevToolsActivePort", time.monotonic() + WAIT_S
        while not (door.exists() and door.read_text().count("\n")):
            assert self._process.poll() is None, "chromium did not start"
            assert time.monotonic() < ends_at, "chromium did not open its port"
            time.sleep(0.05)
        return door

    def page(
        self, *, width: int = 1280, height: int = 900, dark: bool = False, lang: str = "en", script: bool = True
    ) -> "Page":
        """A new page in a profile of its own, as a device of that size, theme and language shows it."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session, target, width)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.ask(f"{domain}.enable")
        page.ask("Page.setLifecycleEventsEnabled", enabled=True)
        phone = width < 600
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        page.ask("Emulation.setEmulatedMedia", features=[theme, calm])
        page.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        agent = self.ask("Browser.getVersion")["userAgent"] + (" Mobile Mobi" if phone else "")
        page.ask("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=lang)
        page.ask("Emulation.setScriptExecutionDisabled", value=not script)
        return page

    def ask(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """A command and its result; what happens meanwhile is noted at its page."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self._socket.send(json.dumps(message))
        while True:
            answer = self._next(WAIT_S)
            assert answer is not None, f"{method}: chromium does not answer"
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def listen(self, seconds: float) -> None:
        """Note what happens for so long."""
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0:
            self._next(left)

    def _next(self, wait_s: float) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = json.loads(self._socket.recv(timeout=wait_s))
        except TimeoutError:
            return None
        page = self._pages.get(message.get("sessionId", ""))
        if page is not None and "method" in message:
            page.happened(message["method"], message["params"])
        return message

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._held.close()
        self._process.terminate()
        self._process.wait(WAIT_S)
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    """One tab."""

    def __init__(self, browser: Chromium, session: str, target: str, width: int) -> None:
        self._browser, self._session, self._target, self._width = browser, session, target, width
        self.complaints: list[str] = []
        """Every console message above info, every exception, every violated policy, every failed request."""
        self.requests: list[str] = []
        self._loaded: list[str] = []
        """Every document that was loaded to its end, by its loader."""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A DevTools command to this tab."""
        return self._browser.ask(method, self._session, **params)

    def happened(self, method: str, params: dict[str, Any]) -> None:
        """Note an event."""
        match method:
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                self.complaints.append(" ".join(str(one.get("value", one)) for one in params["args"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Page.lifecycleEvent" if params["name"] == "load":
                self._loaded.append(params["loaderId"])

    def open(self, url: str) -> "Page":
        """Go there and wait until it is loaded."""
        loader = self.ask("Page.navigate", url=url)["loaderId"]
        self.until(lambda: loader in self._loaded)
        return self

    def follow(self, selector: str) -> "Page":
        """Click a link and wait until what it leads to is loaded."""
        before = len(self._loaded)
        self.click(selector)
        self.until(lambda: len(self._loaded) > before)
        return self

    def js(self, expression: str) -> Any:
        """The value of an expression in the page, promises awaited."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, is_so: str | Callable[[], object], wait_s: float = WAIT_S) -> None:
        """Wait until an expression of the page (or a function here) is true."""
        ends_at = time.monotonic() + wait_s
        while not (self.js(is_so) if isinstance(is_so, str) else is_so()):
            assert time.monotonic() < ends_at, f"never came true: {is_so}; complaints: {self.complaints}"
            self._browser.listen(0.05)

    def fits(self) -> bool:
        """Nothing is wider than the device."""
        return bool(self.js("document.documentElement.scrollWidth") <= self._width)

    def press(self, key: str, *, shift: bool = False) -> None:
        """One key down and up."""
        code, number, text = KEYS[key]
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, selector: str) -> None:
        """The mouse on the middle of that element, once it stands still and nothing lies over it."""
        box = self.js(f"({MIDDLE})(document.querySelector({json.dumps(selector)}))")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def listen(self, seconds: float) -> None:
        """Let things happen."""
        self._browser.listen(seconds)

    @property
    def hosts(self) -> set[str]:
        """Every host this tab asked anything of."""
        return {urlsplit(url).netloc for url in self.requests if not url.startswith(("data:", "about:", "blob:"))}

    def screenshot(self, file: Path, *, height: int | None = None, whole: bool = False) -> None:
        """What it looks like, as PNG."""
        clip = {}
        if height is not None or whole:
            size = self.js("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
            clip = {"clip": {"x": 0, "y": 0, "width": size[0], "height": height or size[1], "scale": 1}}
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=bool(clip), **clip)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """Close the tab."""
        self._browser.ask("Target.closeTarget", targetId=self._target)
