"""Deliveries are retried with the same bytes, and arrive late after an outage."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tg_pipeline.sample import SampleDelivery, deliveries

ZONE = ZoneInfo("America/Sao_Paulo")


@cache
def calls() -> dict[int, list[SampleDelivery]]:
    """Return the deliveries of a month by update id, the first delivery first."""
    grouped = defaultdict(list)
    for call in deliveries(date(2025, 3, 3), 30, 300, zone=ZONE):
        grouped[json.loads(call.body)["update_id"]].append(call)
    return grouped


def test_one_update_in_two_hundred_is_retried_with_the_same_bytes_up_to_two_minutes_later() -> None:
    times = [len(group) for group in calls().values()]
    assert set(times) == {1, 2, 3}
    assert 0.003 < sum(count > 1 for count in times) / len(times) < 0.008
    for first, *retries in calls().values():
        assert {retry.body for retry in retries} <= {first.body}
        delays = [(retry.arrived_at - first.arrived_at).total_seconds() for retry in retries]
        assert all(1 <= delay <= 120 for delay in delays)


def test_a_query_without_event_time_is_retried_across_midnight_on_several_days() -> None:
    days = set()
    for first, *retries in calls().values():
        day = first.arrived_at.astimezone(ZONE).date()
        crossed = any(retry.arrived_at.astimezone(ZONE).date() > day for retry in retries)
        if crossed and json.loads(first.body).keys() & {"callback_query", "inline_query"}:
            days.add(day)
    assert len(days) >= 2


def test_updates_arrive_after_their_event_and_after_an_outage_on_the_next_day() -> None:
    delays = []
    for first, *_ in calls().values():
        if message := json.loads(first.body).get("message"):
            sent = datetime.fromtimestamp(message["date"], ZONE)
            assert first.arrived_at > sent
            if first.arrived_at.astimezone(ZONE).date() > sent.date():
                delays.append(first.arrived_at - sent)
    assert max(delays) < timedelta(hours=24)
    assert sum(delay > timedelta(hours=3) for delay in delays) > 10
