"""Every update of the Bot API lands byte for byte on its day, and becomes a row of the layers."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline.telegram.fields import SERVICE_MESSAGES
from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.conftest import BuiltDay, Pipeline
from tg_pipeline_tests.lambda_ingest.conftest import ARRIVED, Container, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, queue_event, record
from tg_pipeline_tests.lambda_ingest.updates.aiogram_updates import Examples, as_telegram_sends

SENT_ON, EDITED_ON, ARRIVED_ON = date(2026, 10, 4), date(2026, 10, 5), ARRIVED.date()
OTHERWISE_ON = date(2026, 10, 6)
"""The day of all other times in an update: `add_date` and `remove_date` of boosts, and times that
are not the event time."""

EDITS = {"edited_message", "edited_channel_post", "edited_business_message"}
BOOSTS = {"chat_boost", "removed_chat_boost"}
WITHOUT_A_TIME = {
    *("inline_query", "chosen_inline_result", "callback_query"),
    *("shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer"),
    *("deleted_business_messages", "managed_bot", "subscription"),
    "stopped_message_generation",
}


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 15, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Sent:
    update_id: int
    body: bytes
    day: date

    @property
    def key(self) -> str:
        return f"telegram/context_date={self.day}/7-{self.update_id}.json"


@dataclass(frozen=True)
class Everything:
    sent: dict[str, list[Sent]]
    statuses: list[int]
    stored: dict[str, bytes]
    rows: dict[int, dict[str, Any]]
    built: list[BuiltDay]


def day_of(kind: str, content: dict[str, Any]) -> date:
    if kind in EDITS and "edit_date" in content:
        return EDITED_ON
    if kind in BOOSTS:
        return OTHERWISE_ON
    return ARRIVED_ON if kind in WITHOUT_A_TIME else SENT_ON


def all_updates() -> Iterator[tuple[str, Sent]]:
    moments = {"date": noon(SENT_ON), "edit_date": noon(EDITED_ON)}
    examples = Examples(moments, noon(OTHERWISE_ON))
    every = ((kind, content) for kind in UPDATE_TYPES for content in examples.of(kind))
    for update_id, (kind, content) in enumerate(every):
        body = as_telegram_sends(update_id, kind, content)
        yield kind, Sent(update_id, body, day_of(kind, content))


def container_of(pipeline: Pipeline) -> Container:
    return Container(
        {
            "TG_LANDING_URI": pipeline.landing_uri,
            "TELEGRAM_BOT_ID": "7",
            "TELEGRAM_SECRET_TOKEN": SECRET,
        }
    )


@pytest.fixture(scope="module")
def everything(folder_in_memory: Path) -> Everything:
    pipeline = Pipeline(folder_in_memory)
    container = container_of(pipeline)
    sent: dict[str, list[Sent]] = {kind: [] for kind in UPDATE_TYPES}
    statuses = []
    for kind, each in all_updates():
        sent[kind].append(each)
        statuses.append(container.handle(http_event(each.body))["statusCode"])
    days = (SENT_ON, EDITED_ON, OTHERWISE_ON, ARRIVED_ON)
    built = [pipeline.build(day) for day in days]
    rows = [row for day in days for row in pipeline.rows("enriched_updates", day)]
    by_id = {row["update_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return Everything(sent, statuses, container.stored(), by_id, built)


def test_each_lands_byte_for_byte_on_its_day_and_becomes_a_row(everything: Everything) -> None:
    for kind, updates in everything.sent.items():
        assert len(updates) > 1
        assert [everything.stored[each.key] for each in updates] == [each.body for each in updates]
        rows = [everything.rows[each.update_id] for each in updates]
        values = {(row["update_type"], row["bot_id"], row["fields_nulled"]) for row in rows}
        assert values == {(kind, 7, 0)}


def test_every_field_of_the_bot_api_is_known(everything: Everything) -> None:
    assert [built.enriched.drift for built in everything.built] == [(), (), (), ()]


def test_what_the_bot_api_calls_a_service_message_is_one() -> None:
    from aiogram.types import Message  # noqa: PLC0415 - its import takes 5 seconds

    source = inspect.getsource(Message)
    documented = re.findall(
        r'^    (\w+):[^\n]*\n    """\*Optional\*\. ([^"]*)"""', source, re.MULTILINE
    )
    called = {name for name, text in documented if "service message" in text.lower()}

    assert len(called) > 40
    assert called <= SERVICE_MESSAGES
    ordinary = {"giveaway", "giveaway_winners", "invoice", "contact", "text", "rich_message"}
    assert not ordinary & SERVICE_MESSAGES


def test_every_update_gets_200_and_none_is_quarantined_or_taken_for_a_duplicate(
    everything: Everything,
) -> None:
    sent = sum(len(updates) for updates in everything.sent.values())

    assert sent > 500
    assert everything.statuses == [200] * sent
    assert len(everything.stored) == sent
    assert sum(built.raw.lines for built in everything.built) == sent
    assert sum(built.raw.quarantined.rows for built in everything.built) == 0
    assert sum(built.deduped.duplicates for built in everything.built) == 0
    assert sum(built.enriched.enriched.rows for built in everything.built) == sent


def test_an_update_from_a_batch_and_from_the_webhook_becomes_one_row(pipeline: Pipeline) -> None:
    # Given a batch with one body on many lines, and one duplicate
    pretty = json.dumps(json.loads(update(6, text="a\nb")), indent=2).encode()
    bodies = [update(5, text="olá 😀"), pretty, update(5, text="olá 😀"), update(7, "poll")]
    container = container_of(pipeline)

    # When it lands twice, two of its updates through the webhook as well, and the day is built
    for _ in range(2):
        container.handle(queue_event(*map(record, bodies)))
    for body in bodies[:2]:
        assert container.handle(http_event(body))["statusCode"] == 200
    built = pipeline.build()

    # Then there is a row for each update
    rows = sorted(pipeline.rows("enriched_updates"), key=lambda row: row["update_id"])
    assert [(row["update_id"], row["text"]) for row in rows] == [
        (5, "olá 😀"),
        (6, "a\nb"),
        (7, None),
    ]
    assert (built.raw.lines, built.raw.quarantined.rows, built.deduped.duplicates) == (6, 0, 3)
