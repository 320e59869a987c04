"""The bot of the sample answers: its calls follow the updates, and facts tell what happened."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from lambda_ingest.landing import LandedUpdate, TrustLevel, classify
from tg_pipeline.sample import (
    SAMPLE_BOT_ID,
    SampleDelivery,
    deliveries,
    deliveries_with_calls,
)
from tg_pipeline.sample.calls import FALLBACK
from tg_pipeline.sample.facts import Blocked, ReplyKind, Unblocked
from tg_pipeline_tests.sample.bot_truth import BotTruth, bot_truth

ZONE = ZoneInfo("America/Sao_Paulo")
START, DAYS, PER_DAY = date(2025, 3, 3), 30, 300


@cache
def month() -> tuple[SampleDelivery, ...]:
    return tuple(deliveries_with_calls(START, DAYS, PER_DAY, zone=ZONE))


@cache
def truth() -> BotTruth:
    return bot_truth(month())


@cache
def lines() -> tuple[dict[str, Any], ...]:
    """Return each update and each line of a call once, in order of arrival."""
    once = dict.fromkeys(delivery.body for delivery in month())
    return tuple(json.loads(body) for body in once)


def updates(kind: str) -> Iterator[dict[str, Any]]:
    yield from (each[kind] for each in lines() if kind in each)


def calls() -> Iterator[dict[str, Any]]:
    yield from updates("bot_call")


def sent() -> Iterator[dict[str, Any]]:
    """Yield the messages that the bot sent."""
    yield from (
        call["result"] for call in calls() if call["ok"] and call["method"].startswith("send")
    )


def test_the_updates_are_the_same_with_and_without_the_calls() -> None:
    without = deliveries(START, 3, PER_DAY, zone=ZONE)
    both = list(deliveries_with_calls(START, 3, PER_DAY, zone=ZONE))

    assert list(without) == [each for each in both if not each.is_call]
    assert [each.arrived_at for each in both] == sorted(each.arrived_at for each in both)


def test_calls_are_a_quarter_of_the_updates_at_most_and_on_the_days_of_the_sample() -> None:
    delivered = [each for each in month() if each.is_call]
    assert len(month()) * 0.1 < len(delivered) < DAYS * PER_DAY * 0.25
    days = set()
    for each in delivered:
        landed = classify(
            each.body,
            bot_id=SAMPLE_BOT_ID,
            arrived_at=each.arrived_at,
            zone=ZONE,
            trust=TrustLevel.PROXY,
        )
        assert isinstance(landed, LandedUpdate)
        assert landed.implausible_date is None
        days.add(landed.day)
    assert len(days) == (max(days) - min(days)).days + 1 == DAYS
    assert min(days) == START


def test_a_chat_numbers_the_messages_of_people_and_bot_in_the_order_of_sending() -> None:
    numbered = defaultdict(list)
    for message in [*updates("message"), *updates("channel_post"), *sent()]:
        numbered[message["chat"]["id"]].append((message["message_id"], message["date"]))
    assert len(numbered) > 50
    for chat in numbered.values():
        chat.sort()
        assert all(a < b and before <= after for (a, before), (b, after) in pairwise(chat))


def test_replies_come_within_seconds_or_after_the_wait_that_telegram_asks_for() -> None:
    dates = {(each["chat"]["id"], each["message_id"]): each["date"] for each in updates("message")}
    dates |= {(each["chat"]["id"], each["message_id"]): each["date"] for each in sent()}
    waits = Counter[bool]()
    for reply in truth().replies.values():
        asked_at = dates[reply.chat_id, reply.message_id]
        # A group that has moved meanwhile is answered under its new id.
        if answered_at := dates.get((reply.chat_id, reply.reply_id)):
            waits[answered_at - asked_at <= 5] += 1
            assert 1 <= answered_at - asked_at <= 33
    assert waits[True] > 50 * waits[False] > 0


def test_most_questions_are_answered_and_people_ask_again_after_the_bad_replies() -> None:
    asked = Counter(truth().outcome(place) for place in truth().questions)
    again = Counter(truth().outcome(place) for place in truth().asked_again)

    assert asked.total() > 300
    assert asked[ReplyKind.RIGHT] > 0.6 * asked.total()
    assert asked[ReplyKind.FALLBACK] > 0.1 * asked.total()
    assert asked[None]
    assert again[ReplyKind.FALLBACK] > 0.3 * asked[ReplyKind.FALLBACK]
    assert again[ReplyKind.WRONG] > 0.3 * asked[ReplyKind.WRONG]
    assert again[ReplyKind.RIGHT] < 0.1 * asked[ReplyKind.RIGHT]


def test_the_fallback_text_is_sent_where_the_facts_say_so_and_to_many() -> None:
    texts = {
        (each["chat"]["id"], each["message_id"])
        for each in sent()
        if each.get("text") == FALLBACK["text"]
    }
    assert texts == {
        (each.chat_id, each.reply_id)
        for each in truth().replies.values()
        if each.kind is ReplyKind.FALLBACK
    }
    assert len({chat for chat, _ in texts}) > 30


def test_first_starts_have_the_sources_of_the_facts() -> None:
    sources: dict[int, str | None] = {}
    starts = 0
    for message in updates("message"):
        command, _, source = message.get("text", "").partition(" ")
        if command == "/start" and message["chat"]["type"] == "private":
            sources.setdefault(message["from"]["id"], source or None)
            starts += 1

    assert sources == truth().first_sources
    assert {"site", "insta_bio", "cartaz", None} == set(sources.values())
    assert starts == truth().starts > len(sources) > 80  # some come back by another link


def test_who_has_blocked_the_bot_neither_writes_nor_receives_until_the_unblocking() -> None:
    blocked: set[int] = set()
    changes, refused = [], 0
    for line in sorted(lines(), key=second):
        if change := line.get("my_chat_member"):
            user = change["from"]["id"]
            is_blocked = change["new_chat_member"]["status"] == "kicked"
            assert (user in blocked) is not is_blocked
            blocked ^= {user}
            changes.append(Blocked(user) if is_blocked else Unblocked(user))
        elif message := line.get("message"):
            assert message["chat"]["id"] not in blocked
        elif (call := line.get("bot_call")) and "chat" in call:
            is_refused = call.get("error_code") == 403
            assert (call["chat"]["id"] in blocked) is is_refused
            refused += is_refused

    assert changes == truth().blocks
    assert len({type(each) for each in changes}) == 2
    assert refused == truth().refused[403] > 10


def second(line: dict[str, Any]) -> tuple[float, int]:
    """Return when a line happened; others than messages have a place by arrival alone."""
    content = next(value for name, value in line.items() if name != "update_id")
    return content.get("date") or 0, line["update_id"]


def test_a_call_that_telegram_refuses_for_now_is_repeated_when_it_may_be() -> None:
    repeated = 0
    for call in calls():
        if call.get("error_code") == 429:
            wait = call["parameters"]["retry_after"]
            again = [
                each["date"] - call["date"]
                for each in calls()
                if each["ok"] and each["params"] == call["params"] and each["date"] > call["date"]
            ]
            assert wait <= min(again) <= wait + 3
            repeated += 1
    assert repeated == truth().refused[429] > 0


def test_all_kinds_of_calls_occur() -> None:
    methods = Counter(call["method"] for call in calls())
    assert set(methods) == {
        *("sendMessage", "sendPhoto", "sendMediaGroup", "editMessageText"),
        "answerCallbackQuery",
    }
    assert set(truth().refused) == {400, 403, 429}
    albums = Counter(each["media_group_id"] for each in sent() if "media_group_id" in each)
    assert set(albums.values()) == {2, 3}
    assert methods["answerCallbackQuery"] == sum(1 for _ in updates("callback_query"))


def test_buttons_that_are_pressed_are_those_of_the_message() -> None:
    pressed = Counter[str]()
    for query in updates("callback_query"):
        if query["message"]["date"]:
            rows = query["message"]["reply_markup"]["inline_keyboard"]
            assert query["data"] in {key["callback_data"] for row in rows for key in row}
            pressed[query["data"].partition(":")[0]] += 1
    assert set(pressed) == {"menu", "agendar", "resolvido"}
