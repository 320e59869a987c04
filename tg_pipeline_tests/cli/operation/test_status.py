"""`tg-pipeline status` as a person reads it: in the language of TG_LANG."""

import json
from typing import Any

import msgspec
import pytest

from tg_pipeline.builds.staleness import DayStatus
from tg_pipeline.events.dead_letters import dead_letter
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.report.messages import DayStatusMessages
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell

PORTUGUESE = {"TG_LANG": "pt"}


@pytest.fixture
def troubled(shell: Shell) -> Shell:
    """A pipeline with days to build, an object on a wrong day, and an unreadable event."""
    shell.run("sample", "--days", "2", "--per-day", "20")
    landed = next(shell.landing.glob("telegram/*/*.json"))
    wrong_day = landed.parents[1] / "context_date=2015-01-01"
    wrong_day.mkdir()
    (wrong_day / landed.name).write_bytes(landed.read_bytes())
    dead_letter(Lake(shell.lake.as_uri()).store, "nope", "The message is no event.")
    return shell


def test_the_status_is_in_the_language_of_the_operator(troubled: Shell) -> None:
    status = troubled.run("status", settings=PORTUGUESE)

    lines = [" ".join(line.split()) for line in status.stdout.splitlines()]
    assert lines[0] == "Linhas por dia e camada"
    assert "┃ dia ┃ objetos ┃ raw ┃ quarantine ┃ deduped ┃ enriched ┃ ┃" in lines
    assert [line for line in lines if f"{FIRST_DAY}" in line and "faltando" in line]
    assert lines[-3:] == [
        "2 faltando.",
        "Próximo passo: tg-pipeline run",
        "1 mensagem da fila de eventos não pôde ser lida: rejected_events/",
    ]
    assert status.stderr.startswith(
        f"1 objeto chegou em 2015-01-01, antes de TG_START_DATE={FIRST_DAY}, e não está em nenhuma "
    )


def test_the_json_does_not_depend_on_the_language(troubled: Shell) -> None:
    def checked(settings: dict[str, str]) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(troubled.run("status", "--json", settings=settings)[1])
        return {key: value for key, value in status.items() if key != "at"}

    assert checked(PORTUGUESE) == checked({})
    messages = [problem["message"] for problem in checked(PORTUGUESE)["problems"]]
    assert any(each.startswith("1 object landed on 2015-01-01, before ") for each in messages)


def test_each_status_of_a_day_has_a_name() -> None:
    # A language whose file lacks one of them is refused when it is loaded.
    names = {field.name for field in msgspec.structs.fields(DayStatusMessages)}

    assert names == {each.value for each in DayStatus}
