"""A person is found however they are written, and nobody else is taken for them."""

import base64
import gzip
import html
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tg_pipeline.privacy.people import Census, DataSubject
from tg_pipeline.privacy.search import is_in_file
from tg_pipeline.privacy.tombstones import tombstones_of
from tg_pipeline.privacy.traces import Traces
from tg_pipeline_tests.privacy.scene import (
    ANA,
    BETO,
    CONFESSION,
    HERS,
    ID,
    KEY,
    MENTIONED,
    NAME,
    QUOTED,
    UNRELATED,
    USERNAME,
)

SUBJECT = DataSubject(
    ID,
    usernames=frozenset({USERNAME}),
    names=frozenset({NAME}),
    first_names=frozenset({"Ana"}),
    texts=frozenset({CONFESSION}),
)


@pytest.fixture
def traces() -> Traces:
    return Traces(SUBJECT, tombstones_of(KEY, SUBJECT, None))


@pytest.mark.parametrize(
    "text",
    [
        str(ID),
        f'{{"user_id": {ID}}}',
        f"a tg://user?id={ID}",
        f"| `{ID}` | `Ana` |",
        f"<td>{NAME}</td>",
        f'{{"name": "{NAME}"}}',
        f"@{USERNAME.upper()} sumiu",
        f"https://t.me/{USERNAME}",
        CONFESSION,
        f"… {CONFESSION.upper()}!",
        html.escape(f"<q>{CONFESSION}</q>"),
        json.dumps({"text": CONFESSION}),
        json.dumps({"preview": json.dumps({"text": CONFESSION})}),
    ],
)
def test_a_person_is_found_in_texts_of_any_kind(traces: Traces, text: str) -> None:
    assert traces.in_text(text)
    assert traces.in_bytes(text.encode())
    assert traces.in_bytes(gzip.compress(text.encode()))
    assert traces.in_bytes(b'{"body": "' + base64.b64encode(b"some bytes " + text.encode()) + b'"}')


@pytest.mark.parametrize(
    "text",
    [
        str(BETO["id"]),
        f"{ID}0",
        f"-{ID}",
        f"{USERNAME}2",
        f"o {USERNAME} da turma",
        f"Obrigado, {NAME}!",
        f"contato@{USERNAME}.com.br",
        "tenho uma consulta",
        "",
    ],
)
def test_nobody_else_is_taken_for_the_person(traces: Traces, text: str) -> None:
    assert not traces.in_text(text)


def test_updates_are_recognized_by_their_fields(traces: Traces) -> None:
    for update in (HERS, QUOTED, MENTIONED):
        assert traces.in_update(json.dumps(update).encode())
    for clean in (UNRELATED, UNRELATED | {"update_id": ID}, UNRELATED | {"message": {"date": ID}}):
        assert not traces.in_update(json.dumps(clean).encode())


def test_a_short_id_is_searched_as_the_value_of_fields_only() -> None:
    subject = DataSubject(42)
    short = Traces(subject, tombstones_of(KEY, subject, None))

    assert short.in_text('{"user_id": 42}')
    assert short.in_update(b'{"update_id": 1, "message": {"from": {"id": 42}}}')
    assert not short.in_text("42 messages, 42")
    assert not short.in_update(b'{"update_id": 42, "message": {"message_id": 42, "text": "42"}}')
    assert not short.in_update(b'{"update_id": 1, "message": {"quote": {"position": 42}}}')


@pytest.mark.parametrize(
    "content",
    [
        {"chat": {"id": -7, "type": "supergroup", "title": "Ana"}},
        {"forum_topic_created": {"name": "Ana", "icon_color": 1}},
        {"audio": {"title": "Ana", "performer": "Ana", "file_name": NAME}},
        {"contact": {"first_name": "Ana", "phone_number": "+55 11", "user_id": BETO["id"]}},
        {"contact": {"first_name": "Ana", "phone_number": "+55 11"}},
        {"users_shared": {"users": [{"user_id": BETO["id"], "first_name": "Ana"}]}},
        {"forward_origin": {"type": "hidden_user", "sender_user_name": "Ana"}},
    ],
)
def test_others_and_groups_may_have_the_same_first_name(
    traces: Traces, content: dict[str, Any]
) -> None:
    assert not traces.in_update(json.dumps({"update_id": 1, "message": content}).encode())


def test_a_group_with_the_name_of_the_person_is_not_found_in_pages() -> None:
    census = Census(ID)
    census.add(HERS)
    census.add({"message": {"chat": {"id": -7, "type": "channel", "title": NAME}}})
    subject = census.subject()

    assert NAME in subject.names
    assert not Traces(subject, tombstones_of(KEY, subject, None)).in_text(f"<td>{NAME}</td>")


@pytest.mark.parametrize(
    "update",
    [
        {"message": {"from": BETO, "chat": {"id": -7, "type": "group", "title": CONFESSION}}},
        {"message": {"from": BETO, "reply_to_message": {"from": BETO, "text": CONFESSION}}},
        {"message": {"from": BETO, "text": CONFESSION}, "id": {}},
        {"poll": {"id": [], "question": CONFESSION}},
    ],
)
def test_titles_of_groups_and_messages_within_updates_of_others_are_texts_of_others(
    update: dict[str, Any],
) -> None:
    assert CONFESSION in Census(ID).texts_of_others(update)


def test_what_others_wrote_too_does_not_identify_the_person(traces: Traces) -> None:
    narrower = traces.without_texts_of_others([f"ela disse: {CONFESSION}"])

    assert not narrower.in_text(CONFESSION)
    assert narrower.in_text(str(ID))


def test_names_that_are_known_by_their_digests_only_are_found_as_values() -> None:
    unknown = Traces(DataSubject(ID), tombstones_of(KEY, SUBJECT, None))

    assert unknown.in_value(USERNAME, "user_username")
    assert unknown.in_value(NAME, "author_signature")
    assert not unknown.in_value("beto_f", "user_username")


def test_a_database_is_searched_value_by_value_and_a_table_column_by_column(
    traces: Traces, tmp_path: Path
) -> None:
    database = tmp_path / "some.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE log (event TEXT)")
        connection.execute("INSERT INTO log VALUES (?)", ["x" * 5_000 + f" @{USERNAME}"])
        connection.commit()
    others, hers = tmp_path / "others.parquet", tmp_path / "hers.parquet"
    pq.write_table(pa.table({"message_id": [ID], "user_id": [BETO["id"]]}), others)
    pq.write_table(pa.table({"mentioned_user_ids": [[1, ID]]}), hers)

    assert is_in_file(database, traces)
    assert is_in_file(hers, traces)
    assert not is_in_file(others, traces)
    assert ANA["id"] == ID
