"""A report that is open in a browser, and what a test asks of it."""

import base64
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

SECONDS_TO_DRAW = 20
PICTURE_PIXELS = 1_900
"""The height of the pictures in the docs."""

AXE = files("selenium_axe_python").joinpath("axe-core", "axe.min.js").read_text(encoding="utf-8")

RUN_AXE = """
const done = arguments[arguments.length - 1];
const told = (each) => ({id: each.id, html: each.nodes.map((node) => node.html.slice(0, 200))});
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(JSON.stringify(found.violations.map(told))), (error) => done(String(error)));
"""


@dataclass(frozen=True)
class Screen:
    """What the page is looked at on."""

    width: int = 1280
    scheme: str = "light"
    media: str = "screen"

    @property
    def is_phone(self) -> bool:
        return self.width < 600


class Opened:
    """A page in a browser."""

    def __init__(self, browser: webdriver.Chrome, uri: str) -> None:
        self.browser, self.uri = browser, uri

    def on(self, screen: Screen) -> "Opened":
        """Load the page on a screen, and wait until its charts are drawn."""
        self.turn_to(screen)
        self._heard("browser")
        self._heard("performance")
        self.browser.get(self.uri)
        if self.ask("return document.getElementById('charts') !== null"):
            wait = WebDriverWait(self.browser, SECONDS_TO_DRAW, poll_frequency=0.05)
            wait.until(lambda _: self.ask("return document.documentElement.dataset.charts"))
        return self

    def turn_to(self, screen: Screen) -> None:
        """Look at the page on another screen, or on paper."""
        scheme = {"name": "prefers-color-scheme", "value": screen.scheme}
        self._command("Emulation.setEmulatedMedia", media=screen.media, features=[scheme])
        self._command(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=900,
            deviceScaleFactor=1,
            mobile=screen.is_phone,
        )

    def ask(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page and give what it returns."""
        return self.browser.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """Give what the browser wrote to its console."""
        return [entry["message"] for entry in self._heard("browser")]

    def requests(self) -> list[str]:
        """Give the addresses that were asked for, the page's own left out."""
        messages = (json.loads(e["message"]) for e in self._heard("performance"))
        sent = [each["message"] for each in messages]
        asked = [
            each["params"]["request"]["url"]
            for each in sent
            if each["method"] == "Network.requestWillBeSent"
        ]
        return [address for address in asked if address != self.uri]

    def axe(self) -> list[dict[str, Any]]:
        """Give what axe finds wrong."""
        self.browser.execute_script(AXE)
        found: list[dict[str, Any]] = json.loads(self.browser.execute_async_script(RUN_AXE))
        return found

    def save(self, name: str) -> None:
        """Keep a picture of the top of the page where TG_SCREENSHOTS names a folder."""
        folder = os.environ.get("TG_SCREENSHOTS")
        if folder:
            width = self.ask("return innerWidth")
            clip = {"x": 0, "y": 0, "width": width, "height": PICTURE_PIXELS, "scale": 1}
            command = {"clip": clip, "captureBeyondViewport": True}
            taken = self.browser.execute_cdp_cmd("Page.captureScreenshot", command)
            (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def _heard(self, log: str) -> list[dict[str, Any]]:
        """Give what a log of the browser holds since it was last asked."""
        entries: list[dict[str, Any]] = self.browser.execute("getLog", {"type": log})["value"]
        return entries

    def _command(self, name: str, **arguments: Any) -> None:
        self.browser.execute_cdp_cmd(name, arguments)
