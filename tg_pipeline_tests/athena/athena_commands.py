"""`tg-pipeline athena` run in this process, against an AWS that holds nothing else."""

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
"""What of a table is declared; the catalog adds times and versions."""


def point_to(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Set what says where AWS is, who asks, and where the lake is."""
    settings = {
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "TG_LAKE_URI": LAKE,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # boto3 remembers who asked first in this process.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def in_state(self, state: str) -> list[str]:
        """Give what is said to be in a state."""
        told = (line.rpartition(": ") for line in self.out.splitlines())
        return [what for what, _, said in told if said == state]


@dataclass(frozen=True)
class AthenaCommands:
    """The command, and clients that see what it has done."""

    glue: Any
    athena: Any
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str) -> Done:
        """Run `tg-pipeline athena …`."""
        self.monkeypatch.setattr(sys, "argv", ["tg-pipeline", "athena", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        said = self.capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    def table(self, name: str) -> TableInput:
        """Give a table as the catalog has it, of what is declared."""
        found = self.glue.get_table(DatabaseName=DEFAULT_DATABASE, Name=name)["Table"]
        return {key: found[key] for key in TABLE_KEYS}

    def change(self, table: TableInput) -> None:
        """Make a table in the catalog something else."""
        self.glue.update_table(DatabaseName=DEFAULT_DATABASE, TableInput=table)

    def versions(self, name: str) -> int:
        """Give how often a table was written."""
        told = self.glue.get_table_versions(DatabaseName=DEFAULT_DATABASE, TableName=name)
        return len(told["TableVersions"])

    def queries(self) -> list[tuple[str, str]]:
        """Give names and texts of the saved queries."""
        keys = self.athena.list_named_queries(WorkGroup=DEFAULT_WORKGROUP)["NamedQueryIds"]
        found = [self.athena.get_named_query(NamedQueryId=key)["NamedQuery"] for key in keys]
        assert {query["Database"] for query in found} <= {DEFAULT_DATABASE}
        return [(query["Name"], query["QueryString"]) for query in found]
