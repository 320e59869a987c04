"""Every update that the Bot API can send lands as it came, on its day, and comes out a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.conftest import BuiltDay, Pipeline
from tg_pipeline_tests.lambda_ingest.conftest import ARRIVED, Container
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event
from tg_pipeline_tests.lambda_ingest.expressible import Examples, as_telegram_sends

SENT_ON, EDITED_ON, ARRIVED_ON = date(2026, 10, 4), date(2026, 10, 5), ARRIVED.date()
OTHERWISE_ON = date(2026, 10, 6)
"""The day of every other moment in an update, which is none that it happened on."""

EDITS = {"edited_message", "edited_channel_post", "edited_business_message"}
WITHOUT_A_TIME = {
    *("inline_query", "chosen_inline_result", "callback_query"),
    *("shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer"),
    *("deleted_business_messages", "chat_boost", "removed_chat_boost"),
    *("managed_bot", "subscription", "stopped_message_generation"),
}


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 15, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Sent:
    """An update, and the day that it says it happened on."""

    update_id: int
    body: bytes
    day: date

    @property
    def key(self) -> str:
        return f"telegram/context_date={self.day}/7-{self.update_id}.json"


@dataclass(frozen=True)
class Everything:
    """All that was sent, what it was answered, and what came of it."""

    sent: dict[str, list[Sent]]
    statuses: list[int]
    stored: dict[str, bytes]
    rows: dict[int, dict[str, Any]]
    built: list[BuiltDay]


def day_of(kind: str, content: dict[str, Any]) -> date:
    if kind in EDITS:
        return EDITED_ON if "edit_date" in content else ARRIVED_ON
    return ARRIVED_ON if kind in WITHOUT_A_TIME else SENT_ON


def all_updates() -> Iterator[tuple[str, Sent]]:
    moments = {"date": noon(SENT_ON), "edit_date": noon(EDITED_ON)}
    examples = Examples(moments, noon(OTHERWISE_ON))
    every = ((kind, content) for kind in UPDATE_TYPES for content in examples.of(kind))
    for update_id, (kind, content) in enumerate(every):
        body = as_telegram_sends(update_id, kind, content)
        yield kind, Sent(update_id, body, day_of(kind, content))


@pytest.fixture(scope="module")
def everything(folder_in_memory: Path) -> Everything:
    pipeline = Pipeline(folder_in_memory)
    container = Container(
        {
            "TG_LANDING_URI": pipeline.landing_uri,
            "TELEGRAM_BOT_ID": "7",
            "TELEGRAM_SECRET_TOKEN": SECRET,
        }
    )
    sent: dict[str, list[Sent]] = {kind: [] for kind in UPDATE_TYPES}
    statuses = []
    for kind, update in all_updates():
        sent[kind].append(update)
        statuses.append(container.handle(http_event(update.body))["statusCode"])
    days = (SENT_ON, EDITED_ON, OTHERWISE_ON, ARRIVED_ON)
    built = [pipeline.build(day) for day in days]
    rows = [row for day in days for row in pipeline.rows("enriched_updates", day)]
    by_id = {row["update_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return Everything(sent, statuses, container.stored(), by_id, built)


def test_every_update_is_answered_200(everything: Everything) -> None:
    assert set(everything.statuses) == {200}
    assert len(everything.statuses) > 500


def test_nothing_but_the_updates_is_stored(everything: Everything) -> None:
    keys = [update.key for updates in everything.sent.values() for update in updates]

    assert sorted(everything.stored) == sorted(keys)


@pytest.mark.parametrize("kind", UPDATE_TYPES)
def test_each_lands_byte_for_byte_under_the_day_it_happened(
    everything: Everything, kind: str
) -> None:
    updates = everything.sent[kind]

    assert len(updates) > 1
    for update in updates:
        assert everything.stored[update.key] == update.body


@pytest.mark.parametrize("kind", UPDATE_TYPES)
def test_each_comes_out_of_the_layers_as_what_it_is(everything: Everything, kind: str) -> None:
    rows = [everything.rows[update.update_id] for update in everything.sent[kind]]

    assert {row["update_type"] for row in rows} == {kind}
    assert {row["bot_id"] for row in rows} == {7}
    assert {row["fields_nulled"] for row in rows} == {0}


def test_none_is_put_aside_on_the_way(everything: Everything) -> None:
    sent = sum(len(updates) for updates in everything.sent.values())

    assert sum(built.raw.lines for built in everything.built) == sent
    assert sum(built.raw.quarantined.rows for built in everything.built) == 0
    assert sum(built.deduped.duplicates for built in everything.built) == 0
    assert sum(built.enriched.enriched.rows for built in everything.built) == sent
