"""An update lands verbatim, under a key that is a function of the update alone."""

import ast
import json
import sys
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest import landing
from lambda_ingest import landing as chats
from lambda_ingest.landing import LandedUpdate, TrustLevel, land

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
ARRIVED = datetime(2026, 10, 7, 15, 0, tzinfo=UTC)
ZONES = [SAO_PAULO, UTC, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/New_York")]


def body_of(update_id: object, **contents: Any) -> bytes:
    return json.dumps({"update_id": update_id, **contents}).encode()


def landed(body: bytes, arrived_at: datetime = ARRIVED, zone: tzinfo = SAO_PAULO) -> LandedUpdate:
    result = land(body, bot_id=7, arrived_at=arrived_at, zone=zone, sender=TrustLevel.NETWORK)
    assert isinstance(result, LandedUpdate)
    return result


def test_the_key_says_the_day_the_bot_and_the_update() -> None:
    update = landed(body_of(41, message={"date": int(ARRIVED.timestamp())}))

    assert update.key == "telegram/context_date=2026-10-07/7-41.json"
    assert (update.day, update.update_id) == (date(2026, 10, 7), 41)


@given(
    happened=st.integers(1_600_000_000, 1_900_000_000),
    delays=st.tuples(st.integers(-86_400, 7 * 86_400), st.integers(-86_400, 7 * 86_400)),
    offsets=st.tuples(st.integers(-12, 14), st.integers(-12, 14)),
    zone=st.sampled_from(ZONES),
)
def test_the_key_is_the_same_whenever_and_wherever_the_update_arrives(
    happened: int, delays: tuple[int, int], offsets: tuple[int, int], zone: ZoneInfo
) -> None:
    body = body_of(41, message={"date": happened})
    arrivals = [
        datetime.fromtimestamp(happened + delay, timezone(timedelta(hours=offset)))
        for delay, offset in zip(delays, offsets, strict=True)
    ]

    first, second = (landed(body, arrived_at, zone) for arrived_at in arrivals)

    assert first == second
    assert first.day == datetime.fromtimestamp(happened, zone).date()


def test_two_updates_of_one_moment_have_two_keys_and_so_have_two_bots() -> None:
    message = {"date": int(ARRIVED.timestamp())}
    results = [
        land(
            body_of(update_id, message=message),
            bot_id=bot_id,
            arrived_at=ARRIVED,
            zone=UTC,
            sender=TrustLevel.NETWORK,
        )
        for bot_id, update_id in [(7, 41), (7, 42), (8, 41)]
    ]

    assert len({result.key for result in results}) == 3


@pytest.mark.parametrize(
    "body",
    [
        b'{ "update_id" : 5 ,\r\n\t"message": {"text": "a"} }\n',
        b'{"update_id":5,"message":{"text":"\\ud83d"}}',
        b'{"update_id":5,"message":{"text":"nul \\u0000"}}',
        '{"update_id":5,"message":{"text":"olá 😀 \u2028"}}'.encode(),
        b'{"update_id":5,"message":{"text":1e400}}',
        b'{"update_id":5}',
    ],
    ids=["spaced", "half a surrogate pair", "a nul", "utf-8", "a vast float", "no content"],
)
def test_what_lands_is_what_came_byte_for_byte(body: bytes) -> None:
    assert landed(body).body == body


@pytest.mark.parametrize("update_id", [0, 1, 2**53 + 1, 2**63 - 1])
def test_an_update_id_is_any_whole_number_that_fits_64_bits(update_id: int) -> None:
    update = landed(body_of(update_id))

    assert update.update_id == update_id
    assert update.key.endswith(f"/7-{update_id}.json")


@pytest.mark.parametrize("module", [landing, chats], ids=lambda module: module.__name__)
def test_the_contract_needs_the_standard_library_only(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [f"{'.' * node.level}{node.module}"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    } - {chats.__name__}

    assert imported
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
