"""What stands in the way of `tg-pipeline athena` is one clear line, and exit 1."""

import socket

import pytest

from tg_pipeline_tests.athena.athena_commands import AthenaCommands


def fails(commands: AthenaCommands, *arguments: str) -> str:
    """Run what fails; give the one line that it says."""
    done = commands.run(*arguments)
    assert done.code == 1, done
    assert done.err.startswith("tg-pipeline: "), done
    assert done.err.count("\n") == 1, done
    return done.err


@pytest.mark.parametrize("command", ["ddl", "register"])
def test_a_lake_that_athena_can_t_read(
    commands: AthenaCommands, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("TG_LAKE_URI", "file:///var/lib/lake")

    said = fails(commands, command)

    assert "Athena reads S3, and TG_LAKE_URI is file:///var/lib/lake" in said


def test_no_region(commands: AthenaCommands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    assert "You must specify a region" in fails(commands, "register")


def test_no_credentials(commands: AthenaCommands, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert "no AWS credentials were found" in fails(commands, "register")


def test_an_endpoint_where_nothing_listens(
    commands: AthenaCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    assert "AWS can't be used: Could not connect" in fails(commands, "register")
