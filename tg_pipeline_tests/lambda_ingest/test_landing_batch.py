"""Many updates of a day in one object, which lands once however often it is delivered."""

import gzip
import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.landing import batch

DAY = date(2026, 10, 7)
BODIES = [b'{"update_id": 1}', b'{"update_id": 2}']
TEXTS = st.text(st.characters(exclude_categories=[]))
UPDATES = st.builds(
    lambda text, indent, ascii_only: json.dumps(
        {"update_id": 5, "message": {"text": text}}, indent=indent, ensure_ascii=ascii_only
    ).encode("utf-8", "replace"),
    TEXTS,
    st.sampled_from([None, 0, 2, "\t"]),
    st.booleans(),
)


def lines_of(packed: bytes) -> list[bytes]:
    return gzip.decompress(packed).removesuffix(b"\n").split(b"\n")


def test_the_same_updates_give_the_same_key_and_the_same_bytes() -> None:
    assert batch(BODIES, bot_id=7, day=DAY) == batch(list(BODIES), bot_id=7, day=DAY)


def test_the_name_says_the_day_and_the_bot_and_is_a_digest_of_the_content() -> None:
    key, _ = batch(BODIES, bot_id=7, day=DAY)
    other, _ = batch(BODIES[:1], bot_id=7, day=DAY)

    folder, _, name = key.rpartition("/")
    assert folder == "telegram/context_date=2026-10-07"
    assert name.startswith("7-")
    assert name.endswith(".ndjson.gz")
    assert len(name) == len("7-") + 64 + len(".ndjson.gz")
    assert other != key


def test_the_gzip_header_carries_no_time_and_no_name() -> None:
    _, packed = batch(BODIES, bot_id=7, day=DAY)

    flags, written_at = packed[3], packed[4:8]
    assert (flags, written_at) == (0, bytes(4))


@given(st.lists(UPDATES, min_size=1, max_size=5))
def test_each_body_becomes_one_line_that_says_the_same(bodies: list[bytes]) -> None:
    _, packed = batch(bodies, bot_id=7, day=DAY)

    lines = lines_of(packed)
    assert [json.loads(line) for line in lines] == [json.loads(body) for body in bodies]


def test_a_body_on_one_line_stays_byte_for_byte() -> None:
    _, packed = batch(BODIES, bot_id=7, day=DAY)

    assert lines_of(packed) == BODIES


def test_a_body_printed_over_many_lines_becomes_one() -> None:
    pretty = json.dumps({"update_id": 1, "message": {"text": "a\nb"}}, indent=2).encode()

    _, packed = batch([pretty.replace(b"\n", b"\r\n")], bot_id=7, day=DAY)

    (line,) = lines_of(packed)
    assert b"\r" not in line
    assert json.loads(line) == json.loads(pretty)
