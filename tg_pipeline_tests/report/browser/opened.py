"""A report opened in a browser."""

import base64
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

SECONDS_TO_DRAW = 120
PHONE_PIXELS = 600
PICTURE_PIXELS = 1_900
"""The height of the screenshots in the docs."""

AXE = files("selenium_axe_python").joinpath("axe-core", "axe.min.js").read_text(encoding="utf-8")

RUN_AXE = """
const done = arguments[arguments.length - 1];
const summary = (each) => ({id: each.id, html: each.nodes.map((node) => node.html.slice(0, 200))});
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(JSON.stringify(found.violations.map(summary))), (error) => done(String(error)));
"""

SCROLL_AND_WAIT = """
const done = arguments[arguments.length - 1];
arguments[0].scrollIntoView({block: "center", behavior: "instant"});
requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)));
"""


@dataclass(frozen=True)
class Screen:
    width: int = 1280
    scheme: str = "light"
    media: str = "screen"


class Opened:
    def __init__(self, browser: Chrome, uri: str) -> None:
        self.browser, self.uri = browser, uri

    def on(self, screen: Screen) -> "Opened":
        """Load the page on a screen, and wait until its charts are drawn."""
        self.switch_to(screen)
        self._new_entries("browser")
        self._new_entries("performance")
        self.browser.get(self.uri)
        if self.run("return document.getElementById('charts') !== null"):
            wait = WebDriverWait(self.browser, SECONDS_TO_DRAW, poll_frequency=0.05)
            wait.until(lambda _: self.run("return document.documentElement.dataset.charts"))
        return self

    def switch_to(self, screen: Screen) -> None:
        """Change the screen, or print, without reloading."""
        scheme = {"name": "prefers-color-scheme", "value": screen.scheme}
        media = {"media": screen.media, "features": [scheme]}
        size = {"width": screen.width, "height": 900, "mobile": screen.width < PHONE_PIXELS}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", size | {"deviceScaleFactor": 1}
        )

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def scroll_to(self, element: WebElement) -> None:
        """Scroll an element into view, and wait until the page's own scroll handlers have run.

        A browser sends the scroll event with its next frame, and the page hides tooltips on it: a
        pointer that moves in the same frame as the scrolling would show one that is hidden at once.
        """
        self.browser.execute_async_script(SCROLL_AND_WAIT, element)

    def console(self) -> list[str]:
        return [entry["message"] for entry in self._new_entries("browser")]

    def requests(self) -> list[str]:
        """Return the requested addresses, without the page's own."""
        entries = self._new_entries("performance")
        events = [json.loads(entry["message"])["message"] for entry in entries]
        sent = [each for each in events if each["method"] == "Network.requestWillBeSent"]
        addresses = [each["params"]["request"]["url"] for each in sent]
        return [address for address in addresses if address != self.uri]

    def axe(self) -> Any:
        self.run(AXE)
        return json.loads(self.browser.execute_async_script(RUN_AXE))

    def save(self, name: str) -> None:
        """Save a screenshot of the top of the page to the folder TG_SCREENSHOTS, if set."""
        folder = os.environ.get("TG_SCREENSHOTS")
        if folder:
            width = self.run("return innerWidth")
            clip = {"x": 0, "y": 0, "width": width, "height": PICTURE_PIXELS, "scale": 1}
            command = {"clip": clip, "captureBeyondViewport": True}
            taken = self.browser.execute_cdp_cmd("Page.captureScreenshot", command)
            (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def _new_entries(self, log: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.browser.execute("getLog", {"type": log})["value"]
        return entries
