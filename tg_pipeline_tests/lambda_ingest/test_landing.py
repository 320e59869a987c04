"""The landing contract: which key and bytes an update is stored as, on which day, of which chat."""

import gzip
import hashlib
import json
import re
import sys
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lambda_ingest import landing, settings, update_fields
from lambda_ingest.landing import (
    ChatMigration,
    LandedUpdate,
    RejectedBody,
    TrustLevel,
    build_batch,
    classify,
    event_time,
    migration_of,
    unwrap_rejected,
)
from lambda_ingest.web import forward
from tg_pipeline_tests.lambda_ingest.conftest import ARRIVED

SAO_PAULO, NEW_YORK = ZoneInfo("America/Sao_Paulo"), ZoneInfo("America/New_York")
ZONES = [SAO_PAULO, UTC, ZoneInfo("Asia/Kathmandu"), NEW_YORK]
ARRIVAL_DAY = date(2026, 10, 7)
SECOND = timedelta(seconds=1)
SENT = 1_791_378_000
CHAT, OTHER_CHAT = -1001234567890, -42

NOT_INTEGERS: list[Any] = [None, True, 1.5, "-100", []]


def body_of(update_id: object = 5, **contents: Any) -> bytes:
    return json.dumps({"update_id": update_id, **contents}).encode()


def classified(
    body: bytes,
    arrived_at: datetime = ARRIVED,
    zone: tzinfo = SAO_PAULO,
    trust: TrustLevel = TrustLevel.NETWORK,
    bot_id: int = 7,
) -> LandedUpdate | RejectedBody:
    return classify(body, bot_id=bot_id, arrived_at=arrived_at, zone=zone, trust=trust)


def landed(body: bytes, **options: Any) -> LandedUpdate:
    result = classified(body, **options)
    assert isinstance(result, LandedUpdate)
    return result


@pytest.mark.parametrize(
    "module", [landing, update_fields, settings, forward], ids=lambda each: each.__name__
)
def test_the_contract_imports_the_standard_library_only(module: ModuleType) -> None:
    source = Path(str(module.__file__)).read_text("utf-8")
    imports = r"^ *(?:import|from) (\w+)[\w.]*(?: import .*)?$"
    packages = set(re.findall(imports, source, re.MULTILINE))

    assert packages
    assert packages <= sys.stdlib_module_names | {"lambda_ingest"}


class TestKey:
    @given(
        happened=st.integers(1_600_000_000, 1_900_000_000),
        delays=st.tuples(st.integers(-86_400, 7 * 86_400), st.integers(-86_400, 7 * 86_400)),
        offsets=st.tuples(st.integers(-12, 14), st.integers(-12, 14)),
        zone=st.sampled_from(ZONES),
    )
    def test_the_key_is_the_same_for_every_time_and_place_of_arrival(
        self, happened: int, delays: tuple[int, int], offsets: tuple[int, int], zone: ZoneInfo
    ) -> None:
        body = body_of(41, message={"date": happened})
        arrivals = [
            datetime.fromtimestamp(happened + delay, timezone(timedelta(hours=offset)))
            for delay, offset in zip(delays, offsets, strict=True)
        ]

        first, second = (landed(body, arrived_at=each, zone=zone) for each in arrivals)

        assert first == second
        assert first.day == datetime.fromtimestamp(happened, zone).date()

    @pytest.mark.parametrize(
        "body",
        [
            b'{ "update_id" : 5 ,\r\n\t"message": {"text": "a"} }\n',
            '{"update_id":5,"message":{"text":"olá 😀 \u2028\\u0000\\ud83d"}}'.encode(),
            b'{"update_id":5,"message":{"text":1e400}}',
            b'{"update_id":5,"a_type_of_next_year":{"anything":[1,null]}}',
            b'{"update_id":5}',
        ],
    )
    def test_an_update_is_stored_byte_for_byte(self, body: bytes) -> None:
        assert landed(body).body == body

    @pytest.mark.parametrize("update_id", [0, 2**53 + 1, 2**62 - 1])
    @pytest.mark.parametrize("bot_id", [7, 8])
    def test_the_key_contains_the_day_the_bot_and_the_update(
        self, bot_id: int, update_id: int
    ) -> None:
        update = landed(body_of(update_id), bot_id=bot_id)

        assert update.key == f"telegram/context_date=2026-10-07/{bot_id}-{update_id}.json"
        assert (update.day, update.update_id) == (ARRIVAL_DAY, update_id)

    @pytest.mark.parametrize(
        ("body", "update_type"),
        [
            (b'{"update_id":5}', ""),
            (b'{"update_id":5,"poll":{"id":"1"}}', "poll"),
            (b'{"poll":[],"update_id":5}', "poll"),
            (b'{"update_id":5,"note":1,"message":{"date":5}}', "message"),
        ],
    )
    def test_the_type_is_the_key_of_the_content_and_empty_without_one(
        self, body: bytes, update_type: str
    ) -> None:
        assert landed(body).update_type == update_type


