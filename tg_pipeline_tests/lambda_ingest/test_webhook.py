"""What a webhook call is answered once it was let in."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from lambda_ingest.landing import unwrap_rejected
from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.lambda_ingest.conftest import DAY_FOLDER, Container, update
from tg_pipeline_tests.lambda_ingest.events import http_event, in_base64, rest_event

GROUP, SUPERGROUP, STRANGER = -42, -1001234567890, -7


@pytest.mark.parametrize("kind", [*UPDATE_TYPES, "telepathy"])
def test_an_update_of_any_type_is_answered_200_and_lands(container: Container, kind: str) -> None:
    body = update(5, kind)

    assert container.status(body) == 200
    assert container.stored() == {f"{DAY_FOLDER}/7-5.json": body}


def test_the_answer_is_empty_so_that_telegram_executes_nothing(container: Container) -> None:
    assert container.post(update(5)) == {
        "statusCode": 200,
        "headers": {},
        "body": "",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("as_base64", [in_base64, lambda event: event], ids=["base64", "text"])
def test_every_gateway_s_event_lands_the_same_bytes(
    container: Container, as_base64: Callable[[object], object]
) -> None:
    body = update(5, text="olá 😀")

    statuses = [
        container.handle(as_base64(event(body)))["statusCode"] for event in (http_event, rest_event)
    ]

    assert statuses == [200, 200]
    assert list(container.stored().values()) == [body]


def test_a_duplicate_is_answered_200_and_the_first_stands(container: Container) -> None:
    container.post(update(5, text="first"))
    container.now += timedelta(hours=20)

    assert container.status(update(5, text="second")) == 200

    assert list(container.stored().values()) == [update(5, text="first")]
    assert [line["duplicate"] for line in container.lines()] == [0, 1]


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"update_id": "5"}'])
def test_what_is_no_update_is_kept_and_answered_200(container: Container, body: bytes) -> None:
    assert container.status(body) == 200

    ((key, kept),) = container.stored().items()
    assert key.startswith("rejected/context_date=2026-10-07/")
    assert unwrap_rejected(kept) == body
    assert container.lines()[0]["rejected"] == 1


def test_a_request_without_a_body_is_kept_as_one_that_is_empty(container: Container) -> None:
    assert container.status(b"", body=None) == 200
    assert [unwrap_rejected(kept) for kept in container.stored().values()] == [b""]


@pytest.mark.parametrize("name", ["TELEGRAM_CHAT_IDS", "TELEGRAM_CHAT_ID"])
def test_an_update_of_another_chat_is_answered_200_and_not_stored(
    new_container: Callable[..., Container], name: str
) -> None:
    container = new_container(**{name: str(GROUP)})

    assert container.status(update(5, chat={"id": STRANGER})) == 200

    assert container.stored() == {}
    assert container.status(update(6, chat={"id": GROUP})) == 200
    assert list(container.stored()) == [f"{DAY_FOLDER}/7-6.json"]


def test_the_chats_that_are_named_land(new_container: Callable[..., Container]) -> None:
    container = new_container(TELEGRAM_CHAT_IDS=f"{GROUP},5")

    for update_id, chat_id in enumerate([GROUP, STRANGER, 5]):
        assert container.status(update(update_id, chat={"id": chat_id})) == 200

    assert list(container.stored()) == [f"{DAY_FOLDER}/7-0.json", f"{DAY_FOLDER}/7-2.json"]
    assert [line["filtered"] for line in container.lines()] == [0, 1, 0]


def test_what_a_kept_chat_became_lands_by_another_container_too(
    new_container: Callable[..., Container],
) -> None:
    # Given a group that is kept, and becomes a supergroup
    first = new_container(TELEGRAM_CHAT_IDS=str(GROUP))
    migrated = update(1, chat={"id": GROUP}, migrate_to_chat_id=SUPERGROUP)
    assert first.status(migrated) == 200

    # When the supergroup writes, and the container is another
    other = new_container(TELEGRAM_CHAT_IDS=str(GROUP))
    assert other.status(update(2, chat={"id": SUPERGROUP})) == 200

    # Then it landed, and the operator was told once
    assert f"{DAY_FOLDER}/7-2.json" in other.stored()
    (told,) = [line["succession"] for line in first.lines() + other.lines() if "succession" in line]
    assert told == (
        f"Chat {GROUP} became {SUPERGROUP}, which is kept too. Add it to TELEGRAM_CHAT_IDS."
    )


@pytest.mark.parametrize("chats", ["", str(GROUP)], ids=["all chats", "one chat"])
def test_a_store_that_fails_is_answered_500_and_the_next_time_it_lands(
    new_container: Callable[..., Container], tmp_path: Path, chats: str
) -> None:
    # Given a container, and a file that came to stand where the days' folders belong
    container = new_container(TELEGRAM_CHAT_IDS=chats)
    in_the_way = tmp_path / "landing" / "telegram"
    in_the_way.write_text("a file stands here")

    # When an update comes, and again after the file is gone
    body = update(5, chat={"id": GROUP})
    failed = container.post(body)
    in_the_way.unlink()

    # Then the first answer has Telegram send it again, and the second is true
    assert (failed["statusCode"], failed["body"]) == (500, "")
    assert container.status(body) == 200
    assert container.stored() == {f"{DAY_FOLDER}/7-5.json": body}
    assert [line["level"] for line in container.lines()] == ["ERROR", "INFO"]
    assert container.lines()[0]["why"].startswith("The store failed: ")


def test_a_store_that_fails_while_chats_are_looked_up_turns_no_update_away(
    new_container: Callable[..., Container], tmp_path: Path
) -> None:
    container = new_container(TELEGRAM_CHAT_IDS=str(GROUP))
    (tmp_path / "landing" / "chats").write_text("a file stands here")

    assert container.status(update(5, chat={"id": SUPERGROUP})) == 500


def test_the_journal_says_where_an_update_landed_and_how_long_it_took(container: Container) -> None:
    container.pace = timedelta(seconds=1)

    container.post(update(5))

    (line,) = container.lines()
    assert (line["key"], line["status"]) == (f"{DAY_FOLDER}/7-5.json", 200)
    assert 1_000 <= line["ms"] <= 10_000
