"""No line of the log holds a token, a secret, or a word of what people wrote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tg_pipeline_tests.lambda_ingest.bot import Bot, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import Container, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, queue_event, record

NewContainer = Callable[..., Container]

WRITTEN = "meet me at the old harbour"
PERSON = {"id": 5_550_001, "first_name": "Iracema", "username": "iracema_77"}
BY: dict[str, Any] = {"from": PERSON}
TOKEN, OF_THE_BOT, GUESSED = "7:AAF-open-sesame", "the-bot-s-secret", "a-guess-of-a-stranger"
GROUP = -42
BODIES = [
    update(1, text=WRITTEN, chat={"id": GROUP}, **BY),
    update(2, text=WRITTEN, chat={"id": -7}, **BY),
    update(3, chat={"id": GROUP}, migrate_to_chat_id=-100, **BY),
    b'{"update_id": "x", "text": "%b"}' % WRITTEN.encode(),
    WRITTEN.encode(),
]
HIDDEN = [WRITTEN, "harbour", *map(str, PERSON.values()), SECRET, TOKEN, "AAF", OF_THE_BOT, GUESSED]


def settings_with(url: str) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_CHAT_IDS": str(GROUP),
        "FORWARD_URL": url,
        "FORWARD_SECRET_TOKEN": OF_THE_BOT,
        "FORWARD_TIMEOUT_SECONDS": "5",
    }


def tell_all(container: Container) -> str:
    """Have a container write all kinds of lines."""
    for body in BODIES:
        container.post(body)
        container.post(body)
        container.post(body, headers={"x-telegram-bot-api-secret-token": GUESSED})
        container.post(body, body=f"é{WRITTEN}", isBase64Encoded=True)
        container.handle(http_event(body, path=f"/{TOKEN}"))
        container.handle(http_event(body, method="PUT"))
        container.handle(queue_event(record(body), record(body, secret=GUESSED), record(body)))
        container.handle(queue_event(record(body) | {"body": [WRITTEN]}))
        container.handle({"body": WRITTEN})
    assert len(container.lines()) == 9 * len(BODIES)
    return container.log.getvalue()


def test_a_log_tells_what_happened_and_nothing_that_is_anybody_s(
    new_container: NewContainer,
) -> None:
    with Bot(always(reply(WRITTEN.encode(), connection="close"))) as bot:
        container = new_container(**settings_with(bot.url))
        log = tell_all(container)

    assert len(bot.heard) == 2 * len(BODIES)
    assert [word for word in [*HIDDEN, bot.url, "/hook/", "localhost"] if word in log] == []
    seen = {name for line in container.lines() for name, count in line.items() if count == 1}
    assert {"landed", "duplicate", "rejected", "filtered", "unauthorized", "refused"} <= seen


def test_nor_does_it_when_the_bot_and_the_store_fail(
    new_container: NewContainer, tmp_path: Path
) -> None:
    # Given a bot that is gone, at an address with a token in it
    with Bot(always()) as gone:
        pass
    container = new_container(**settings_with(gone.url))

    # When updates come, and the store fails as well
    log = tell_all(container)
    (tmp_path / "landing" / "telegram").rename(tmp_path / "away")
    (tmp_path / "landing" / "telegram").write_text(WRITTEN)
    log += tell_all(new_container(**settings_with(gone.url)))

    # Then the log says that they failed, and not whose token it was
    assert "The bot can't be reached: ConnectionRefusedError." in log
    assert "The store failed: " in log
    assert [word for word in [*HIDDEN, gone.url, "/hook/", "localhost"] if word in log] == []
