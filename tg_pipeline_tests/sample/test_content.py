"""What the updates say is consistent, as Telegram's own are."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries
from tg_pipeline.sample.content import CODING, COURSE
from tg_pipeline.sample.people import GROUP, MEMBERS, SUPERGROUP

ZONE = ZoneInfo("America/Sao_Paulo")
MONDAY = date(2025, 3, 3)
BEGINNINGS = {"bot_command": "/", "hashtag": "#", "mention": "@", "url": "https://"}


@cache
def updates(days: int) -> tuple[dict[str, Any], ...]:
    calls = deliveries(MONDAY, days, 500, zone=ZONE)
    return tuple(json.loads(body) for body in dict.fromkeys(call.body for call in calls))


def contents(*kinds: str, days: int = 30) -> Iterator[dict[str, Any]]:
    for update in updates(days):
        yield from (update[kind] for kind in kinds if kind in update)


def stretch(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    begin, length = 2 * entity["offset"], 2 * entity["length"]
    return units[begin : begin + length].decode("utf-16-le")


def test_entities_lie_where_their_text_is_also_after_an_emoji() -> None:
    after_emoji = set()
    for message in contents("message", "edited_message", "channel_post", "edited_channel_post"):
        text = message.get("text") or message.get("caption") or ""
        for entity in message.get("entities", []) + message.get("caption_entities", []):
            kind = entity["type"]
            assert stretch(text, entity).startswith(BEGINNINGS.get(kind, ""))
            assert entity["length"] == len(stretch(text, entity).strip())
            if any(ord(char) > 0xFFFF for char in text[: entity["offset"]]):
                after_emoji.add(kind)
    assert after_emoji >= {"bot_command", "hashtag", "url", "mention"}


def test_what_looks_like_an_entity_is_one() -> None:
    for message in contents("message", "channel_post"):
        text = message.get("text", "")
        marked = {stretch(text, entity) for entity in message.get("entities", [])}
        words = [word for word in text.split() if word[0] in "/#@" or "://" in word]
        assert set(words) <= marked


@pytest.mark.parametrize(("days", "moving_day"), [(30, 8), (4, 2), (1, 0)])
def test_the_group_moves_once_and_is_then_silent(days: int, moving_day: int) -> None:
    messages = list(contents("message", "edited_message", "message_reaction", days=days))
    at = [n for n, message in enumerate(messages) if "migrate_to_chat_id" in message]
    assert len(at) == 1
    left, arrived = messages[at[0]], messages[at[0] + 1]
    assert (left["chat"], left["migrate_to_chat_id"]) == (GROUP, SUPERGROUP["id"])
    assert (arrived["chat"], arrived["migrate_from_chat_id"]) == (SUPERGROUP, GROUP["id"])
    assert datetime.fromtimestamp(left["date"], ZONE).toordinal() == MONDAY.toordinal() + moving_day
    chats = [message["chat"]["id"] for message in messages]
    assert SUPERGROUP["id"] not in chats[: at[0] + 1]
    assert GROUP["id"] not in chats[at[0] + 1 :]


def test_replies_stay_in_their_chat_and_come_after_what_they_answer() -> None:
    replies = [message for message in contents("message") if "reply_to_message" in message]
    assert len(replies) > 1000
    for message in replies:
        answered = message["reply_to_message"]
        assert answered["chat"] == message["chat"]
        assert answered["message_id"] < message["message_id"]
        assert "reply_to_message" not in answered


def test_message_ids_rise_within_a_chat() -> None:
    seen: dict[int, int] = defaultdict(int)
    for message in contents("message", "channel_post"):
        chat = message["chat"]["id"]
        assert message["message_id"] > seen[chat]
        seen[chat] = message["message_id"]


def test_edits_and_reactions_concern_messages_that_were_sent() -> None:
    sent = {(m["chat"]["id"], m["message_id"]) for m in contents("message", "channel_post")}
    edited = list(contents("edited_message", "edited_channel_post"))
    reacted = list(contents("message_reaction", "message_reaction_count"))
    assert {(m["chat"]["id"], m["message_id"]) for m in edited + reacted} <= sent
    assert all(message["edit_date"] > message["date"] for message in edited)
    changes = [(bool(r["old_reaction"]), bool(r["new_reaction"])) for r in reacted if "user" in r]
    assert set(changes) == {(False, True), (True, False)}


def test_messages_of_topics_name_their_topic() -> None:
    topics = [m for m in contents("message") if m.get("is_topic_message")]
    assert any("forum_topic_created" in message for message in topics)
    assert all(m["chat"]["is_forum"] and m["message_thread_id"] for m in topics)


def test_the_bot_never_receives_its_own_messages() -> None:
    senders = Counter(m.get("from", {}).get("id") for m in contents("message", "channel_post"))
    assert SAMPLE_BOT_ID not in senders
    assert senders[1087968824] > 1
    assert senders[None] > 1


def test_a_few_members_write_most_and_everyone_writes() -> None:
    senders = Counter(m["from"]["id"] for m in contents("message") if "from" in m)
    ids = [member.user["id"] for member in MEMBERS]
    assert all(senders[member] for member in ids)
    assert sum(senders[member] for member in ids[:8]) > sum(senders.values()) / 2


def test_every_sort_of_content_occurs() -> None:
    found = {name for message in contents("message") for name in message}
    assert found >= {
        *("photo", "sticker", "voice", "document", "animation", "video", "location", "contact"),
        *("dice", "poll", "via_bot", "forward_origin", "media_group_id", "caption"),
        *("new_chat_members", "left_chat_member", "successful_payment", "rich_message"),
    }
    origins = {m["forward_origin"]["type"] for m in contents("message") if "forward_origin" in m}
    assert origins == {"user", "hidden_user", "channel"}


def test_albums_are_several_photos_of_one_group() -> None:
    albums = Counter(m["media_group_id"] for m in contents("message") if "media_group_id" in m)
    assert set(albums.values()) <= {1, 2, 3, 4}
    assert max(albums.values()) > 2


def test_a_button_is_pressed_also_under_a_message_out_of_reach() -> None:
    dates = [query["message"]["date"] for query in contents("callback_query")]
    assert dates.count(0) in range(1, len(dates) // 10)


def test_one_text_of_the_month_is_cut_in_a_surrogate_pair_and_one_has_a_nul() -> None:
    texts = [message.get("text", "") for message in contents("message")]
    assert sum(any("\ud800" <= char <= "\udfff" for char in text) for text in texts) == 1
    assert sum("\x00" in text for text in texts) == 1


def test_there_are_forty_intents_in_several_wordings() -> None:
    intents = COURSE + CODING
    assert len(intents) >= 40
    assert all(len(intent.asks) >= 2 and intent.answers for intent in intents)
    asks = [ask for intent in intents for ask in intent.asks]
    assert 0.5 < sum(ask.endswith("?") for ask in asks) / len(asks) < 0.9
