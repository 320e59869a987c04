"""Bots behind the proxy get and send the same as without it, with unchanged handlers."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline_tests.fakes.processes.proxy_process import ProxyProcess
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.integration.bot_libraries.actors import GRAMMY, NODE, PollingBot
from tg_pipeline_tests.integration.bot_libraries.conftest import SEED
from tg_pipeline_tests.integration.bot_libraries.scene import MINUTE
from tg_pipeline_tests.integration.bot_libraries.users import Users

pytestmark = pytest.mark.slow

ACTS = 40

ANSWERS = ("sendmessage", "answercallbackquery", "answerinlinequery")
"""The methods that the bots answer with."""


@pytest.fixture(params=["aiogram", "ptb", GRAMMY])
def library(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == GRAMMY and not (shutil.which("node") and (NODE / "node_modules" / name).is_dir()):
        pytest.skip("grammY is not installed: `make slow` installs it, if npm is there")
    return name


@contextmanager
def answering(library: str, telegram: TelegramServer, url: str) -> Iterator[Users]:
    """Let users act until a bot, whose Bot API is at a URL, has got and answered all."""
    bot = PollingBot(library, {"BOT_TOKEN": telegram.token, "BOT_API": url})
    try:
        bot.start()
        users = Users(telegram, SEED)
        users.act(ACTS)
        telegram.wait_until(lambda: not telegram.pending, MINUTE)
        asked = sum(map(len, users.questions.values()))
        telegram.wait_until(lambda: len(telegram.messages) >= asked, MINUTE)
        yield users
    finally:
        bot.kill()


def sends(telegram: TelegramServer) -> Counter[str]:
    """Return what the bot sent to its users, in any order."""
    return Counter(
        f"{call.method.lower()} {comparable(call.params)}"
        for call in telegram.calls
        if call.method.lower() in ANSWERS
    )


def comparable(params: dict[str, Any]) -> str:
    """Return parameters as text: forms have texts in place of numbers, lists and objects."""
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in params.items()
    }
    return str(sorted(texts.items()))


def test_the_same_messages_arrive_with_and_without_the_proxy(library: str, tmp_path: Path) -> None:
    # Given a bot that calls Telegram directly
    with TelegramServer() as telegram, answering(library, telegram, telegram.url) as users:
        without, asked = sends(telegram), users.questions
        assert {lane: sorted(each) for lane, each in users.answers().items()} == asked

    # When the same users write to the same bot behind the proxy
    with TelegramServer() as telegram:
        proxy = ProxyProcess(tmp_path, telegram.url)
        try:
            proxy.start()
            with answering(library, telegram, proxy.url) as users:
                answers = {lane: sorted(each) for lane, each in users.answers().items()}
            assert proxy.stop() == 0
        finally:
            proxy.kill()

    # Then it gets and sends the same
    assert answers == users.questions == asked
    assert sends(telegram) == without
    # And both have landed: the updates byte for byte, and each call once with its result
    assert proxy.landed() == {each: body.strip() for each, body in telegram.sent.items()}
    recorded = Counter(
        f"{call['method'].lower()} {comparable(call['params'])}"
        for call in proxy.calls()
        if call["method"].lower() in ANSWERS
    )
    assert recorded == sends(telegram)
    assert all(call["ok"] for call in proxy.calls())
    assert not proxy.spooled()
