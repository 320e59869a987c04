"""The digest in Dagster: requested in the morning, posted once, and absent unless it is set up."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from tg_pipeline.defs.digest import assets as digest
from tg_pipeline.defs.marts import assets as marts
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.updates import assets as layers
from tg_pipeline.settings import Settings
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.defs.conftest import StoppedClock
from tg_pipeline_tests.fakes.telegram_api.server import TOKEN, TelegramServer
from tg_pipeline_tests.report.built_days import build, message

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
CHAT = "-1001234567890"
MORNING = datetime(2026, 10, 8, 7, 0, tzinfo=SAO_PAULO)
"""On the day after DAY."""


def settings_of(tmp_path: Path, api_url: str, **more: str) -> Settings:
    environment = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api_url,
        "TG_ADMIN_CHAT_ID": CHAT,
        "TG_DIGEST": "day",
        "TG_MEANINGS": "no",
    }
    return Settings.from_environment(environment | more, tmp_path)


class Mornings:
    """Evaluations and runs of the digest's definitions."""

    def __init__(
        self, pipeline: Pipeline, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        self.pipeline, self._instance = pipeline, instance
        self._landing = LandingResource(uri=pipeline.landing_uri)
        self._lake = LakeResource(uri=pipeline.lake_uri)
        self._clock = StoppedClock(at=MORNING.isoformat())
        resources = {"landing": self._landing, "lake": self._lake, "clock": self._clock}
        self.defs = dg.Definitions.merge(
            digest.definitions(settings),
            layers.defs,
            marts.defs,
            dg.Definitions(resources=resources),
        )

    def tick(self, at: datetime = MORNING) -> dg.RunRequest | dg.SkipReason:
        schedule = self.defs.resolve_schedule_def("digest_schedule")
        context = dg.build_schedule_context(
            scheduled_execution_time=at,
            resources={"landing": self._landing, "lake": self._lake, "clock": self._clock},
        )
        asked = schedule.evaluate_tick(context)
        requests = asked.run_requests or []
        return requests[0] if requests else dg.SkipReason(asked.skip_message)

    def run(
        self, request: dg.RunRequest | dg.SkipReason | None = None
    ) -> dg.ExecuteInProcessResult:
        config = request.run_config if isinstance(request, dg.RunRequest) else None
        job = self.defs.resolve_job_def("digest_job")
        return job.execute_in_process(
            instance=self._instance, run_config=config, raise_on_error=False
        )


@pytest.fixture
def mornings(
    pipeline: Pipeline, telegram: TelegramServer, instance: dg.DagsterInstance, tmp_path: Path
) -> Mornings:
    return Mornings(pipeline, settings_of(tmp_path, telegram.url), instance)


@pytest.fixture(scope="module")
def a_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pipeline = Pipeline(tmp_path_factory.mktemp("a-day"))
    pipeline.land(message(1, "Ana", "como emito o certificado?"))
    build(pipeline, DAY)
    return pipeline.folder


@pytest.fixture
def built(mornings: Mornings, a_day: Path) -> Mornings:
    shutil.copytree(a_day, mornings.pipeline.folder, dirs_exist_ok=True)
    return mornings


def skipped(mornings: Mornings, at: datetime = MORNING) -> str:
    answer = mornings.tick(at)
    assert isinstance(answer, dg.SkipReason)
    return answer.skip_message or ""


def failure(run: dg.ExecuteInProcessResult) -> str:
    (event,) = run.get_step_failure_events()
    return str(event.step_failure_data.user_failure_data)


def test_the_morning_tick_posts_the_day_before_and_later_ticks_skip(
    built: Mornings, telegram: TelegramServer
) -> None:
    request = built.tick()
    assert isinstance(request, dg.RunRequest)

    run = built.run(request)

    assert run.success
    text, chart = telegram.messages
    assert (text.chat_id, text.text.partition("\n")[0]) == (int(CHAT), "Wed, 7 Oct 2026")
    assert (chart.text, (chart.file or b"")[:4]) == (
        "Messages by hour, Wed, 7 Oct 2026",
        b"\x89PNG",
    )
    assert skipped(built, MORNING + timedelta(hours=1)) == (
        "The digest of 2026-10-07 was posted already."
    )


def test_a_day_that_is_not_built_is_posted_by_a_later_tick(
    mornings: Mornings, telegram: TelegramServer
) -> None:
    assert skipped(mornings) == (
        "No digest of 2026-10-07 yet. 2026-10-07 is not built: tg-pipeline run --date 2026-10-07 "
        "builds it."
    )
    assert "2026-10-07 is not built" in failure(mornings.run())

    mornings.pipeline.land(message(1, "Ana", "oi"))
    build(mornings.pipeline, DAY)
    later = mornings.tick(MORNING + timedelta(hours=1))

    assert mornings.run(later).success
    assert len(telegram.messages) == 2


def test_a_rejected_message_fails_at_once_and_the_next_tick_requests_it_again(
    built: Mornings, telegram: TelegramServer
) -> None:
    telegram.fail(400, description="Bad Request: chat not found")

    run = built.run(built.tick())

    assert not run.success
    assert f"There is no chat {CHAT}" in failure(run)
    assert TOKEN not in failure(run)
    assert len(telegram.calls) == 1
    assert built.run(built.tick(MORNING + timedelta(hours=1))).success


def test_an_invalid_day_or_one_that_is_not_over_is_rejected(built: Mornings) -> None:
    def said(day: str) -> str:
        config = {"ops": {"digest": {"config": {"day": day}}}}
        return failure(built.run(dg.RunRequest(run_config=config)))

    assert "'Thursday' is not a valid date: YYYY-MM-DD" in said("Thursday")
    assert "2026-10-08 is not over yet." in said("2026-10-08")


def test_a_week_is_posted_on_mondays_in_its_language(
    pipeline: Pipeline, telegram: TelegramServer, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, telegram.url, TG_DIGEST="week", TG_DIGEST_LANG="pt")
    mornings = Mornings(pipeline, settings, instance)
    sunday, monday = date(2026, 10, 4), datetime(2026, 10, 5, 7, 0, tzinfo=SAO_PAULO)
    pipeline.land(message(1, "Ana", "oi", sunday), day=sunday)
    build(pipeline, sunday)

    assert mornings.run(mornings.tick(monday)).success

    schedule = mornings.defs.resolve_schedule_def("digest_schedule")
    assert telegram.messages[0].text.startswith(
        "Semana 40: 28 de set.\u2009–\u20094 de out. de 2026"
    )
    assert schedule.cron_schedule == "0 7-11 * * 1"
    assert schedule.execution_timezone == "America/Sao_Paulo"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.mark.parametrize("unset", ["TELEGRAM_BOT_TOKEN", "TG_ADMIN_CHAT_ID", "TG_DIGEST"])
def test_nothing_is_defined_unless_all_settings_are_set(unset: str, tmp_path: Path) -> None:
    definitions = digest.definitions(settings_of(tmp_path, "http://127.0.0.1:9", **{unset: ""}))

    assert not definitions.assets
    assert not definitions.schedules
    assert not definitions.jobs
