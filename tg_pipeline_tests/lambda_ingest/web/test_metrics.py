"""One log line a request, for people and for CloudWatch, without anything secret."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lambda_ingest.web.metrics import COUNTS, NAMESPACE, MetricsLogger, RequestRecord
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, after_breaking, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import Container, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, queue_event, record
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, forget

NewContainer = Callable[..., Container]

AT = datetime(2026, 10, 7, 15, 0, 0, 123_456, tzinfo=UTC)
UNITS = {"Count", "Milliseconds"}
RECORDS = st.builds(
    RequestRecord,
    at=st.just(AT),
    counts=st.dictionaries(st.sampled_from(COUNTS), st.integers(0, 10_000)),
    duration_ms=st.floats(0, 1e6),
    details=st.dictionaries(st.sampled_from(["status", "key", "why"]), st.text() | st.integers()),
)


def text_of(each: RequestRecord, *, with_metrics: bool) -> str:
    out = StringIO()
    MetricsLogger(out, 7, with_metrics).write(each)
    return out.getvalue()


@examples(max_examples=30)
@given(RECORDS)
def test_each_line_is_json_with_every_declared_metric_and_dimension(
    each: RequestRecord,
) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    text = text_of(each, with_metrics=True)
    assert text.isascii()
    assert text.index("\n") == len(text) - 1
    line = json.loads(text)

    metadata = line["_aws"]
    assert metadata["Timestamp"] == 1_791_385_200_123
    (directive,) = metadata["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert (directive["Dimensions"], line["bot_id"]) == ([["bot_id"]], "7")
    assert {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]} == {
        **{name: each.counts.get(name, 0) for name in COUNTS},
        "ms": round(each.duration_ms, 1),
    }
    for metric in directive["Metrics"]:
        assert metric["Unit"] in UNITS


def test_lines_for_people_contain_only_counts_that_are_not_zero_and_no_long_texts() -> None:
    details: dict[str, str | int] = {"status": 200, "key": "telegram/5.json", "why": "x" * 5_000}
    each = RequestRecord(AT, {"landed": 1}, 4.26, details)

    assert json.loads(text_of(each, with_metrics=False)) == {
        "at": "2026-10-07T15:00:00.123456+00:00",
        "level": "INFO",
        "bot_id": "7",
        "landed": 1,
        "ms": 4.3,
        "status": 200,
        "key": "telegram/5.json",
        "why": "x" * 300,
    }


def test_strangers_cause_at_most_one_line_a_minute_and_every_call_is_counted(
    container: Container,
) -> None:
    # Given strangers who call twice a second for two minutes, without the secret or elsewhere
    container.clock_step = timedelta(milliseconds=500)
    for _ in range(120):
        container.status(update(5), headers={})
        container.handle(http_event(update(5), method="GET"))

    # When an update arrives
    assert container.status(update(6)) == 200

    # Then there are lines of the first call, of the one a minute later, and of the update
    lines = container.lines()
    assert [(each["status"], each["landed"]) for each in lines] == [(403, 0), (403, 0), (200, 1)]
    assert [sum(each[name] for each in lines) for name in ("unauthorized", "refused")] == [120, 120]


def test_a_closed_log_costs_no_update(container: Container) -> None:
    class Closed(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    webhook = container.dispatcher.webhook
    quiet = replace(webhook, metrics=replace(webhook.metrics, out=Closed()))

    assert quiet.handle(update(5), 20.0).status == 200
    assert list(container.stored().values()) == [update(5)]


WRITTEN = "meet me at the old harbour"
PERSON: dict[str, Any] = {"id": 5_550_001, "first_name": "Iracema", "username": "iracema_77"}
BY: dict[str, Any] = {"from": PERSON}
TOKEN, BOT_SECRET, GUESSED = "7:AAF-open-sesame", "the-bot-s-secret", "a-guess-of-a-stranger"
GROUP = -42
BODIES = [
    update(1, text=WRITTEN, chat={"id": GROUP}, **BY),
    update(2, text=WRITTEN, chat={"id": -7}, **BY),
    update(3, chat={"id": GROUP}, migrate_to_chat_id=-100, **BY),
    json.dumps({"update_id": 4, "message": {"date": 1_900_000_000, "text": WRITTEN}}).encode(),
    b'{"update_id": "x", "text": "%b"}' % WRITTEN.encode(),
    WRITTEN.encode(),
]
HIDDEN = [
    WRITTEN,
    "harbour",
    *map(str, PERSON.values()),
    SECRET,
    TOKEN,
    "AAF",
    BOT_SECRET,
    GUESSED,
    KEY,
]


def settings_with(url: str) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_CHAT_IDS": str(GROUP),
        "TG_WEBHOOK_PATH": "/telegram",
        "FORWARD_URL": url,
        "FORWARD_SECRET_TOKEN": BOT_SECRET,
        "FORWARD_TIMEOUT_SECONDS": "5",
    }


def log_everything(container: Container) -> None:
    for body in BODIES:
        container.post(body)
        container.post(body)
        container.post(body, headers={"x-telegram-bot-api-secret-token": GUESSED})
        container.post(body, body=f"é{WRITTEN}", isBase64Encoded=True)
        container.handle(http_event(body, path=f"/{TOKEN}"))
        container.handle(http_event(body, method="PUT"))
        container.handle(queue_event(record(body), record(body, secret=GUESSED), record(body)))
        container.handle(queue_event(record(body) | {"body": [WRITTEN]}))
        container.handle({"body": WRITTEN})


def test_the_log_contains_no_secrets_and_no_message_texts(
    new_container: NewContainer, tmp_path: Path
) -> None:
    # Given a bot that works and then goes down, at a URL with a token in it
    with Bot(always(reply(WRITTEN.encode(), connection="close"))) as bot:
        container = new_container(**settings_with(bot.url))
        log_everything(container)
    assert len(bot.heard) == 2 * len(BODIES)

    # When updates arrive, and the store fails as well
    (tmp_path / "landing" / "telegram").rename(tmp_path / "away")
    log_everything(container)
    shutil.rmtree(tmp_path / "landing" / "telegram")
    (tmp_path / "landing" / "telegram").write_text(WRITTEN)
    log_everything(container)

    # And when a bot's reply can't be stored
    (tmp_path / "landing" / "telegram").unlink()
    answer = json.dumps({"method": "sendMessage", "text": WRITTEN}).encode()
    broken = after_breaking(tmp_path / "landing", reply(answer, connection="close"))
    with Bot(broken) as bot:
        answered = new_container(**settings_with(bot.url))
        log_everything(answered)
    (tmp_path / "landing" / "telegram").unlink()

    # And when somebody is forgotten, with the key and without it
    forget(container.landing, PERSON["id"], PERSON["username"])
    forgotten = [new_container(TG_PRIVACY_KEY=key) for key in (KEY, "")]
    for each in forgotten:
        log_everything(each)

    # Then the log contains every kind of line, and nothing secret
    containers = [container, answered, *forgotten]
    log = "".join(each.log.getvalue() for each in containers)
    lines = [line for each in containers for line in each.lines()]
    seen = {name for line in lines for name, count in line.items() if count == 1}
    assert set(COUNTS) <= seen
    assert "The bot can't be reached: ConnectionRefusedError." in log
    assert "The store failed: " in log
    assert log.count(f"Chat {GROUP} became -100, which is kept too.") == 1
    assert [word for word in [*HIDDEN, bot.url, "/hook/", "localhost"] if word in log] == []
