"""An installed wheel, as in an image, contains every file that the code reads."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
BUILDING = "from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
PACKAGES = ("tg_pipeline", "lambda_ingest")
NOT_INSTALLED = {
    "Makefile",
    "requirements.in",
    "requirements.txt",
    "samconfig.toml",
    "template.yaml",
}


def test_a_wheel_contains_every_file_of_the_packages(tmp_path: Path) -> None:
    # Given a copy of the packages as they are
    for name in PACKAGES:
        copytree(ROOT / name, tmp_path / name, ignore=lambda *_: ["__pycache__"])
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    needed = {
        path.relative_to(tmp_path).as_posix()
        for name in PACKAGES
        for path in (tmp_path / name).rglob("*")
        if path.is_file() and path.name not in NOT_INSTALLED
    }

    # When a wheel is built from it
    subprocess.run(
        [sys.executable, "-c", BUILDING], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    # Then all of them are in it
    (wheel,) = tmp_path.glob("*.whl")
    assert needed - set(ZipFile(wheel).namelist()) == set()
