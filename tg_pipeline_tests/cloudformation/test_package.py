"""The function's package, built as by `sam build`, is complete and small."""

import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tg_pipeline_tests.cloudformation.template import CHECKOUT, Template

FOLDER = CHECKOUT / "lambda_ingest"
LARGEST = 20_000_000

ENVIRONMENT = {
    "TG_LANDING_URI": "memory://landing",
    "TELEGRAM_BOT_ID": "7",
    "TELEGRAM_SECRET_TOKEN": "a-secret-of-16-up",
}


def requirements() -> list[Requirement]:
    lines = (FOLDER / "requirements.txt").read_text().splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if line[0] not in "# "]


def needed() -> set[str]:
    """Return the names of the requirements, and of their own requirements on this Python."""
    further = [
        Requirement(each)
        for name in requirements()
        for each in distribution(name.name).requires or []
    ]
    wanted = [each for each in further if not each.marker or each.marker.evaluate({"extra": ""})]
    return {each.name for each in [*requirements(), *wanted]}


def copy_installed(name: str, package: Path) -> None:
    for file in distribution(name).files or []:
        if "__pycache__" not in file.parts:
            (package / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), package / file)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with wheels for this machine: those for the Lambda would need an index."""
    folder = tmp_path_factory.mktemp("package")
    make = ["make", "--silent", "-C", str(FOLDER), "modules", f"ARTIFACTS_DIR={folder}"]
    subprocess.run(make, check=True, capture_output=True)
    for name in needed():
        copy_installed(name, folder)
    return folder


def test_the_handler_can_be_imported_from_the_package_alone(
    package: Path, single: Template
) -> None:
    module, _, function = single["IngestFunction"]["Properties"]["Handler"].rpartition(".")
    code = f"import sys; sys.path.insert(0, {str(package)!r}); import {module} as module; "
    code += f"assert callable(module.{function}); print(module.__file__)"

    # -I and -S: neither the checkout nor what is installed can be imported. -B: nothing is added.
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(str(package))


def test_it_is_small_and_contains_the_modules_and_nothing_else(package: Path) -> None:
    assert sum(each.stat().st_size for each in package.rglob("*") if each.is_file()) < LARGEST
    modules = package / "lambda_ingest"
    packaged = {each.relative_to(modules) for each in modules.rglob("*") if each.is_file()}

    assert packaged == {each.relative_to(FOLDER) for each in FOLDER.rglob("*.py")}


def test_sam_builds_it_with_wheels_for_the_runtime_of_the_template(single: Template) -> None:
    function = single["IngestFunction"]["Properties"]
    recipe = (FOLDER / "Makefile").read_text()

    assert single["IngestFunction"]["Metadata"]["BuildMethod"] == "makefile"
    assert "\nbuild-IngestFunction:" in recipe
    assert f"\nRUNTIME := {function['Runtime'].removeprefix('python')}\n" in recipe
    assert function["Architectures"] == ["arm64"]
    assert "manylinux2014_aarch64" in recipe
    assert "--require-hashes" in recipe
