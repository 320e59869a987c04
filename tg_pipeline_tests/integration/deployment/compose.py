"""The services of docker-compose.yaml, as tests start them without containers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<operator>[-?])(?P<text>[^}]*))?\}")
"""`${NAME}`, `${NAME:-default}` or `${NAME:?error}`; a `$` of its own is written `$$`."""

DEPLOY = Path(__file__).parents[3] / "deploy"


@cache
def compose() -> dict[str, Any]:
    """Return the content of docker-compose.yaml."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())
    return found


def services() -> dict[str, dict[str, Any]]:
    """Return the services of docker-compose.yaml by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def variables_of(service: str) -> dict[str, str]:
    """Return the variables of a service, as written."""
    found: dict[str, str] = services()[service].get("environment", {})
    return found


def names_in(text: str) -> set[str]:
    """Return the names of the variables in a text of docker-compose.yaml."""
    return {match["name"] for match in _VARIABLE.finditer(text)}


def fill_in(text: str, settings: Mapping[str, str]) -> str:
    """Replace the variables in a text; an empty one has its default, or is an error."""

    def value(match: re.Match[str]) -> str:
        filled_in = settings.get(match["name"], "")
        assert filled_in or match["operator"] != "?", f"{match['name']} is not set"
        return filled_in or match["text"] or ""

    return _VARIABLE.sub(value, text)


def settings_to_fill_in() -> dict[str, str]:
    """Return the variables of env.example."""
    lines = (DEPLOY / "env.example").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


@dataclass(frozen=True)
class Loopback:
    """The addresses on this machine of what containers find by name and port."""

    addresses: dict[str, str]
    """The replacement of each word of a command or a setting."""

    def command(self, service: str) -> list[str]:
        return [self.addresses.get(word, word) for word in services()[service]["command"]]

    def environment(self, service: str, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of a service for the settings of a deploy/.env."""
        filled_in = {
            name: fill_in(value, settings) for name, value in variables_of(service).items()
        }
        return {name: self.addresses.get(value, value) for name, value in filled_in.items()}
