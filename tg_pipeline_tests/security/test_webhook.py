"""The webhook's log contains no secret, for any call and any failure."""

import json
import shutil
from contextlib import ExitStack

import pytest
import requests

from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.fakes.processes.webhook_process import Serving, close, start
from tg_pipeline_tests.fakes.webhook_listener import Listener
from tg_pipeline_tests.security.search import (
    IN_PATH,
    NO_BOT,
    WEBHOOK_SECRET,
    Text,
    files_below,
    secrets_in,
)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
UPDATE = b'{"update_id": 1}'


def status(
    serving: Serving, body: bytes, path: str = "/telegram", secret: str = WEBHOOK_SECRET
) -> int:
    url, headers = f"{serving.address}{path}", {SECRET_HEADER: secret}
    return requests.post(url, data=body, headers=headers, timeout=30).status_code


@pytest.mark.usefixtures("telegram")
@pytest.mark.parametrize("answered", [200, 502])
def test_the_log_and_the_files_contain_no_secret(house: Shell, answered: int) -> None:
    with Listener() as bot, ExitStack() as stack:
        # Given a webhook that forwards to a bot with a secret URL, which is up or down
        address = f"{bot.url}?token={IN_PATH}" if answered == 200 else NO_BOT
        serving = start(house.folder, TELEGRAM_SECRET_TOKEN=WEBHOOK_SECRET, FORWARD_URL=address)
        stack.callback(close, serving)

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

    # Then the log counts each call, and has no secret
    assert (code, statuses) == (0, [answered, answered, 403, 404, 500])
    counted = {name for line in printed.splitlines() for name in json.loads(line)}
    assert {"landed", "rejected", "unauthorized", "refused", "failed"} <= counted
    assert secrets_in([Text("standard error", said.encode()), *files_below(house.folder)]) == []
