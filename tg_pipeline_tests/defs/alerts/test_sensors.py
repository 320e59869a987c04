"""A run that fails for good is reported once to each channel: the admin chat and a URL."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.builds.monitoring import alerts
from tg_pipeline.builds.monitoring.alerts import alert_channels
from tg_pipeline.defs import metadata
from tg_pipeline.defs.alerts import sensors
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.settings import AdminSettings, Settings
from tg_pipeline_tests.conftest import BOT, DAY
from tg_pipeline_tests.defs.conftest import House
from tg_pipeline_tests.fakes.alert_webhook import AlertWebhook
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

CHAT = "-1001"
TOKEN = "1234567890:AAF_not_a_token_that_anyone_may_read_1"  # noqa: S105 - made up
WILL_RETRY = {"dagster/will_retry": "true"}
WONT_RETRY = {"dagster/will_retry": "false"}


@dg.asset
def broken() -> None:
    raise dg.Failure(f"the bucket *photos* is gone, says https://x.test/a {TOKEN}")


@dg.asset
def healthy() -> None:
    """Succeed."""


ASSETS = [broken, healthy]
JOBS = dg.Definitions(
    assets=ASSETS,
    jobs=[dg.define_asset_job(f"{asset.key.path[0]}_job", [asset]) for asset in ASSETS],
    executor=dg.in_process_executor,
)


class Monitor:
    """An instance in which runs fail, and the alert sensors with their cursors."""

    def __init__(
        self, instance: dg.DagsterInstance, settings: Settings, house: House | None = None
    ) -> None:
        self.instance, self.settings = instance, settings
        self._resources = house.resources if house else {}
        self._cursors: dict[str, str | None] = {}
        self.tick()

    def run(self, job: str, **tags: str) -> str:
        done = JOBS.resolve_job_def(job).execute_in_process(
            instance=self.instance, raise_on_error=False, tags=tags
        )
        return done.run_id

    def tick(self) -> list[str]:
        errors = []
        for sensor in sensors.definitions(alert_channels(self.settings)).sensors or []:
            assert isinstance(sensor, dg.SensorDefinition)
            context = dg.build_sensor_context(
                instance=self.instance,
                cursor=self._cursors.get(sensor.name),
                resources=self._resources,
            )
            evaluated = sensor.evaluate_tick(context)
            self._cursors[sensor.name] = evaluated.cursor
            reactions = evaluated.dagster_run_reactions or []
            errors += [each.error.to_string() for each in reactions if each.error]
        return errors


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "RETRY_DELAYS", (0.0, 0.0))
    monkeypatch.setattr(sensors, "TAG_CHECK_DELAY", 0.01)


@pytest.fixture
def webhook() -> Iterator[AlertWebhook]:
    with AlertWebhook() as listening:
        yield listening


@pytest.fixture
def settings(tmp_path: Path, telegram: TelegramServer, webhook: AlertWebhook) -> Settings:
    environment = {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "TG_ADMIN_CHAT_ID": CHAT,
        "TG_ALERT_URL": webhook.url,
    }
    return Settings.from_environment(environment, tmp_path)


@pytest.fixture
def monitor(settings: Settings, instance: dg.DagsterInstance) -> Monitor:
    return Monitor(instance, settings)


def test_a_failed_run_is_reported_once_to_each_channel_without_secrets(
    monitor: Monitor, telegram: TelegramServer, webhook: AlertWebhook
) -> None:
    # When a run fails, and the sensors are evaluated several times
    run_id = monitor.run("broken_job", **{"dagster/partition": "2026-10-07"})
    monitor.run("healthy_job")
    assert monitor.tick() == monitor.tick() == []

    # Then each channel has one alert: which run, which day, and why
    (message,) = telegram.messages
    assert str(message.chat_id) == CHAT
    assert message.text.splitlines()[:2] == [
        "broken_job of 2026-10-07 failed",
        "the bucket *photos* is gone, says https://x.test/… ***",
    ]
    assert run_id in message.text
    (body,) = webhook.received
    assert body["text"] == body["content"] == message.text
    assert (body["job"], body["days"], body["run_id"]) == ("broken_job", "2026-10-07", run_id)


class RetryingInstance:
    """An instance that retries runs, and the tags that a failed run has at successive reads."""

    run_retries_enabled = True

    def __init__(self, origin: object, *tags: dict[str, str]) -> None:
        self._reads = [SimpleNamespace(tags=each, remote_job_origin=origin) for each in tags]

    def get_run_by_id(self, _run_id: str) -> SimpleNamespace:
        return self._reads.pop(0) if len(self._reads) > 1 else self._reads[0]


@pytest.mark.parametrize(
    ("origin", "tags", "will_retry"),
    [
        ("a code location", [{}, {}, WILL_RETRY], True),
        ("a code location", [{}, WONT_RETRY], False),
        ("a code location", [{}], False),
        (None, [WILL_RETRY], False),
    ],
    ids=["tagged a moment later", "the last retry", "never tagged", "no code location"],
)
def test_dagster_s_decision_about_a_retry_is_awaited(
    origin: object, tags: list[dict[str, str]], *, will_retry: bool
) -> None:
    instance: Any = RetryingInstance(origin, *tags)

    assert sensors.will_retry(instance, "a run") is will_retry


def test_a_run_that_will_be_retried_is_not_reported(
    monitor: Monitor, webhook: AlertWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "will_retry", lambda *_: True)
    monitor.run("broken_job")

    monitor.tick()

    assert webhook.received == []


def test_an_alert_that_surely_did_not_arrive_is_sent_again(
    monitor: Monitor, telegram: TelegramServer, webhook: AlertWebhook
) -> None:
    webhook.statuses = [429, 429]
    telegram.flood(3_600)

    monitor.run("broken_job")

    assert monitor.tick() == []
    assert len(webhook.received) == 3
    assert len(telegram.messages) == 1


@pytest.mark.parametrize(("status", "attempts"), [(404, 1), (500, 1), (429, 3)])
def test_an_alert_that_can_t_be_delivered_fails_the_tick_and_reaches_the_other_channel(
    monitor: Monitor, telegram: TelegramServer, webhook: AlertWebhook, status: int, attempts: int
) -> None:
    webhook.statuses = [status] * attempts

    monitor.run("broken_job")

    (error,) = monitor.tick()
    assert f"127.0.0.1 answered {status} to the alert." in error
    assert "SECRET-PATH" not in error
    assert monitor.tick() == []
    assert (len(webhook.received), len(telegram.messages)) == (attempts, 1)


def test_an_alert_that_may_have_arrived_is_not_sent_again(
    monitor: Monitor, telegram: TelegramServer, webhook: AlertWebhook
) -> None:
    telegram.lose_answers(1, "sendMessage")
    monitor.run("broken_job")

    (error,) = monitor.tick()

    assert "did not answer" in error
    assert (len(telegram.messages), len(webhook.received)) == (1, 1)


def test_a_sensor_that_was_killed_while_sending_does_not_send_again(
    monitor: Monitor, telegram: TelegramServer
) -> None:
    run_id = monitor.run("broken_job")
    monitor.instance.add_run_tags(run_id, {"tg_pipeline/alerted_chat": run_id})

    monitor.tick()

    assert telegram.messages == []


def test_a_run_that_is_re_executed_and_fails_again_is_reported_too(
    monitor: Monitor, webhook: AlertWebhook
) -> None:
    first = monitor.run("broken_job")
    monitor.tick()
    parent = monitor.instance.get_run_by_id(first)
    assert parent is not None

    # When it is re-executed in the UI, which copies its tags
    second = monitor.run("broken_job", **parent.tags)
    monitor.tick()

    assert [body["run_id"] for body in webhook.received] == [first, second]


def test_a_missing_yesterday_is_reported_once_though_its_run_succeeds(
    house: House, settings: Settings, webhook: AlertWebhook
) -> None:
    # Given a morning on which yesterday is not built, and updates that are on a wrong day
    monitor = Monitor(house.instance, settings, house)
    house.pipeline.land({"update_id": 1}, day=date(2015, 1, 1))
    checked = house.run_job("freshness_job")
    assert checked.success

    assert monitor.tick() == monitor.tick() == []

    # Then it is reported once, and a yesterday that is built is not
    house.run(date(2026, 10, 9))
    shutil.rmtree(house.pipeline.folder / "landing" / "telegram" / "context_date=2015-01-01")
    house.run_job("freshness_job")
    assert monitor.tick() == []
    (body,) = webhook.received
    assert (body["job"], body["run_id"]) == ("freshness_job", checked.run_id)
    assert "yesterday_is_there: 2026-10-09 " in body["reason"]
    assert "no_day_is_outside: 1 object landed on 2015-01-01" in body["reason"]


def test_a_loss_of_updates_is_reported_once(
    house: House, settings: Settings, telegram: TelegramServer, webhook: AlertWebhook
) -> None:
    # Given two built days between which updates are missing
    monitor = Monitor(house.instance, settings, house)
    land_and_build(house, 1, 2, 6)
    house.run(date(2026, 10, 9))
    house.run_job("freshness_job")

    # When the sensors are evaluated, and again after the check of another morning
    assert monitor.tick() == monitor.tick() == []
    house.run_job("freshness_job")
    assert monitor.tick() == []

    # Then the loss is reported once to each channel; a later one is reported as well
    (body,) = webhook.received
    assert (body["job"], body["days"]) == ("update_ids_are_complete", "2026-10-07")
    assert body["reason"].startswith("Updates 3 to 5 of bot 7 (3 ids) are missing on 2026-10-07: ")
    assert len(telegram.messages) == 1
    land_and_build(house, 8)
    house.run_job("freshness_job")
    assert monitor.tick() == []
    assert [each["reason"][:18] for each in webhook.received] == [
        "Updates 3 to 5 of ",
        "Update 7 of bot 7 ",
    ]


def test_alerts_are_in_the_language_of_the_operator_and_quote_errors_as_they_are(
    house: House, settings: Settings, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an operator who reads Portuguese, a run that fails and updates that are lost
    in_portuguese = replace(settings, language="pt")
    monkeypatch.setattr(sensors, "SETTINGS", replace(SETTINGS, language="pt"))
    monitor = Monitor(house.instance, in_portuguese, house)
    run_id = monitor.run("broken_job", **{"dagster/partition": "2026-10-07"})
    land_and_build(house, 1, 2, 6)
    house.run(date(2026, 10, 9))
    house.run_job("freshness_job")

    assert monitor.tick() == []

    # Then both are told in Portuguese, and the error is the one that was raised
    failed, lost = (message.text.splitlines() for message in telegram.messages)
    assert failed[:2] == [
        "Falha em broken_job de 2026-10-07",
        "the bucket *photos* is gone, says https://x.test/… ***",
    ]
    assert failed[2].endswith(f" · execução {run_id}")
    assert lost[0] == "Falha em update_ids_are_complete de 2026-10-07"
    assert lost[1].startswith(
        "Faltam os updates 3 a 5 do bot 7 (3 ids), em 2026-10-07: houve descarte "
    )


def test_failed_checks_explain_themselves_in_the_language_of_the_operator(
    house: House, settings: Settings, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a morning on which yesterday is not built, and updates that are on a wrong day
    monkeypatch.setattr(metadata, "SETTINGS", replace(SETTINGS, language="pt"))
    monitor = Monitor(house.instance, replace(settings, language="pt"), house)
    house.pipeline.land({"update_id": 1}, day=date(2015, 1, 1))
    house.run_job("freshness_job")

    assert monitor.tick() == []

    # Then only the names of the checks are English
    (message,) = telegram.messages
    heading, reason, _ = message.text.splitlines()
    assert heading == "Falha em freshness_job"
    for explained in (
        "yesterday_is_there: 2026-10-09 não foi montado; nenhum objeto chegou nesse dia.",
        "no_day_is_outside: 1 objeto chegou em 2015-01-01, antes de TG_START_DATE=2026-10-01, ",
    ):
        assert explained in reason


def land_and_build(house: House, *numbers: int) -> None:
    """Land updates as they arrived on DAY, and build its raw_updates."""
    for number in numbers:
        arrived = datetime.combine(DAY, time(15, number), UTC)
        body = json.dumps({"update_id": number, "message": {"text": "oi"}}).encode()
        house.pipeline.put(f"{BOT}-{number}.json", body, DAY, arrived)
    house.pipeline.build_raw()


def test_without_a_channel_there_is_no_sensor(settings: Settings, webhook: AlertWebhook) -> None:
    nobody = replace(settings, admin=AdminSettings())
    without_token = replace(settings, token=None, admin=AdminSettings(chat_id=CHAT))
    only_url = replace(settings, token=None, admin=AdminSettings(alert_url=Secret(webhook.url)))

    assert not sensors.definitions(alert_channels(nobody)).sensors
    assert not sensors.definitions(alert_channels(without_token)).sensors
    assert [channel.name for channel in alert_channels(only_url)] == ["url"]
    assert "SECRET-PATH" not in repr(only_url)
