"""A sample keeps its promises: the same bytes, in order, of every type, as many as asked for."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline.sample import SampleDelivery, deliveries

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


@cache
def month(days: int = 30, per_day: int = 200) -> tuple[SampleDelivery, ...]:
    return tuple(deliveries(MONDAY, days, per_day, zone=ZONE))


def firsts(calls: tuple[SampleDelivery, ...]) -> list[SampleDelivery]:
    seen: dict[bytes, SampleDelivery] = {}
    for call in calls:
        seen.setdefault(call.body, call)
    return list(seen.values())


def updates(calls: tuple[SampleDelivery, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for body in dict.fromkeys(call.body for call in calls):
        _, kind = update = json.loads(body)
        yield kind, update[kind]


def event_time(kind: str, content: dict[str, Any]) -> int | None:
    if kind in EDITS:
        return int(content["edit_date"])
    return content.get("date")


def fingerprint(calls: Iterator[SampleDelivery]) -> str:
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
    root = Path(__file__).parents[2]
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from test_deliveries import *\n"
        "print(fingerprint(deliveries(MONDAY, 3, 300, zone=ZONE)))"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code, str(root), str(Path(__file__).parent)]
    written = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert written.stdout.strip() == fingerprint(deliveries(MONDAY, 3, 300, zone=ZONE))


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
def test_days_whose_clocks_change_are_kept_too(zone: str) -> None:
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
def test_the_mean_is_as_asked(days: int, per_day: int) -> None:
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
def test_nothing_can_be_made_of_less_than_one(days: int, per_day: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, not 0$"):
        deliveries(MONDAY, days, per_day, zone=ZONE)


def test_bodies_are_compact_ascii_json_with_one_type_each() -> None:
    for call in month():
        update = json.loads(call.body)
        assert next(iter(update)) == "update_id"
        assert len(update) == 2
        assert json.dumps(update, separators=(",", ":")).encode() == call.body
