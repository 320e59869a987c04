"""The webhook's log contains no secret, for any call and any failure."""

import shutil
from collections.abc import Iterator

import pytest
import requests

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.webhook_listener import Listener
from tg_pipeline_tests.fakes.webhook_process import Serving, close, start
from tg_pipeline_tests.security.known import IN_PATH, NO_BOT, WEBHOOK_SECRET
from tg_pipeline_tests.security.search import Text, files_below, secrets_in

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
UPDATE = b'{"update_id": 1}'

pytestmark = pytest.mark.usefixtures("telegram")


@pytest.fixture
def bot() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture(params=[200, 502])
def answered(request: pytest.FixtureRequest) -> int:
    """The expected status: 200 if the bot is up."""
    status: int = request.param
    return status


@pytest.fixture
def serving(house: Shell, bot: Listener, answered: int) -> Iterator[Serving]:
    """Start a webhook that forwards to a bot with a secret URL."""
    address = f"{bot.url}?token={IN_PATH}" if answered == 200 else NO_BOT
    opened = start(house.folder, TELEGRAM_SECRET_TOKEN=WEBHOOK_SECRET, FORWARD_URL=address)
    yield opened
    close(opened)


def status(
    serving: Serving, body: bytes, path: str = "/telegram", secret: str = WEBHOOK_SECRET
) -> int:
    url, headers = f"{serving.address}{path}", {SECRET_HEADER: secret}
    return requests.post(url, data=body, headers=headers, timeout=30).status_code


def test_the_log_and_the_files_contain_no_secret(
    serving: Serving, house: Shell, answered: int
) -> None:
    # When valid and invalid calls arrive, the last of them while the store fails
    statuses = [
        status(serving, UPDATE),
        status(serving, b"no update"),
        status(serving, UPDATE, secret=f"{WEBHOOK_SECRET}x"),
        status(serving, UPDATE, path=f"/{IN_PATH}"),
    ]
    shutil.rmtree(serving.landing)
    serving.landing.write_text("in the way")
    statuses.append(status(serving, UPDATE))
    code, printed, said = serving.stop()

    # Then the log has a line for each call, and no secret
    assert (code, statuses) == (0, [answered, answered, 403, 404, 500])
    assert len(printed.splitlines()) == len(statuses)
    told = Text("what it said", said.encode())
    assert secrets_in([told, *files_below(house.folder)]) == []
