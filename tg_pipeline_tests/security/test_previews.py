"""Dagster's history and logs contain no name, words or id of a person, unless previews are on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.defs import metadata
from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.marts.mart import Mart
from tg_pipeline.settings import PrivacySettings
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.defs.conftest import House
from tg_pipeline_tests.security.search import files_below, holds

PERSON, FRIEND = 8_123_456_789, 8_987_654_321
NAMES = {"first_name": "Zuleica", "last_name": "Quaresma", "username": "zuleicaq"}
USER = {"id": PERSON, "is_bot": False, "language_code": "pt", **NAMES}
OTHER = {"id": FRIEND, "is_bot": False, "first_name": "Filomena", "username": "filomenar"}
PRIVATE = {"id": PERSON, "type": "private", **NAMES}
GROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Turma"}
NOON = 1_791_385_200
WORDS = ("jabuticaba", "carambola", "pitanga", "graviola", "cupuacu", "mangaba", "siriguela")
QUESTION = f"como eu planto {WORDS[0]}?"

PERSONAL = (
    *("Zuleica", "Quaresma", "zuleicaq", "Filomena", "filomenar"),
    *(str(PERSON), str(FRIEND)),
    *WORDS,
)


def updates() -> list[dict[str, Any]]:
    """Return updates of many types, in which everything that PERSONAL lists occurs."""

    def message(number: int, chat: dict[str, Any], **content: Any) -> dict[str, Any]:
        return {"message_id": number, "date": NOON + 60 * number, "chat": chat, **content}

    def asked(number: int) -> dict[str, Any]:
        return message(number, GROUP, **{"from": USER}, text=QUESTION)

    contents: list[dict[str, Any]] = [
        *({"message": asked(number)} for number in range(1, 5)),
        {"message": message(5, PRIVATE, **{"from": USER}, text=QUESTION)},
        {"message": message(6, PRIVATE, **{"from": USER}, caption=WORDS[1], photo=[{}])},
        {"message": message(7, GROUP, **{"from": OTHER}, text=WORDS[2], reply_to_message=asked(1))},
        {"edited_message": {**asked(2), "text": WORDS[6], "edit_date": NOON + 600}},
        {"inline_query": {"id": "1", "from": USER, "query": WORDS[3]}},
        {"callback_query": {"id": "2", "from": USER, "data": WORDS[4]}},
        {
            "chat_member": {
                "chat": GROUP,
                "from": USER,
                "date": NOON,
                "old_chat_member": {"user": OTHER, "status": "left"},
                "new_chat_member": {"user": OTHER, "status": "member"},
            }
        },
        {"message": message(8, GROUP, **{"from": USER}, hologram={"owner": NAMES})},
        {"telepathy": {"from": USER, "thought": WORDS[5]}},
    ]
    return [{"update_id": number, **each} for number, each in enumerate(contents, 100)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "dagster"


@pytest.fixture
def kept_instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


@pytest.fixture
def house(pipeline: Pipeline, kept_instance: dg.DagsterInstance) -> House:
    pipeline.land(*updates())
    pipeline.put("garbage.json", json.dumps({"message": USER}).encode())
    pipeline.put("text.json", f"{WORDS[0]} {NAMES['first_name']}".encode())
    return House(pipeline, kept_instance)


def build_all(house: House) -> None:
    for run in (house.run(DAY), house.run_job("marts_job"), house.run_job("report_job")):
        assert run.success


def found_in(folder: Path) -> set[str]:
    files = list(files_below(folder))
    assert any(holds(file.content, "enriched_updates") for file in files)
    return {words for words in PERSONAL for file in files if holds(file.content, words)}


@pytest.mark.slow
def test_no_file_of_dagster_contains_a_name_words_or_an_id_of_a_person(
    house: House, folder: Path
) -> None:
    build_all(house)

    assert found_in(folder) == set()


@pytest.mark.slow
def test_with_previews_the_same_search_finds_them(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (metadata, marts):
        privacy = PrivacySettings(shows_previews=True)
        shown = replace(module.SETTINGS, privacy=privacy)
        monkeypatch.setattr(module, "SETTINGS", shown)

    build_all(house)

    assert {"Zuleica", "Filomena", str(PERSON), WORDS[0], WORDS[2]} <= found_in(folder)


@pytest.mark.slow
def test_a_failed_query_quotes_no_value(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a query that converts a name to a number
    sql = "SELECT CAST(user_first_name AS bigint) AS bot_id FROM enriched_updates"
    monkeypatch.setattr(Mart, "sql", property(lambda _mart: sql))

    run = house.run(DAY)

    assert not run.success
    failures = [str(event.step_failure_data) for event in run.get_step_failure_events()]
    assert any("ConversionException" in failure for failure in failures)
    assert found_in(folder) == set()
