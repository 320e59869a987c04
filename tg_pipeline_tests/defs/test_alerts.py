"""A run that fails is told of once: in the admin chat, and at a URL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.defs import alerts
from tg_pipeline.defs.alerts import AlertError
from tg_pipeline.defs.listeners import listeners
from tg_pipeline.defs.telling import MOST
from tg_pipeline.defs.told_tags import BEGUN, keep
from tg_pipeline.settings import AdminSettings, Settings
from tg_pipeline_tests.defs.conftest import House, StoppedClock
from tg_pipeline_tests.defs.hook import Hook
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

CHAT = "-1001"
NO_TOKEN = "1234567890:AAF_not_a_token_that_anyone_may_read_1"  # noqa: S105 - made up


@dg.asset
def broken() -> None:
    raise dg.Failure(f"the bucket *photos* is gone, says https://x.test/a {NO_TOKEN}")


@dg.asset
def crashing() -> None:
    raise ZeroDivisionError("division by zero")


@dg.asset
def sound() -> None:
    """Nothing fails here."""


PLACE = dg.Definitions(
    assets=[broken, crashing, sound],
    jobs=[
        dg.define_asset_job(f"{each.key.path[0]}_job", [each]) for each in (broken, crashing, sound)
    ],
    executor=dg.in_process_executor,
)


class Watch:
    """A Dagster in which runs fail, and the sensor that tells of it."""

    def __init__(self, instance: dg.DagsterInstance, settings: Settings) -> None:
        self.instance, self.settings = instance, settings
        self.cursor: str | None = None
        self.later = timedelta()

    def run(self, job: str, **tags: str) -> str:
        """Run a job to its end; give the run's id."""
        done = PLACE.resolve_job_def(job).execute_in_process(
            instance=self.instance, raise_on_error=False, tags=tags
        )
        return done.run_id

    def look(self) -> None:
        """Let the sensor look once, as the daemon does."""
        (sensor,) = alerts.definitions(listeners(self.settings)).sensors or []
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            resources={"clock": StoppedClock(at=(datetime.now(UTC) + self.later).isoformat())},
        )
        assert isinstance(sensor, dg.SensorDefinition)
        self.cursor = sensor.evaluate_tick(context).cursor

    def tell(self, job: str, **tags: str) -> str:
        """Have a job run between two looks."""
        self.look()
        run_id = self.run(job, **tags)
        self.look()
        return run_id


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as listening:
        yield listening


@pytest.fixture
def settings(tmp_path: Path, telegram: TelegramServer, hook: Hook) -> Settings:
    environment = {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "TG_ADMIN_CHAT_ID": CHAT,
        "TG_ALERT_URL": hook.url,
    }
    return Settings.from_environment(environment, tmp_path)


@pytest.fixture
def watch(settings: Settings) -> Iterator[Watch]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Watch(instance, settings)


def test_a_failed_run_is_told_of_once_to_each(
    watch: Watch, telegram: TelegramServer, hook: Hook
) -> None:
    # When a run fails, and the sensor looks several times
    run_id = watch.tell("broken_job", **{"dagster/partition": "2026-10-07"})
    watch.look()
    watch.look()

    # Then each is told once: which run, of which day, and why, without secrets
    (message,) = telegram.messages
    assert str(message.chat_id) == CHAT
    assert message.text.splitlines()[:2] == [
        "broken_job of 2026-10-07 failed",
        "the bucket *photos* is gone, says https://x.test/… ***",
    ]
    assert run_id in message.text
    (heard,) = hook.heard
    assert heard["text"] == heard["content"] == message.text
    assert (heard["job"], heard["days"], heard["run_id"]) == ("broken_job", "2026-10-07", run_id)


def test_what_crashed_is_told_by_its_own_words(watch: Watch, hook: Hook) -> None:
    watch.tell("crashing_job")

    assert hook.heard[0]["reason"] == "division by zero"


def test_what_failed_before_anyone_watched_and_what_went_well_is_no_news(
    watch: Watch, hook: Hook
) -> None:
    watch.run("broken_job")
    watch.tell("sound_job")

    assert hook.heard == []


def test_a_run_that_is_tried_again_by_itself_is_not_told_of(watch: Watch, hook: Hook) -> None:
    watch.tell("broken_job", **{"dagster/will_retry": "true"})

    assert hook.heard == []


def test_who_could_not_be_reached_is_told_later(
    watch: Watch, telegram: TelegramServer, hook: Hook
) -> None:
    # Given a hook that refuses
    hook.status = 404
    with pytest.raises(AlertError, match=r"127\.0\.0\.1 answered 404 to the alert\.") as refused:
        watch.tell("broken_job")
    assert "SECRET-PATH" not in str(refused.getrepr(style="long"))

    # When it comes back
    hook.status = 200
    watch.look()
    watch.look()

    # Then it hears of the run, and the chat does not hear of it again
    assert len(hook.heard) == 2
    assert len(telegram.messages) == 1