class TestEventTime:
    @pytest.mark.parametrize(
        "second",
        [*NOT_INTEGERS, float(SENT), 0, -1, 253_402_300_800, 10**30, str(SENT)],
        ids=repr,
    )
    def test_a_date_outside_1970_to_9999_is_ignored(self, second: Any) -> None:
        assert event_time({"update_id": 5, "message": {"date": second}}) is None
        for earliest_or_latest in (1, 253_402_300_799):
            update_in_range = {"update_id": 5, "message": {"date": earliest_or_latest}}
            assert event_time(update_in_range) == earliest_or_latest
        update = landed(body_of(message={"date": second}), trust=TrustLevel.OPERATOR)
        assert update.day == ARRIVAL_DAY


def day_of_moment(happened: datetime, **options: Any) -> date:
    update = landed(body_of(message={"date": int(happened.timestamp())}), **options)
    assert update.key.startswith(f"telegram/context_date={update.day}/")
    return update.day


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestDay:
    @pytest.mark.parametrize(
        ("happened", "day", "zone"),
        [
            ("2026-10-07T02:59:59", date(2026, 10, 6), SAO_PAULO),
            ("2026-10-07T03:00:00", date(2026, 10, 7), SAO_PAULO),
            # A day of 25 hours
            ("2026-11-01T04:00:00", date(2026, 11, 1), NEW_YORK),
            ("2026-11-02T04:59:59", date(2026, 11, 1), NEW_YORK),
            ("2026-11-02T05:00:00", date(2026, 11, 2), NEW_YORK),
            # A day that begins at one o'clock, and daylight-saving time
            ("2018-11-04T02:59:59", date(2018, 11, 3), SAO_PAULO),
            ("2018-11-04T03:00:00", date(2018, 11, 4), SAO_PAULO),
        ],
    )
    def test_it_is_the_local_day_of_the_event_time_or_else_of_the_arrival(
        self, happened: str, day: date, zone: tzinfo
    ) -> None:
        assert day_of_moment(utc(happened), arrived_at=utc(happened), zone=zone) == day
        without = landed(body_of(message={}), arrived_at=utc(happened), zone=zone)
        assert without.day == day

    def test_event_times_from_the_network_are_trusted_for_seven_days(self) -> None:
        earliest = ARRIVED - timedelta(days=7)

        assert day_of_moment(earliest) == date(2026, 9, 30)
        assert day_of_moment(earliest - SECOND) == ARRIVAL_DAY

    @pytest.mark.parametrize("trust", TrustLevel)
    def test_no_event_time_is_trusted_that_is_more_than_a_day_ahead(
        self, trust: TrustLevel
    ) -> None:
        latest = ARRIVED + timedelta(days=1)

        assert day_of_moment(latest, trust=trust) == date(2026, 10, 8)
        assert day_of_moment(latest + SECOND, trust=trust) == ARRIVAL_DAY

    @pytest.mark.parametrize("zone", [SAO_PAULO, UTC, NEW_YORK], ids=str)
    def test_event_times_from_an_operator_are_trusted_back_to_the_launch_of_telegram(
        self, zone: tzinfo
    ) -> None:
        launch, trust = datetime(2013, 8, 14, tzinfo=zone), TrustLevel.OPERATOR

        assert day_of_moment(launch, zone=zone, trust=trust) == date(2013, 8, 14)
        assert day_of_moment(launch - SECOND, zone=zone, trust=trust) == ARRIVAL_DAY


IN_CHAT = {"chat": {"id": CHAT, "type": "supergroup"}}


class TestMigration:
    @pytest.mark.parametrize("wrong", [*NOT_INTEGERS, 2**63, -(2**63)], ids=repr)
    def test_an_id_that_is_no_integer_of_64_bits_is_ignored(self, wrong: Any) -> None:
        for name in ("migrate_to_chat_id", "migrate_from_chat_id"):
            assert migration_of({"update_id": 5, "message": IN_CHAT | {name: wrong}}) is None
            assert migration_of({"message": {"chat": {"id": wrong}, name: CHAT}}) is None

    @pytest.mark.parametrize(
        "message",
        [
            {"chat": {"id": OTHER_CHAT}, "migrate_to_chat_id": CHAT},
            {"chat": {"id": CHAT}, "migrate_from_chat_id": OTHER_CHAT},
        ],
        ids=["in the old chat", "in the new chat"],
    )
    def test_a_service_message_in_either_chat_reports_the_new_id(self, message: Any) -> None:
        assert migration_of({"message": message}) == ChatMigration(old=OTHER_CHAT, new=CHAT)

    @pytest.mark.parametrize(
        "update",
        [
            {"message": IN_CHAT},
            {"message": [IN_CHAT]},
            {"edited_message": IN_CHAT | {"migrate_to_chat_id": OTHER_CHAT}},
            {"message": IN_CHAT | {"reply_to_message": IN_CHAT | {"migrate_to_chat_id": -1}}},
            {},
        ],
    )
    def test_no_other_update_reports_a_new_id(self, update: dict[str, Any]) -> None:
        assert migration_of({"update_id": 5} | update) is None


