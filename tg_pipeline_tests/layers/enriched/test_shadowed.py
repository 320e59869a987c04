"""A message that is known from several origins has one row, of the best of them."""

import json
import random
from typing import Any

import pyarrow as pa
import pytest

from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.layers.enriched.shadowed import has_synthetic, mark_shadowed
from tg_pipeline.layers.schema import TIMESTAMP

BOT = 7
SECOND = 1_700_000_000
GROUP = {"id": -1_001_234_567_890, "type": "supergroup"}
PRIVATE = {"id": 5, "type": "private"}
Line = dict[str, Any]


def live(number: int, chat: Line = GROUP, text: str = "Oi", *, second: int = SECOND) -> Line:
    message = {"message_id": number, "chat": chat, "date": second, "from": {"id": 5}, "text": text}
    return {"update_id": number, "message": message}


def called(number: int, chat: Line = GROUP, *, method: str = "sendMessage") -> Line:
    message = {"message_id": number, "chat": chat, "date": SECOND, "from": {"id": BOT}}
    call = {"date": SECOND, "method": method, "ok": True, "result": message, "chat": chat}
    return {"update_id": FIRST_SYNTHETIC_ID + number, "bot_call": call}


def exported(
    number: int,
    chat: Line = GROUP,
    text: str = "Oi",
    *,
    second: int = SECOND,
    **fields: Any,
) -> Line:
    message = {"id": number, "from_id": "user5", "text": text, **fields}
    content = {"date": second, "chat": chat, "message": message}
    return {"update_id": FIRST_SYNTHETIC_ID + 1_000 + number, "exported_message": content}


def shadowed(*lines: Line, bots: tuple[int, ...] = ()) -> list[bool]:
    kinds = [next(name for name in line if name != "update_id") for line in lines]
    columns = {
        "update_type": pa.array(kinds, pa.string()),
        "bot_id": pa.array(bots or [BOT] * len(lines), pa.int64()),
        "update_id": pa.array([line["update_id"] for line in lines], pa.int64()),
        "received_at": pa.array(range(len(lines)), TIMESTAMP),
        "payload": pa.array([json.dumps(line).encode() for line in lines], pa.binary()),
    }
    batch = pa.record_batch(columns)
    marks: list[bool] = mark_shadowed([batch]).to_pylist()
    assert mark_shadowed([batch.slice(each, 1) for each in range(len(lines))]).to_pylist() == marks
    return marks


def test_in_a_supergroup_a_message_is_recognized_by_its_id() -> None:
    # Given a message as an update, and exported twice with another text, and one that is new
    lines = [
        exported(1, text="Oi!"),
        live(1),
        exported(2),
        exported(1, text="Oi?", edited_unixtime="9"),
    ]

    # Then only the update and the new one remain
    assert shadowed(*lines) == [True, False, False, True]


def test_of_several_exports_the_newest_version_counts() -> None:
    lines = [
        exported(1, edited_unixtime="5"),
        exported(1, edited_unixtime="9"),
        exported(1, edited_unixtime="7"),
        exported(1),
    ]

    assert shadowed(*lines) == [True, False, True, True]
    # Of equal ones the one that arrived last
    assert shadowed(exported(1), exported(1)) == [True, False]


def test_a_call_counts_before_an_export_and_after_an_update() -> None:
    assert shadowed(exported(1), called(1)) == [True, False]
    assert shadowed(called(1), live(1)) == [True, False]
    # An edit is another version, and no other bot's message replaces a call
    assert shadowed(live(1), called(1, method="editMessageText")) == [False, False]
    assert shadowed(live(1), called(1), bots=(BOT, BOT + 1)) == [False, False]


def test_an_export_is_known_whichever_bot_received_the_message() -> None:
    assert shadowed(live(1), exported(1), bots=(BOT + 1, BOT)) == [False, True]


def test_in_a_private_chat_equal_ids_are_a_coincidence() -> None:
    # Given messages with the same id at different times, and the same message with different ids
    assert shadowed(live(1, PRIVATE), exported(1, PRIVATE, second=SECOND - 60)) == [False, False]
    assert shadowed(live(1, PRIVATE), exported(88, PRIVATE)) == [False, True]


def test_equal_messages_of_one_second_are_counted() -> None:
    lines = [live(1, PRIVATE), exported(88, PRIVATE), exported(89, PRIVATE)]

    assert shadowed(*lines) == [False, True, False]


def test_another_text_is_another_message_unless_it_was_edited() -> None:
    assert shadowed(live(1, PRIVATE), exported(9, PRIVATE, "Olá")) == [False, False]
    assert shadowed(live(1, PRIVATE), exported(9, PRIVATE, "Olá", edited_unixtime="5")) == [
        False,
        True,
    ]
    assert shadowed(live(1, PRIVATE), exported(9, PRIVATE, from_id="user6")) == [False, False]


def test_what_the_bot_sent_is_recognized_in_the_export_of_its_private_chat() -> None:
    assert shadowed(exported(9, PRIVATE, "", from_id=f"user{BOT}"), called(1, PRIVATE)) == [
        True,
        False,
    ]


@pytest.mark.parametrize("chat", [GROUP, PRIVATE])
def test_a_history_split_at_random_is_whole_again(chat: Line) -> None:
    # Given a history, some of which is known as updates and some from an export, some from both
    rng = random.Random(5)  # noqa: S311 - repeatable
    history = [(number, SECOND + number // 3, rng.choice("ab")) for number in range(300)]
    known = [live(1 + n, chat, f"{t}{n}", second=s) for n, s, t in history if rng.random() < 0.6]
    seen = {each["update_id"] for each in known}
    shift = 0 if chat is GROUP else 5_000
    rest = [
        exported(1 + n + shift, chat, f"{t}{n}", second=s)
        for n, s, t in history
        if 1 + n not in seen or rng.random() < 0.5
    ]
    lines = known + rest
    rng.shuffle(lines)

    # When the day is built, then each message has one row
    assert shadowed(*lines).count(False) == len(history)


def test_a_day_without_synthetic_updates_is_recognized_by_its_ids() -> None:
    ids = [pa.record_batch({"update_id": pa.array(each, pa.int64())}) for each in ([], [1, 2])]

    assert not has_synthetic(ids)
    assert has_synthetic([*ids, pa.record_batch({"update_id": [FIRST_SYNTHETIC_ID]})])
