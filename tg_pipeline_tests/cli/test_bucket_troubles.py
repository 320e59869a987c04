"""An unusable bucket is an error of one line, whatever the command."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tg_pipeline.cli import context as stores
from tg_pipeline.cli.main import app
from tg_pipeline_tests.cli.conftest import FIRST_DAY
from tg_pipeline_tests.fakes.s3.errors import CREDENTIALS, SECRET, always_error, serve_s3

COMMANDS = [
    ("run", "--date", "today"),
    ("status", "--json"),
    ("land", "one.json"),
    ("sample", "--days", "1"),
    ("summary",),
    ("report",),
    ("sql", "SELECT count(*) FROM telegram"),
]

SENTENCE = "there is no such bucket: check its name, and AWS_ENDPOINT_URL."


Fails = Callable[..., str]


@pytest.fixture
def fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Fails:
    (tmp_path / "one.json").write_text(json.dumps({"update_id": 1}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TG_LANDING_URI", "s3://landing/mine")
    monkeypatch.setenv("TG_LAKE_URI", "s3://lake/mine")
    monkeypatch.setenv("TG_START_DATE", FIRST_DAY.isoformat())
    monkeypatch.setenv("TELEGRAM_BOT_ID", "7")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)

    def fails(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tg-pipeline", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        output = capsys.readouterr()
        assert (ended.value.code, output.out) == (1, "")
        assert output.err.startswith("tg-pipeline: s3://l")
        assert output.err.count("\n") == 1
        assert SECRET not in output.err
        return output.err

    return fails


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_error_of_a_bucket_is_one_line(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    with serve_s3(always_error("NoSuchBucket"), monkeypatch):
        output = fails(*command)

    # Which of the two buckets is read first depends on the command.
    assert output in {
        f"tg-pipeline: s3://{each}/mine: {SENTENCE}\n" for each in ("landing", "lake")
    }


@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_without_credentials_the_error_says_what_to_set(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert ": no AWS credentials were found: set AWS_PROFILE, or " in fails(*command)


@pytest.mark.parametrize("command", COMMANDS[:3], ids=" ".join)
def test_an_unreachable_bucket_is_reported_soon(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(stores, "INTERACTIVE_TIMEOUT", stores.INTERACTIVE_TIMEOUT / 20)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert "127.0.0.1:9 can't be reached, the connection was refused" in fails(*command)
