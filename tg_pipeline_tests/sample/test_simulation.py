"""The sample is the same bytes for the same arguments, complete, ordered and consistent."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline.sample import SampleDelivery, deliveries
from tg_pipeline.sample.people import GROUP, SUPERGROUP

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
    for update in bodies(days):
        yield from (update[kind] for kind in kinds if kind in update)


def firsts(calls: tuple[SampleDelivery, ...]) -> list[SampleDelivery]:
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


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    code = (
        "import sys\nfrom datetime import date\nfrom zoneinfo import ZoneInfo\n"
        "from tg_pipeline.sample import deliveries\n"
        f"for call in deliveries(date(2025, 3, 3), 3, 300, zone=ZoneInfo({ZONE.key!r})):\n"
        "    sys.stdout.write(call.arrived_at.isoformat() + ' ' + call.body.decode())\n"
    )
    written = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "4242"},
        capture_output=True,
        check=True,
    ).stdout

    here = fingerprint(deliveries(MONDAY, 3, 300, zone=ZONE))
    assert hashlib.sha256(written).hexdigest() == here


@pytest.mark.parametrize(("days", "per_day"), [(1, 300), (1, 2000), (7, 43), (100, 3), (300, 1)])
@pytest.mark.parametrize("start", [MONDAY, date(2025, 3, 9)])
def test_all_types_occur_in_300_updates_however_many_days_they_take(
    start: date, days: int, per_day: int
) -> None:
    for seed in range(2):
        calls = tuple(deliveries(start, days, per_day, seed=seed, zone=ZONE))
        assert {kind for kind, _ in updates(calls)} == TYPES


def test_calls_are_ordered_by_arrival_in_utc_and_update_ids_by_first_delivery() -> None:
    arrivals = [call.arrived_at for call in month()]
    assert arrivals == sorted(arrivals)
    assert {arrival.tzinfo for arrival in arrivals} == {UTC}
    ids = [json.loads(call.body)["update_id"] for call in firsts(month())]
    assert ids == list(range(412_000_001, 412_000_001 + len(ids)))


def test_events_happen_in_order_within_the_local_days() -> None:
    times = [time for kind, body in updates(month()) if (time := event_time(kind, body))]
    assert times == sorted(times)
    days = {datetime.fromtimestamp(time, ZONE).date() for time in times}
    assert days == {MONDAY + timedelta(days=day) for day in range(30)}


@pytest.mark.parametrize(
    ("zone", "start", "days"),
    [
        ("America/New_York", date(2025, 3, 9), {9}),
        ("America/New_York", date(2025, 11, 2), {2}),
        ("Australia/Lord_Howe", date(2025, 4, 6), {6}),
        ("Pacific/Apia", date(2011, 12, 29), {29, 31}),  # Samoa's calendar skipped the 30th
    ],
)
def test_days_are_local_when_clocks_or_the_calendar_change(
    zone: str, start: date, days: set[int]
) -> None:
    local = ZoneInfo(zone)
    calls = tuple(deliveries(start, max(days) - start.day + 1, 200, zone=local))
    times = [time for kind, body in updates(calls) if (time := event_time(kind, body))]
    assert times == sorted(times)
    assert {datetime.fromtimestamp(time, local).day for time in times} == days


@pytest.mark.parametrize(("days", "per_day"), [(1, 50), (1, 2000), (5, 400), (19, 100), (30, 200)])
def test_the_mean_is_as_requested(days: int, per_day: int) -> None:
    assert len(firsts(month(days, per_day))) == pytest.approx(days * per_day, rel=0.05)


def test_a_longer_sample_begins_like_a_shorter_one() -> None:
    end = datetime(2025, 3, 3, tzinfo=ZONE) + timedelta(days=20)
    begin, whole = ([c for c in month(days, 60) if c.arrived_at < end] for days in (20, 33))
    assert begin == whole


@pytest.mark.parametrize(("days", "per_day", "name"), [(0, 5, "days"), (5, 0, "per_day")])
def test_fewer_than_one_day_or_update_is_an_error(days: int, per_day: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, not 0$"):
        deliveries(MONDAY, days, per_day, zone=ZONE)


def entity_text(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    begin, length = 2 * entity["offset"], 2 * entity["length"]
    return units[begin : begin + length].decode("utf-16-le")


def test_entities_have_the_offsets_of_their_text_also_after_an_emoji() -> None:
    after_emoji = set()
    for message in contents("message", "edited_message", "channel_post", "edited_channel_post"):
        text = message.get("text") or message.get("caption") or ""
        marked = set()
        for entity in message.get("entities", []) + message.get("caption_entities", []):
            kind, words = entity["type"], entity_text(text, entity)
            marked.add(words)
            assert words.startswith(BEGINNINGS.get(kind, ""))
            assert entity["length"] == len(words.strip())
            if any(ord(char) > 0xFFFF for char in text[: entity["offset"]]):
                after_emoji.add(kind)
        if "edit_date" not in message:
            needed = {
                each
                for each in message.get("text", "").split()
                if each[0] in "/#@" or "://" in each
            }
            assert needed <= marked
    assert after_emoji >= {"bot_command", "hashtag", "url", "mention"}


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


def test_edits_and_reactions_concern_messages_that_were_sent() -> None:
    sent = {(m["chat"]["id"], m["message_id"]) for m in contents("message", "channel_post")}
    edited = list(contents("edited_message", "edited_channel_post"))
    reacted = list(contents("message_reaction", "message_reaction_count"))
    assert {(m["chat"]["id"], m["message_id"]) for m in edited + reacted} <= sent
    assert all(message["edit_date"] > message["date"] for message in edited)
    changes = [(bool(r["old_reaction"]), bool(r["new_reaction"])) for r in reacted if "user" in r]
    assert set(changes) == {(False, True), (True, False)}


def test_every_kind_of_content_occurs() -> None:
    found = {name for message in contents("message") for name in message}
    assert found >= {
        *("photo", "sticker", "voice", "document", "animation", "video", "location", "contact"),
        *("dice", "poll", "via_bot", "forward_origin", "media_group_id", "caption"),
        *("new_chat_members", "left_chat_member", "successful_payment", "rich_message"),
    }
    albums = Counter(m["media_group_id"] for m in contents("message") if "media_group_id" in m)
    assert 2 < max(albums.values()) <= 4
    origins = {m["forward_origin"]["type"] for m in contents("message") if "forward_origin" in m}
    assert origins == {"user", "hidden_user", "channel"}


def test_one_text_of_the_month_is_cut_in_a_surrogate_pair_and_one_has_a_nul() -> None:
    texts = [message.get("text", "") for message in contents("message")]
    assert sum(any("\ud800" <= char <= "\udfff" for char in text) for text in texts) == 1
    assert sum("\x00" in text for text in texts) == 1
