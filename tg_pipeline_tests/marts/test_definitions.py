"""The definitions on the docs page are those by which the columns are filled."""

import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.definitions import (
    ACTIVITY,
    DEFINITIONS,
    PERSON,
    WRITTEN_MESSAGE,
    Definition,
)
from tg_pipeline.query.session import open_session
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.reference.happenings import ZONE
from tg_pipeline_tests.marts.reference.month import Month
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    Payload,
    announced,
    chat,
    edit,
    membership,
    message,
    press,
    reaction,
    update,
    user,
)

NINE = "2026-10-07 09:00"

WRITTEN: Payload = message(NINE, ANA, "oi", 1)
BUSINESS: Payload = {"kind": "business_message", "chat_id": CAIO, "business_connection_id": "b"}

UPDATES = [
    WRITTEN,
    edit(WRITTEN, NINE, "olá"),
    message(NINE, HELPER_BOT, "bip", 2),
    message(NINE, GROUP_ANONYMOUS_BOT, "regras", 3, sender_chat=chat(GROUP)),
    message(NINE, None, "aviso", 4, kind="channel_post"),
    message(NINE, 777_000, "post", 5, sender_chat={"id": -200}, is_automatic_forward=True),
    message(NINE, 777_000, "post de 2019", 6),
    message(NINE, BIA, "oi", 7, **BUSINESS),
    message(NINE, BIA, "volto logo", 8, **BUSINESS, is_from_offline=True),
    message(NINE, BIA, "do bot", 9, **BUSINESS, sender_business_bot=user(HELPER_BOT)),
    message(NINE, CAIO, "oi", 10, kind="guest_message"),
    announced(NINE, ANA, "new_chat_members", ANA),
    membership(NINE, ANA, ANA, "left → member"),
    press(ANA, "menu"),
    reaction(NINE, ANA, "", "👍"),
    update("poll_answer", {"poll_id": "1", "voter_chat": chat(GROUP), "user": user(136_817_688)}),
    update("poll_answer", {"poll_id": "1", "user": user(BIA)}),
    update("inline_query", {"id": "1", "from": user(BIA), "query": "q", "offset": ""}),
    update("chosen_inline_result", {"result_id": "1", "from": user(BIA), "query": "q"}),
    update("pre_checkout_query", {"id": "1", "from": user(BIA), "currency": "XTR"}),
    update("purchased_paid_media", {"from": user(BIA), "paid_media_payload": "p"}),
    update("chat_join_request", {"chat": chat(GROUP), "from": user(BIA), "date": 1}),
    update("something_new", {"from": user(BIA)}),
]

COLUMNS = {"person_id": PERSON, "activity": ACTIVITY, "is_written": WRITTEN_MESSAGE}


def differences(lake: Lake, column: str, definition: Definition) -> tuple[int, int]:
    """Return how many rows the definition applies to, and in how many the column differs."""
    sql = (
        f"SELECT count(*) FILTER (WHERE CAST({column} AS varchar) <> 'false'), "  # noqa: S608
        f"count(*) FILTER (WHERE {column} IS DISTINCT FROM ({definition.sql})) "
        f"FROM {definition.table}"
    )
    with open_session(lake, ZONE.key) as session:
        (statement,) = session.statements(sql)
        ((applies, differs),) = session.ask(statement, lambda rows: rows.fetchall())
    return applies, differs


@pytest.mark.slow
@pytest.mark.parametrize(("column", "definition"), COLUMNS.items(), ids=COLUMNS)
def test_a_column_has_what_its_definition_says(
    marts: Marts, month: Month, column: str, definition: Definition
) -> None:
    marts.put(*UPDATES)

    for lake in (marts.lake, month.pipeline.lake):
        applies, differs = differences(lake, column, definition)
        assert applies > 5
        assert differs == 0


def test_the_sql_of_every_definition_is_over_its_table(month: Month) -> None:
    with open_session(month.pipeline.lake, ZONE.key) as session:
        for each in DEFINITIONS:
            (statement,) = session.statements(f"SELECT {each.sql} FROM {each.table} LIMIT 1")  # noqa: S608
            assert session.ask(statement, lambda rows: rows.fetchall()), each.term
