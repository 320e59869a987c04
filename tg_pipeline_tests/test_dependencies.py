"""Dependencies are explained, and what is installed for others to use is pinned by hash."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
IMAGE, KUBERNETES = "deploy/requirements.txt", "deploy/kubernetes/requirements.txt"
LAMBDA = "lambda_ingest/requirements.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def names_of(requirements: list[str]) -> set[str]:
    return {normal(Requirement(each).name) for each in requirements} - {"tg-pipeline"}


def normal(name: str) -> str:
    return canonicalize_name(name)


def locked(file: str) -> dict[str, tuple[str, int]]:
    """Return the version and the number of hashes of each package in a file of requirements."""
    text = (ROOT / file).read_text().replace("\\\n", "")
    found: dict[str, tuple[str, int]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            requirement, *hashes = re.split(r"\s+--hash=sha256:(?=[0-9a-f]{64})", line.strip())
            name, _, version = requirement.partition("==")
            found[normal(name)] = (version, len(hashes))
    return found


def constraints() -> dict[str, str]:
    lines = (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    return {normal(name): version for name, _, version in lines}


@pytest.mark.parametrize("file", [IMAGE, KUBERNETES, LAMBDA])
def test_every_package_has_the_tested_version_and_the_hashes_of_its_wheels(file: str) -> None:
    versions = {name: version for name, (version, _) in locked(file).items()}

    assert versions.items() <= constraints().items()
    assert all(hashes for _, hashes in locked(file).values())
    assert "://" not in (ROOT / file).read_text()


def test_the_image_and_the_lambda_install_what_is_declared() -> None:
    runtime = names_of(PROJECT["dependencies"])
    extras = {name: names_of(each) for name, each in PROJECT["optional-dependencies"].items()}
    declared = (ROOT / "lambda_ingest" / "requirements.in").read_text().splitlines()
    lambda_s = names_of([line for line in declared if not line.startswith("#")])

    assert runtime | extras["team"] | {"setuptools"} <= locked(IMAGE).keys()
    assert locked(KUBERNETES).keys() >= locked(IMAGE).keys() | extras["kubernetes"]
    assert locked(LAMBDA).keys() >= lambda_s
    assert not locked(IMAGE).keys() & (extras["dev"] - runtime - {"setuptools"})


def test_the_image_installs_nothing_that_is_not_in_the_file() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", "")
    installs = [line for line in dockerfile.splitlines() if "pip install" in line]

    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-index" in installs[1]


def test_every_direct_dependency_is_explained_and_no_other() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    parts = {
        title: {
            normal(name)
            for row in re.findall(r"^\| ([\w, -]+) \|", part, re.MULTILINE)
            for name in row.split(", ")
        }
        - {"package"}
        for title, part in re.findall(
            r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
        )
    }
    extras = {name: names_of(each) for name, each in PROJECT["optional-dependencies"].items()}

    assert parts["At runtime"] == names_of(PROJECT["dependencies"])
    assert parts["For a team"] == extras["team"] | extras["kubernetes"]
    assert parts["For large days"] == extras["spark"]
    assert parts["For language models"] == extras["mcp"]
    assert parts["For development"] == extras["dev"]
