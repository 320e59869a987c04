"""docs/athena.md names what is registered, and what it takes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from tg_pipeline.athena.saved_queries import saved_queries
from tg_pipeline.settings import AthenaSettings, Settings
from tg_pipeline_tests.athena.athena_commands import AthenaCommands
from tg_pipeline_tests.athena.conftest import TIMEZONE

PAGE = (Path(__file__).parents[2] / "docs" / "athena.md").read_text()

ONLY_ON_AWS = {"athena:UpdateNamedQuery"}
"""What the imitation of AWS can't do; `test_refusals` has it."""


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Give the actions that this process asks AWS for, as policies name them."""
    actions: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001

    def noted(client: Any, operation: str, params: Any) -> Any:
        actions.add(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return actions


def test_the_policy_allows_what_register_does_and_nothing_more(
    commands: AthenaCommands, called: set[str]
) -> None:
    # Given everything made, then one table changed by somebody, and brought back
    commands.run("register")
    to_make = set(called)
    commands.change(commands.table("telegram") | {"Description": "Mine."})
    called.clear()
    commands.run("register")
    to_bring_back = set(called)

    # When the policy of the page is read
    (policy,) = (json.loads(each) for each in re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL))

    # Then it has what that took
    allowed = {action for each in policy["Statement"] for action in each["Action"]}
    assert allowed == to_make | to_bring_back | ONLY_ON_AWS


def test_every_saved_query_has_a_line() -> None:
    table = PAGE.partition("## Saved queries")[2].partition("\n\nThe first four")[0]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [
        query.name for query in saved_queries(TIMEZONE)
    ]


def test_every_setting_has_its_default_beside_it(tmp_path: Path) -> None:
    rows = dict(re.findall(r"^\| `(TG_\w+)` \|.*\| (.+?) \|$", PAGE, re.MULTILINE))

    settings = Settings.from_environment({}, tmp_path)

    assert rows == {
        "TG_ATHENA_DATABASE": f"`{settings.athena.database}`",
        "TG_ATHENA_WORKGROUP": f"`{settings.athena.workgroup}`",
        "TG_ATHENA_REGISTER": "not set",
        "TG_START_DATE": f"`{settings.start_date}`",
    }
    assert not AthenaSettings().registers
