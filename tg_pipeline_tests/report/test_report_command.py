"""From landed updates to a page, by the command and by Dagster's asset."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.report_facts import Subject, gather
from tg_pipeline.builds.report_page import page_key
from tg_pipeline.defs.report.assets import ReportConfig, report
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.report.period import Period
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline

COMMAND = str(Path(sys.executable).parent / "tg-pipeline")
ZONE = "America/Sao_Paulo"
GROUP = {"id": -100, "type": "supergroup", "title": "Turma 3"}
NEXT_DAY = DAY + timedelta(days=1)


def message(number: int, who: str, text: str, day: date = DAY, **more: Any) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC) + timedelta(seconds=60 * number)
    user = {"id": len(who), "is_bot": False, "first_name": who}
    body = {"message_id": number, "date": int(at.timestamp()), "chat": GROUP, "from": user}
    return {"update_id": number, "message": body | {"text": text} | more}


def build(pipeline: Pipeline, *days: date) -> None:
    """Build all layers and marts."""
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, ZONE) as builder:
        for day in days:
            for mart in DAILY_MARTS:
                builder.build(mart, day)
        for mart in CUMULATIVE_MARTS:
            builder.build(mart)


@pytest.fixture
def two_days(pipeline: Pipeline) -> Pipeline:
    """A group in which Ana asks, Bia answers, and one update was lost on the way."""
    pipeline.land(
        message(1, "Ana", "como emito o certificado?"),
        message(2, "Beatriz", "é só pedir no site"),
        message(3, "Ana", "obrigada!"),
        message(4, "Ana", "/ajuda", entities=[{"type": "bot_command", "offset": 0, "length": 6}]),
    )
    pipeline.land(
        message(6, "Ana", "<b>oi</b>", NEXT_DAY),
        message(7, "Beatriz", "oi", NEXT_DAY),
        day=NEXT_DAY,
    )
    pipeline.put("9-1.json", b"no json")
    build(pipeline, DAY, NEXT_DAY)
    return pipeline


def subject(pipeline: Pipeline) -> Subject:
    return Subject(pipeline.landing, pipeline.lake, ZONE)


@dataclass(frozen=True)
class Done:
    code: int
    said: str
    error: str


def run(pipeline: Pipeline, *arguments: str) -> Done:
    settings = {
        "TG_LANDING_URI": pipeline.landing_uri,
        "TG_LAKE_URI": pipeline.lake_uri,
        "TG_START_DATE": DAY.isoformat(),
        "COLUMNS": "200",
    }
    command = [COMMAND, "report", *arguments]
    done = subprocess.run(
        command, env=os.environ | settings, cwd=pipeline.folder, capture_output=True, check=False
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_landed_updates_become_facts(two_days: Pipeline) -> None:
    facts = gather(subject(two_days), Period(DAY, NEXT_DAY))

    assert facts is not None
    assert (facts.now.messages, facts.now.users) == (6, 2)
    assert (facts.now.questions, facts.now.answered) == (1, 1)
    assert facts.now.median_seconds == 60
    assert [tally.name for tally in facts.commands] == ["ajuda"]
    assert [user.name for user in facts.users] == ["Ana", "Beatriz"]
    assert [(gap.bot_id, gap.day, gap.missing) for gap in facts.health.gaps] == [(BOT, NEXT_DAY, 1)]
    assert [day.quarantined for day in facts.health.days] == [1, 0]
    assert not facts.health.are_marts_behind
    assert facts.health.first_day == DAY


def test_what_landed_since_is_late_and_days_never_built_are_missing(two_days: Pipeline) -> None:
    two_days.land(message(8, "Ana", "tarde"))
    missing = NEXT_DAY + timedelta(days=1)
    two_days.land(message(9, "Ana", "nova", missing), day=missing)

    facts = gather(subject(two_days), Period(DAY, missing))

    assert facts is not None
    assert [day.is_late for day in facts.health.days] == [True, False, False]
    assert [day.is_missing for day in facts.health.days] == [False, False, True]


def test_layers_without_marts_are_said_to_be_ahead(pipeline: Pipeline) -> None:
    pipeline.land(message(1, "Ana", "oi"))
    pipeline.build(DAY)

    facts = gather(subject(pipeline))

    assert facts is not None
    assert facts.health.are_marts_behind


def test_the_report_on_a_young_bot_is_about_the_days_there_are(two_days: Pipeline) -> None:
    facts = gather(subject(two_days))

    assert facts is not None
    assert facts.period == Period(DAY, NEXT_DAY)
    assert [day.messages for day in facts.activity] == [4, 2]


def test_an_empty_lake_has_no_facts(pipeline: Pipeline) -> None:
    assert gather(subject(pipeline)) is None


def test_the_command_writes_the_page_and_says_what_is_in_it(two_days: Pipeline) -> None:
    # When the report is written
    span = ("--from", str(DAY), "--to", str(NEXT_DAY))
    done = run(two_days, *span, "--lang", "pt", "--hide-names", "--output", "r.html")

    # Then it is a page about these days, in that language, that names nobody
    assert done.code == 0, done.error
    assert done.said.startswith(f"r.html: {DAY} to {NEXT_DAY}, ")
    html = (two_days.folder / "r.html").read_text(encoding="utf-8")
    assert "7–8 out 2026" in html
    assert "Beatriz" not in html
    assert "Pessoa 1" in html


def test_the_command_writes_an_empty_lake_to_standard_output(pipeline: Pipeline) -> None:
    done = run(pipeline, "--output", "-")

    assert done.code == 0
    assert done.said.startswith("<!doctype html>")
    assert "Nothing has landed yet" in done.said


def test_a_language_that_is_not_spoken_is_one_clear_line(pipeline: Pipeline) -> None:
    done = run(pipeline, "--lang", "fr")

    assert done.code == 1
    assert done.error == "tg-pipeline: --lang fr is not spoken here: en or pt.\n"


@pytest.mark.parametrize("span", [("0206-10-07", "2026-10-08"), ("2026-10-07", "9999-12-31")])
def test_a_slip_of_the_pen_is_one_clear_line(two_days: Pipeline, span: tuple[str, str]) -> None:
    done = run(two_days, "--from", span[0], "--to", span[1])

    assert done.code == 1
    assert done.error == (
        f"tg-pipeline: {span[0]} to {span[1]}: a report is about days from 2013-08-14, when "
        "Telegram began, to 2099-12-31.\n"
    )


def test_dagster_writes_a_page_in_each_language(two_days: Pipeline) -> None:
    result = materialize(two_days, ReportConfig(days=2))

    assert result.success
    (event,) = result.asset_materializations_for_node("report")
    assert event.metadata["messages"].value == 6
    assert event.metadata["first_day"].value == DAY.isoformat()
    assert str(event.metadata["messages_plot"].value).startswith("| messages by day |")
    for language, said in (("en", "What people ask"), ("pt", "O que as pessoas perguntam")):
        html = (two_days.folder / "lake" / page_key(language)).read_text(encoding="utf-8")
        assert said in html


NO_DAYS = {
    "soon": "'soon' is not a valid date: YYYY-MM-DD",
    "0206-10-07": "0206-10-07 is not between 2013-08-14 and 2099-12-31",
    "9999-12-31": "9999-12-31 is not between 2013-08-14 and 2099-12-31",
}


@pytest.mark.parametrize("last", NO_DAYS)
def test_a_report_on_no_day_fails_with_a_sentence(two_days: Pipeline, last: str) -> None:
    result = materialize(two_days, ReportConfig(last=last))

    assert not result.success
    failure = result.failure_data_for_node("report")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.description == NO_DAYS[last]


def materialize(pipeline: Pipeline, config: ReportConfig) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [report],
        resources={
            "landing": LandingResource(uri=pipeline.landing_uri),
            "lake": LakeResource(uri=pipeline.lake_uri),
        },
        run_config=dg.RunConfig(ops={"report": config}),
        raise_on_error=False,
    )