NO_ID = "no update_id that is a whole number from 0 to 2^63-1"
GARBAGE = {
    "nothing": (b"", "empty"),
    "not UTF-8": (b'{"update_id": 5, "text": "\xff"}', "not UTF-8 (byte 26)"),
    "a byte order mark": (b'\xef\xbb\xbf{"update_id": 5}', "not JSON"),
    "NaN": (b'{"update_id": 5, "x": NaN}', "NaN is not a JSON value"),
    "cut off": (b'{"update_id": 5, "message": {"te', "not JSON"),
    "an array": (b'[{"update_id": 5}]', "not an object"),
    "no id": (b'{"message": {}}', NO_ID),
    "an id of 2^63": (b'{"update_id": 9223372036854775808}', NO_ID),
    "an id below 0": (b'{"update_id": -1}', NO_ID),
    "true for an id": (b'{"update_id": true}', NO_ID),
    "a float for an id": (b'{"update_id": 5.0}', NO_ID),
    "nesting": (b'{"update_id": 5, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deeply"),
    "5,000 digits": (b'{"update_id": 5, "x": ' + b"9" * 5_000 + b"}", "5000 digits."),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class TestRejectedBodies:
    @pytest.mark.parametrize("name", GARBAGE)
    def test_it_is_stored_under_the_day_of_arrival_with_the_reason_in_one_sentence(
        self, name: str
    ) -> None:
        body, reason = GARBAGE[name]

        result = classified(body, arrived_at=utc("2026-10-07T02:30:00"))

        assert isinstance(result, RejectedBody)
        assert reason in result.reason
        assert re.fullmatch(r"The body .+\.", result.reason)
        digest = hashlib.sha256(body).hexdigest()
        assert result.key == f"rejected/context_date=2026-10-06/{digest}.json"
        assert result.day == date(2026, 10, 6)
        assert json.loads(result.body)["reason"] == result.reason

    @examples(max_examples=50)
    @given(st.binary() | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode))
    @example(classified(b"once").body)
    @example(classified(classified(b"twice").body).body)
    @example(GARBAGE["nesting"][0])
    def test_every_body_lands_or_is_rejected_and_can_be_restored(self, body: bytes) -> None:
        result = classified(body)

        restored = unwrap_rejected(result.body) if isinstance(result, RejectedBody) else result.body
        assert restored == body

    @given(st.binary() | st.binary().map(b'{"reason": '.__add__))
    @example(b'{"reason": ' + b"[" * 100_000)
    @example(b'{"reason": "\xff", "body_base64": ""}')
    @example(b'{"reason": "none"}')
    @example(b'{"reason": "none", "body_base64": 5}')
    @example(b'{"reason": "none", "body_base64": "not base64"}')
    @example(b'{"reason": "none", "body_base64": "YQ==", "update_id": 5}')
    def test_a_body_that_was_never_rejected_is_not_unwrapped(self, body: bytes) -> None:
        assert unwrap_rejected(body) == body


BODIES = [b'{"update_id": 1}', b'{"update_id": 2}']
UPDATES = st.builds(
    lambda text, indent, ascii_only: json.dumps(
        {"update_id": 5, "message": {"text": text}}, indent=indent, ensure_ascii=ascii_only
    ).encode("utf-8", "replace"),
    st.text(st.characters(exclude_categories=[])),
    st.sampled_from([None, 0, 2, "\t"]),
    st.booleans(),
)


def lines_of(packed: bytes) -> list[bytes]:
    return gzip.decompress(packed).removesuffix(b"\n").split(b"\n")


class TestBatch:
    def test_the_same_updates_have_the_same_key_and_bytes(self) -> None:
        key, packed = build_batch(BODIES, bot_id=7, day=ARRIVAL_DAY)

        assert re.fullmatch(r"telegram/context_date=2026-10-07/7-[0-9a-f]{64}\.ndjson\.gz", key)
        assert build_batch(list(BODIES), bot_id=7, day=ARRIVAL_DAY) == (key, packed)
        assert build_batch(BODIES[:1], bot_id=7, day=ARRIVAL_DAY)[0] != key
        flags, written_at = packed[3], packed[4:8]
        assert (flags, written_at) == (0, bytes(4)), "The gzip header has a time or a name."

    @examples(max_examples=50)
    @given(st.lists(UPDATES, min_size=1, max_size=3))
    @example([b'{\r\n"update_id": 1,\r\n"message": {"text": "a\\nb"}}'])
    @example(BODIES)
    def test_each_body_becomes_one_line_with_the_same_values(self, bodies: list[bytes]) -> None:
        lines = lines_of(build_batch(bodies, bot_id=7, day=ARRIVAL_DAY)[1])

        assert [json.loads(line) for line in lines] == [json.loads(body) for body in bodies]
        assert not any(b"\r" in line for line in lines)
        unbroken = [body for body in bodies if not re.search(rb"[\r\n]", body)]
        assert set(unbroken) <= set(lines)
