"""The services of docker-compose.yaml, as tests start them without containers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"


def services() -> dict[str, dict[str, Any]]:
    """Return the services of docker-compose.yaml by name."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())
    return found["services"]


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

    def environment(self, service: str) -> dict[str, str]:
        pairs: dict[str, str] = services()[service]["environment"]
        return {name: self.addresses.get(value, value) for name, value in pairs.items()}
