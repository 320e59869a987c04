"""A door with a bot behind it: what is durable goes on to the bot, and the bot answers."""

import base64
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from tg_pipeline_tests.lambda_ingest.bot import Bot, Heard, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import DAY_FOLDER, Container, stored, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event

NewContainer = Callable[..., Container]
METHOD = b'{"method": "sendMessage", "chat_id": 5, "text": "ol\xc3\xa1"}'
DONE = reply(connection="close")
STRANGER = -7


def test_the_bot_s_answer_is_the_door_s(new_container: NewContainer) -> None:
    said = reply(METHOD, connection="close", content_type="application/json")

    with Bot(always(said)) as bot:
        answer = new_container(FORWARD_URL=bot.url).post(update(5))

    assert answer == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": METHOD.decode(),
        "isBase64Encoded": False,
    }


def test_an_answer_that_is_no_text_goes_in_base64(new_container: NewContainer) -> None:
    with Bot(always(reply(b"\xff\x00", connection="close"))) as bot:
        answer = new_container(FORWARD_URL=bot.url).post(update(5))

    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\xff\x00"


def test_an_update_is_durable_before_the_bot_hears_of_it(new_container: NewContainer) -> None:
    found: list[dict[str, bytes]] = []

    def look(_: Heard, __: Event) -> Iterable[bytes]:
        found.append(stored(new_container().landing))
        return [DONE]

    with Bot(look) as bot:
        new_container(FORWARD_URL=bot.url).post(update(5))

    assert found == [{f"{DAY_FOLDER}/7-5.json": update(5)}]


def test_the_bot_is_offered_its_own_secret_and_not_the_door_s(new_container: NewContainer) -> None:
    with Bot(always(DONE)) as bot:
        new_container(FORWARD_URL=bot.url).post(update(5))
        settings = {"FORWARD_URL": bot.url, "FORWARD_SECRET_TOKEN": "the-bot-s"}
        new_container(**settings).post(update(6))

    name = "x-telegram-bot-api-secret-token"
    assert [heard.headers.get(name) for heard in bot.heard] == [None, "the-bot-s"]
    assert not any(SECRET in str(heard) for heard in bot.heard)


def test_a_dead_bot_has_telegram_come_again_and_nothing_lands_twice(
    new_container: NewContainer,
) -> None:
    # Given a bot that is gone
    with Bot(always(DONE)) as gone:
        pass
    container = new_container(FORWARD_URL=gone.url)

    # When an update comes, and again once the bot is back
    answer = container.post(update(5))
    with Bot(always(DONE), port=gone.port) as back:
        again = container.post(update(5))

    # Then Telegram was asked to come again, the bot has heard it, and it landed once
    assert (answer["statusCode"], answer["body"]) == (502, "")
    assert again["statusCode"] == 200
    assert [heard.body for heard in back.heard] == [update(5)]
    assert container.stored() == {f"{DAY_FOLDER}/7-5.json": update(5)}
    counts = [(line["landed"], line["duplicate"], line["failed"]) for line in container.lines()]
    assert counts == [(1, 0, 1), (0, 1, 0)]
    assert [line["level"] for line in container.lines()] == ["ERROR", "INFO"]


def test_a_bot_that_hangs_is_not_waited_for_beyond_its_time(new_container: NewContainer) -> None:
    def hang(_: Heard, over: Event) -> Iterable[bytes]:
        over.wait(20)
        return [DONE]

    with Bot(hang) as bot:
        container = new_container(FORWARD_URL=bot.url, FORWARD_TIMEOUT_SECONDS="0.3")

        assert container.status(update(5)) == 504

    assert len(container.stored()) == 1


def test_the_time_the_store_took_is_not_the_bot_s_any_more(new_container: NewContainer) -> None:
    with Bot(always(DONE)) as bot:
        container = new_container(FORWARD_URL=bot.url)
        container.pace = timedelta(seconds=26)

        assert container.status(update(5)) == 504

    assert bot.heard == []


def test_an_update_of_a_chat_that_is_not_kept_is_the_bot_s_all_the_same(
    new_container: NewContainer,
) -> None:
    with Bot(always(DONE)) as bot:
        container = new_container(FORWARD_URL=bot.url, TELEGRAM_CHAT_IDS="5")

        assert container.status(update(5, chat={"id": STRANGER})) == 200

    assert len(bot.heard) == 1
    assert container.stored() == {}
    assert container.lines()[0]["filtered"] == 1


@pytest.mark.parametrize("status", [302, 403, 429, 500])
def test_an_error_of_the_bot_s_is_a_failure_of_which_telegram_hears(
    new_container: NewContainer, status: int
) -> None:
    said = reply(status=f"{status} Sorry", retry_after="30", connection="close")

    with Bot(always(said)) as bot:
        container = new_container(FORWARD_URL=bot.url)
        answer = container.post(update(5))

    assert (answer["statusCode"], answer["headers"]) == (status, {"Retry-After": "30"})
    (line,) = container.lines()
    assert (line["landed"], line["failed"]) == (1, 1)


def test_the_bot_hears_nothing_of_strangers_nor_of_what_is_not_stored(
    new_container: NewContainer, tmp_path: Path
) -> None:
    with Bot(always(DONE)) as bot:
        container = new_container(FORWARD_URL=bot.url)
        (tmp_path / "landing" / "telegram").write_text("a file stands here")

        statuses = [
            container.status(update(5), headers={}),
            container.handle(http_event(update(5), path="/"))["statusCode"],
            container.status(b"x" * (1024 * 1024 + 1)),
            container.status(update(5)),
        ]

    assert statuses == [403, 404, 413, 500]
    assert bot.heard == []
