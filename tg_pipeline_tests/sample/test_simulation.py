"""The sample is the same bytes for the same arguments, complete, ordered and consistent."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline.sample import SAMPLE_BOT_ID, SampleDelivery, deliveries
from tg_pipeline.sample.content import CONTENT
from tg_pipeline.sample.people import ANONYMOUS_ADMIN, GROUP, MEMBERS, SUPERGROUP

ZONE = ZoneInfo("America/Sao_Paulo")
MONDAY = date(2025, 3, 3)
MESSAGES = ("message", "channel_post", "business_message", "guest_message")
EDITS = ("edited_message", "edited_channel_post", "edited_business_message")
TYPES = {
    *MESSAGES,
    *EDITS,
    *("business_connection", "deleted_business_messages", "message_reaction"),
    *("message_reaction_count", "inline_query", "chosen_inline_result", "callback_query"),
    *("shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer"),
    *("my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost"),
    *("managed_bot", "subscription", "stopped_message_generation"),
}
BEGINNINGS = {"bot_command": "/", "hashtag": "#", "mention": "@", "url": "https://"}


@cache
def month(days: int = 30, per_day: int = 200) -> tuple[SampleDelivery, ...]:
    return tuple(deliveries(MONDAY, days, per_day, zone=ZONE))


@cache
def bodies(days: int) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(call.body) for call in firsts(month(days, 500)))


def contents(*kinds: str, days: int = 30) -> Iterator[dict[str, Any]]:
    """Yield the objects of these types in a busy sample."""
    for update in bodies(days):
        yield from (update[kind] for kind in kinds if kind in update)


def firsts(calls: tuple[SampleDelivery, ...]) -> list[SampleDelivery]:
    """Return the first delivery of each update."""
    seen: dict[bytes, SampleDelivery] = {}
    for call in calls:
        seen.setdefault(call.body, call)
    return list(seen.values())


def updates(calls: tuple[SampleDelivery, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for call in firsts(calls):
        _, kind = update = json.loads(call.body)
        yield kind, update[kind]


def event_time(kind: str, content: dict[str, Any]) -> int | None:
    if kind in EDITS:
        return int(content["edit_date"])
    return content.get("date")


def fingerprint(calls: Iterable[SampleDelivery]) -> str:
    digest = hashlib.sha256()
    for call in calls:
        digest.update(f"{call.arrived_at.isoformat()} ".encode() + call.body)
    return digest.hexdigest()


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, second = (deliveries(MONDAY, 3, 500, seed=7, zone=ZONE) for _ in range(2))
    assert list(first) == list(second)


def test_another_seed_gives_another_sample() -> None:
    one, two = (fingerprint(deliveries(MONDAY, 1, 50, seed=seed, zone=ZONE)) for seed in (1, 2))
    assert one != two


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_with_another_hash_seed_gives_the_same_bytes(hash_seed: str) -> None:
    code = (
        "import sys\nfrom datetime import date\nfrom zoneinfo import ZoneInfo\n"
        "from tg_pipeline.sample import deliveries\n"
        f"for call in deliveries(date(2025, 3, 3), 3, 300, zone=ZoneInfo({ZONE.key!r})):\n"
        "    sys.stdout.write(call.arrived_at.isoformat() + ' ' + call.body.decode())\n"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}

    written = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    ).stdout

    here = fingerprint(deliveries(MONDAY, 3, 300, zone=ZONE))
    assert hashlib.sha256(written).hexdigest() == here


@pytest.mark.parametrize(
    ("days", "per_day"),
    [(1, 300), (1, 5000), (2, 150), (3, 100), (7, 43), (30, 10), (100, 3), (150, 2), (300, 1)],
)
@pytest.mark.parametrize("start", [MONDAY, date(2025, 3, 9)])
def test_all_types_occur_in_300_updates_however_many_days_they_take(
    start: date, days: int, per_day: int
) -> None:
    for seed in range(3):
        calls = tuple(deliveries(start, days, per_day, seed=seed, zone=ZONE))
        assert {kind for kind, _ in updates(calls)} == TYPES


def test_rare_types_are_rare() -> None:
    counted = Counter(kind for kind, _ in updates(month()))
    rare = [counted[kind] for kind in ("managed_bot", "chat_boost", "business_connection")]
    assert max(rare) < counted["message"] / 200
    assert counted["message"] > sum(counted.values()) * 0.7


def test_calls_are_ordered_by_arrival_in_utc() -> None:
    arrivals = [call.arrived_at for call in month()]
    assert arrivals == sorted(arrivals)
    assert {arrival.tzinfo for arrival in arrivals} == {UTC}


def test_update_ids_are_sequential_in_the_order_of_first_delivery() -> None:
    ids = [json.loads(call.body)["update_id"] for call in firsts(month())]
    assert ids == list(range(412_000_001, 412_000_001 + len(ids)))


def test_events_happen_in_order_within_the_local_days() -> None:
    times = [time for kind, body in updates(month()) if (time := event_time(kind, body))]
    assert times == sorted(times)
    days = {datetime.fromtimestamp(time, ZONE).date() for time in times}
    assert days == {MONDAY + timedelta(days=day) for day in range(30)}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_days_on_which_the_clocks_change_are_kept_too(zone: str) -> None:
    local = ZoneInfo(zone)
    for start in (date(2025, 3, 9), date(2025, 11, 2), date(2025, 4, 6), date(2025, 10, 5)):
        calls = tuple(deliveries(start, 1, 400, zone=local))
        times = [time for kind, body in updates(calls) if (time := event_time(kind, body))]
        assert {datetime.fromtimestamp(time, local).date() for time in times} == {start}


def test_a_day_that_the_calendar_skipped_has_no_updates() -> None:
    apia = ZoneInfo("Pacific/Apia")
    calls = tuple(deliveries(date(2011, 12, 29), 3, 200, zone=apia))
    times = [time for kind, body in updates(calls) if (time := event_time(kind, body))]
    assert times == sorted(times)
    assert {datetime.fromtimestamp(time, apia).day for time in times} == {29, 31}


@pytest.mark.parametrize(
    ("days", "per_day"), [(1, 50), (1, 3000), (5, 400), (13, 50), (19, 100), (30, 50), (30, 1000)]
)
def test_the_mean_is_as_requested(days: int, per_day: int) -> None:
    assert len(firsts(month(days, per_day))) == pytest.approx(days * per_day, rel=0.05)


def test_weekdays_are_busier_than_weekends_and_evenings_than_nights() -> None:
    local = [call.arrived_at.astimezone(ZONE) for call in month()]
    by_weekday, by_hour = Counter(t.weekday() for t in local), Counter(t.hour for t in local)
    assert max(by_weekday[5], by_weekday[6]) < min(by_weekday[day] for day in range(4))
    assert by_hour[20] > 10 * by_hour[4]


@pytest.mark.parametrize("per_day", [1, 2, 5, 30])
def test_a_small_sample_has_every_day(per_day: int) -> None:
    lasting = [call for call in firsts(month(40, per_day)) if b'"date"' in call.body]
    total = len(firsts(month(40, per_day)))
    assert lasting
    assert max(40, 40 * per_day * 0.85) <= total <= 40 * per_day * 1.5


@pytest.mark.parametrize(("shorter", "longer"), [(20, 33), (30, 60)])
def test_a_longer_sample_begins_like_a_shorter_one(shorter: int, longer: int) -> None:
    end = datetime(2025, 3, 3, tzinfo=ZONE) + timedelta(days=shorter)
    begin, whole = (
        [call for call in month(days, 60) if call.arrived_at < end] for days in (shorter, longer)
    )
    assert begin == whole


@pytest.mark.parametrize(("days", "per_day", "name"), [(0, 5, "days"), (5, 0, "per_day")])
def test_fewer_than_one_day_or_update_is_an_error(days: int, per_day: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, not 0$"):
        deliveries(MONDAY, days, per_day, zone=ZONE)


def test_bodies_are_compact_ascii_json_with_one_type_each() -> None:
    for call in month():
        update = json.loads(call.body)
        assert next(iter(update)) == "update_id"
        assert len(update) == 2
        assert json.dumps(update, separators=(",", ":")).encode() == call.body


def entity_text(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    begin, length = 2 * entity["offset"], 2 * entity["length"]
    return units[begin : begin + length].decode("utf-16-le")


def test_entities_have_the_offsets_of_their_text_also_after_an_emoji() -> None:
    after_emoji = set()
    for message in contents("message", "edited_message", "channel_post", "edited_channel_post"):
        text = message.get("text") or message.get("caption") or ""
        for entity in message.get("entities", []) + message.get("caption_entities", []):
            kind = entity["type"]
            assert entity_text(text, entity).startswith(BEGINNINGS.get(kind, ""))
            assert entity["length"] == len(entity_text(text, entity).strip())
            if any(ord(char) > 0xFFFF for char in text[: entity["offset"]]):
                after_emoji.add(kind)
    assert after_emoji >= {"bot_command", "hashtag", "url", "mention"}


def test_every_command_hashtag_mention_and_url_has_an_entity() -> None:
    for message in contents("message", "channel_post"):
        text = message.get("text", "")
        marked = {entity_text(text, entity) for entity in message.get("entities", [])}
        words = [word for word in text.split() if word[0] in "/#@" or "://" in word]
        assert set(words) <= marked


@pytest.mark.parametrize(("days", "moving_day"), [(30, 8), (4, 2), (1, 0)])
def test_the_group_migrates_once_and_is_silent_afterwards(days: int, moving_day: int) -> None:
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


def test_replies_are_in_the_same_chat_as_and_later_than_their_message() -> None:
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
    assert senders[ANONYMOUS_ADMIN["id"]] > 1
    assert senders[None] > 1


def test_a_few_members_write_most_and_everyone_writes() -> None:
    senders = Counter(m["from"]["id"] for m in contents("message") if "from" in m)
    ids = [member.user["id"] for member in MEMBERS]
    assert all(senders[member] for member in ids)
    assert sum(senders[member] for member in ids[:8]) > sum(senders.values()) / 2


def test_every_kind_of_content_occurs() -> None:
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


def test_a_button_is_pressed_also_under_an_inaccessible_message() -> None:
    dates = [query["message"]["date"] for query in contents("callback_query")]
    assert dates.count(0) in range(1, len(dates) // 10)


def test_one_text_of_the_month_is_cut_in_a_surrogate_pair_and_one_has_a_nul() -> None:
    texts = [message.get("text", "") for message in contents("message")]
    assert sum(any("\ud800" <= char <= "\udfff" for char in text) for text in texts) == 1
    assert sum("\x00" in text for text in texts) == 1


def test_there_are_forty_intents_in_several_wordings() -> None:
    intents = CONTENT.course + CONTENT.coding
    assert len(intents) >= 40
    assert all(len(intent.asks) >= 2 and intent.answers for intent in intents)
    asks = [ask for intent in intents for ask in intent.asks]
    assert 0.5 < sum(ask.endswith("?") for ask in asks) / len(asks) < 0.9