def test_what_may_have_arrived_is_not_told_again(
    watch: Watch, telegram: TelegramServer, hook: Hook
) -> None:
    telegram.lose_answers(1, "sendMessage")
    with pytest.raises(AlertError, match="did not answer"):
        watch.tell("broken_job")
    watch.look()

    assert len(telegram.messages) == 1
    assert len(hook.heard) == 1


def test_a_sensor_that_was_killed_while_telling_does_not_tell_twice(
    watch: Watch, telegram: TelegramServer
) -> None:
    watch.look()
    run_id = watch.run("broken_job")
    keep(watch.instance, run_id, "chat", BEGUN)

    watch.look()

    assert telegram.messages == []


def test_a_run_that_is_executed_again_and_fails_again_is_told_of(watch: Watch, hook: Hook) -> None:
    # Given a failed run that was told of
    first = watch.tell("broken_job")
    parent = watch.instance.get_run_by_id(first)
    assert parent is not None

    # When somebody has it executed again in the UI, which copies its tags
    again = watch.run("broken_job", **parent.tags)
    watch.look()
    watch.look()

    # Then each is told of once
    assert [heard["run_id"] for heard in hook.heard] == [first, again]


@pytest.mark.parametrize("cursor", ["", "2026-13-01", "0001-01-01T00:00:00+14:00", "{}"])
def test_a_damaged_cursor_is_a_first_look(watch: Watch, hook: Hook, cursor: str) -> None:
    watch.cursor = cursor

    run_id = watch.tell("broken_job")

    assert [heard["run_id"] for heard in hook.heard] == [run_id]


def test_google_chat_is_told_in_the_only_words_it_takes(
    watch: Watch, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given Google Chat, to which the way leads over a proxy
    monkeypatch.setenv("http_proxy", hook.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    space = Secret("http://Chat.GoogleAPIs.com/v1/spaces/AAAA/messages?key=SECRET-KEY")
    watch.settings = replace(watch.settings, admin=AdminSettings(alert_url=space))

    # When a run fails
    run_id = watch.tell("broken_job")

    # Then it takes what it is told
    (heard,) = hook.heard
    assert heard.keys() == {"text"}
    assert run_id in heard["text"]


def test_a_chat_that_does_not_exist_is_named(watch: Watch, telegram: TelegramServer) -> None:
    telegram.fail(400, description="Bad Request: chat not found")

    with pytest.raises(AlertError, match="There is no chat -1001"):
        watch.tell("broken_job")


def test_what_failed_days_ago_is_no_news_any_more(watch: Watch, hook: Hook) -> None:
    watch.look()
    watch.run("broken_job")

    watch.later = timedelta(days=2)
    watch.look()

    assert hook.heard == []


def test_many_failures_are_told_of_a_few_at_a_time_until_all_are(watch: Watch, hook: Hook) -> None:
    watch.look()
    failed = {watch.run("broken_job") for _ in range(MOST + 2)}

    watch.look()
    first = len(hook.heard)
    watch.look()
    watch.look()

    assert first == MOST
    assert sorted(heard["run_id"] for heard in hook.heard) == sorted(failed)


def test_a_missing_yesterday_is_told_of_once_though_its_run_went_well(
    watch: Watch, house: House, hook: Hook
) -> None:
    # Given a morning on which yesterday is not built
    watch.instance = house.instance
    watch.look()
    looked = house.defs.resolve_job_def("freshness_job").execute_in_process(instance=house.instance)

    # When the sensor looks
    watch.look()
    watch.look()

    # Then it tells so, once
    (heard,) = hook.heard
    assert (heard["job"], heard["run_id"]) == ("freshness_job", looked.run_id)
    assert heard["reason"] == (
        "yesterday_is_there: 2026-10-09 is not built; 0 objects landed on it."
    )


def test_a_yesterday_that_is_there_is_no_news(watch: Watch, house: House, hook: Hook) -> None:
    watch.instance = house.instance
    watch.look()
    house.run(date(2026, 10, 9))
    house.defs.resolve_job_def("freshness_job").execute_in_process(instance=house.instance)

    watch.look()

    assert hook.heard == []


def test_where_nobody_wants_to_know_there_is_no_sensor(settings: Settings) -> None:
    nobody = replace(settings, admin=AdminSettings())
    without_token = replace(settings, token=None, admin=AdminSettings(chat_id=CHAT))

    assert alerts.definitions(listeners(nobody)).sensors in (None, [])
    assert alerts.definitions(listeners(without_token)).sensors in (None, [])


def test_a_url_of_its_own_is_enough(settings: Settings, hook: Hook) -> None:
    only_url = replace(settings, token=None, admin=AdminSettings(alert_url=Secret(hook.url)))

    assert [each.name for each in listeners(only_url)] == ["url"]
    assert "SECRET-PATH" not in repr(only_url)
