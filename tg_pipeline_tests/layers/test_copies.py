"""An event of a supergroup that several bots received is marked for all but the lowest bot."""

import json
from typing import Any

import pyarrow as pa
import pytest

from tg_pipeline.layers.copies import has_several_bots, mark_copies

GROUP = {"id": -1_001_234_567_890, "type": "supergroup"}
ANA = {"id": 5, "is_bot": False}
MESSAGE = {"chat": GROUP, "from": ANA, "date": 100, "message_id": 9}
JOINED = {
    "chat": GROUP,
    "from": ANA,
    "date": 100,
    "new_chat_member": {"user": ANA, "status": "member"},
}
Row = tuple[int, str, dict[str, Any]]
"""A bot, an update type and a content."""


def batch_of(*rows: Row) -> pa.RecordBatch:
    updates = [{"update_id": n, kind: content} for n, (_, kind, content) in enumerate(rows)]
    return pa.record_batch(
        {
            "update_type": pa.array([kind for _, kind, _ in rows], pa.string()),
            "bot_id": pa.array([bot for bot, _, _ in rows], pa.int64()),
            "payload": pa.array([json.dumps(each).encode() for each in updates], pa.binary()),
        }
    )


def copies(*rows: Row) -> list[bool]:
    marks: list[bool] = mark_copies([batch_of(*rows)]).to_pylist()
    assert mark_copies([batch_of(row) for row in rows]).to_pylist() == marks
    return marks


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("message", MESSAGE),
        ("edited_message", MESSAGE | {"edit_date": 200}),
        ("channel_post", {"chat": GROUP, "sender_chat": GROUP, "date": 100, "message_id": 9}),
        ("message_reaction", {"chat": GROUP, "user": ANA, "date": 100, "message_id": 9}),
        ("message_reaction_count", {"chat": GROUP, "date": 100, "message_id": 9}),
        ("chat_member", JOINED),
        ("chat_join_request", {"chat": GROUP, "from": ANA, "date": 100}),
        ("chat_boost", {"chat": GROUP, "boost": {"add_date": 100, "source": {"user": ANA}}}),
        ("removed_chat_boost", {"chat": GROUP, "remove_date": 100, "source": {"user": ANA}}),
    ],
)
def test_the_bot_with_the_lowest_id_has_the_original(kind: str, content: dict[str, Any]) -> None:
    marks = copies(
        (8, kind, content), (7, kind, content), (9, kind, dict(reversed(content.items())))
    )

    assert marks == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("message", MESSAGE | {"chat": {"id": 5, "type": "private"}}),
        ("message", MESSAGE | {"chat": {"id": -4_001, "type": "group"}}),
        ("message", MESSAGE | {"message_id": 0, "ephemeral_message_id": 4}),
        ("message", {"chat": GROUP, "from": ANA, "date": 100}),
        ("message", {"chat": GROUP, "from": ANA, "message_id": 9}),
        ("my_chat_member", JOINED),
        ("callback_query", {"from": ANA, "message": MESSAGE}),
        ("business_message", MESSAGE),
        ("guest_message", MESSAGE),
        ("poll_answer", {"poll_id": "1", "user": ANA}),
        ("telepathy", MESSAGE),
    ],
)
def test_what_bots_receive_separately_is_no_copy(kind: str, content: dict[str, Any]) -> None:
    assert copies((7, kind, content), (8, kind, content)) == [False, False]


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": 10},
        {"date": 101},
        {"from": {"id": 6}},
        {"chat": {"id": -1_001_234_567_891}},
        {"sender_chat": GROUP},
    ],
    ids=lambda change: next(iter(change)),
)
def test_different_events_are_no_copies(change: dict[str, Any]) -> None:
    assert copies((7, "message", MESSAGE), (8, "message", MESSAGE | change)) == [False, False]


def test_each_repetition_within_a_second_needs_an_original() -> None:
    edit = ("edited_message", MESSAGE | {"edit_date": 200})

    assert copies((7, *edit), (7, *edit), (8, *edit), (8, *edit), (8, *edit)) == [
        *(False, False),
        *(True, True, False),
    ]


def test_one_bot_is_told_from_several() -> None:
    one, two = (batch_of((bot, "message", MESSAGE), (7, "message", MESSAGE)) for bot in (7, 8))

    assert [has_several_bots(each) for each in ([], [one, one], [one, two])] == [False, False, True]
