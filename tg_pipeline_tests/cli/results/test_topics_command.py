"""`tg-pipeline topics`: the topics that were found, as a start for `TG_TOPICS`."""

import sys
from pathlib import Path

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.cli.main import app
from tg_pipeline.marts.cumulative import DETECTED_QUESTIONS, MESSAGES, QUESTIONS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.questions import NO_TOPICS, OperatorTopics
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.conftest import Pipeline

NAMED = "@SUM(1) como emito o certificado?"
CERTIFICATE = (NAMED, "onde emito o certificado?", "emitem certificado?")
REFUND = ("como peço reembolso?", "onde peço o reembolso?", "o reembolso demora?")
ASKED = (*CERTIFICATE, NAMED, *REFUND)
CHAT = {"id": -1001, "type": "supergroup", "title": "Course"}


def topics_of(pipeline: Pipeline, topics: OperatorTopics) -> dict[str, int]:
    """Build the questions by letters, and return the topic of each."""
    with mart_builder(pipeline.lake, MartParameters("UTC", topics=topics)) as builder:
        for mart in (MESSAGES, DETECTED_QUESTIONS, QUESTIONS):
            builder.build(mart)
    return {row["text"]: row["topic_id"] for row in rows_of(pipeline.lake, QUESTIONS)}


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = Pipeline(tmp_path)
    sender = {"id": 11, "is_bot": False, "first_name": "Ana"}
    for number, text in enumerate(ASKED, 1):
        message = {"message_id": number, "date": 1_791_374_400 + number, "text": text}
        pipeline.land({"update_id": number, "message": message | {"chat": CHAT, "from": sender}})
    pipeline.build()
    monkeypatch.setenv("TG_LAKE_URI", pipeline.lake_uri)
    monkeypatch.chdir(tmp_path)
    return pipeline


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tg-pipeline", "topics", *arguments])
    with pytest.raises(SystemExit) as ended:
        app()
    return int(ended.value.code or 0)


def test_the_file_as_the_operators_topics_gives_the_same_topics(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = topics_of(pipeline, NO_TOPICS)

    assert run(monkeypatch, "--output", "topics.csv") == 0

    written = OperatorTopics.parse(Path("topics.csv").read_text(encoding="utf-8"))
    assert topics_of(pipeline, written) == before
    # And only its owner can read what people wrote
    assert Path("topics.csv").stat().st_mode & 0o777 == 0o600
    assert len(set(before.values())) == 2


def test_cells_that_a_spreadsheet_would_calculate_are_marked(
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    topics_of(pipeline, NO_TOPICS)

    assert run(monkeypatch) == 0

    cells = capsysbinary.readouterr().out.decode().replace("\r\n", ",").split(",")
    assert "'" + NAMED in cells
    assert not any(cell.startswith("@") for cell in cells)


def test_an_existing_file_is_only_replaced_if_asked(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topics_of(pipeline, NO_TOPICS)
    file = Path("topics.csv")
    file.write_text("topic,question,ignore\nMoney,o reembolso demora?,\n", encoding="utf-8")
    monkeypatch.setenv("TG_TOPICS", str(file.resolve()))
    before = file.read_bytes()

    assert run(monkeypatch, "--output", "topics.csv") == 1
    assert "topics.csv exists" in capsys.readouterr().err
    assert file.read_bytes() == before

    assert run(monkeypatch, "--output", "topics.csv", "--force") == 0
    assert file.read_text(encoding="utf-8").splitlines()[1] == "Money,o reembolso demora?,"
