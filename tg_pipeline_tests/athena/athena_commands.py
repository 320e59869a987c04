"""`tg-pipeline athena`, run in this process against an imitation of AWS."""

import sys
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tg_pipeline.athena.tables import TableInput
from tg_pipeline.cli.main import app
from tg_pipeline.settings import DEFAULT_DATABASE, DEFAULT_WORKGROUP
from tg_pipeline_tests.fakes.aws import REGION

LAKE = "s3://my-bot/lake"
TABLE_KEYS = (
    "Name",
    "Description",
    "TableType",
    "Parameters",
    "PartitionKeys",
    "StorageDescriptor",
)
"""The declared keys of a table; the catalog adds times and versions."""


def point_to(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    settings = {
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "TG_LAKE_URI": LAKE,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # boto3 caches the first credentials of a process.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    def in_state(self, state: str) -> list[str]:
        lines = (line.rpartition(": ") for line in self.out.splitlines())
        return [what for what, _, found in lines if found == state]


@dataclass(frozen=True)
class AthenaCommands:
    glue: Any
    athena: Any
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str) -> Done:
        self.monkeypatch.setattr(sys, "argv", ["tg-pipeline", "athena", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        said = self.capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    def error(self, *arguments: str) -> str:
        """Run a command that fails, and return its line of error output."""
        done = self.run(*arguments)
        assert done.code == 1, done
        assert done.err.startswith("tg-pipeline: "), done
        assert done.err.count("\n") == 1, done
        return done.err

    def table(self, name: str) -> TableInput:
        found = self.glue.get_table(DatabaseName=DEFAULT_DATABASE, Name=name)["Table"]
        return {key: found[key] for key in TABLE_KEYS}

    def change(self, table: TableInput) -> None:
        self.glue.update_table(DatabaseName=DEFAULT_DATABASE, TableInput=table)

    def versions(self, name: str) -> int:
        found = self.glue.get_table_versions(DatabaseName=DEFAULT_DATABASE, TableName=name)
        return len(found["TableVersions"])

    def queries(self) -> list[tuple[str, str]]:
        keys = self.athena.list_named_queries(WorkGroup=DEFAULT_WORKGROUP)["NamedQueryIds"]
        found = [self.athena.get_named_query(NamedQueryId=key)["NamedQuery"] for key in keys]
        own = [query for query in found if query["Database"] == DEFAULT_DATABASE]
        return [(query["Name"], query["QueryString"]) for query in own]
