"""A bucket that can't be used is one clear line, whatever the command."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tg_pipeline.cli import context as stores
from tg_pipeline.cli.main import app
from tg_pipeline_tests.cli.conftest import FIRST_DAY
from tg_pipeline_tests.lake.aws_answers import REACH, SECRET, answering
from tg_pipeline_tests.lambda_ingest.bot_server import Bot

COMMANDS = [
    ("run",),
    ("run", "--date", "today"),
    ("status",),
    ("status", "--json"),
    ("land", "one.json"),
    ("sample", "--days", "1"),
    ("summary",),
    ("report",),
    ("sql", "SELECT count(*) FROM telegram"),
]

SAID = {
    "NoSuchBucket": "there is no such bucket: check its name, and AWS_ENDPOINT_URL.",
    "AccessDenied": "the credentials may not list it: docs/s3.md lists the permissions.",
    "ExpiredToken": "the session has expired: log in again (aws sso login), or renew "
    "AWS_SESSION_TOKEN.",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION to its own.",
}

PLACES = ("landing", "lake")

Fails = Callable[..., str]


@pytest.fixture
def fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Fails:
    """Give what runs a command that fails, and gives the one line that it says."""
    (tmp_path / "one.json").write_text(json.dumps({"update_id": 1}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TG_LANDING_URI", "s3://landing/mine")
    monkeypatch.setenv("TG_LAKE_URI", "s3://lake/mine")
    monkeypatch.setenv("TG_START_DATE", FIRST_DAY.isoformat())
    for name, value in REACH.items():
        monkeypatch.setenv(name, value)

    def fails(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tg-pipeline", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        said = capsys.readouterr()
        assert (ended.value.code, said.out) == (1, "")
        assert said.err.startswith("tg-pipeline: s3://l")
        assert said.err.count("\n") == 1
        assert SECRET not in said.err
        return said.err

    return fails


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("code", SAID)
def test_what_a_bucket_has_against_it_is_one_line(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], code: str
) -> None:
    with Bot(answering(code)) as bucket:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")

        said = fails(*command)

    # Which of the two is looked at first is each command's own business.
    assert said in {f"tg-pipeline: s3://{each}/mine: {SAID[code]}\n" for each in PLACES}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_credentials_it_says_what_to_set(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for name in REACH:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert ": no AWS credentials are found: set AWS_PROFILE, or " in fails(*command)


def test_a_person_is_told_soon_that_nothing_answers(
    fails: Fails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "SOMEBODY_WAITS", stores.SOMEBODY_WAITS / 20)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    for command in (("status",), ("land", "one.json"), ("run", "--date", "today")):
        assert "127.0.0.1:9 can't be reached, nothing listens there" in fails(*command)
