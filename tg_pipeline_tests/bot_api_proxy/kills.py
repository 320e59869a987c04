"""A bot under load, whose proxy is killed at random moments, and what must hold afterwards.

python -m tg_pipeline_tests.bot_api_proxy.kills 200
"""

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import requests

from tg_pipeline_tests.fakes.processes.proxy_process import ProxyProcess
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

LONGEST_LIFE = 0.6
"""Seconds from the start of a proxy to its kill, at most."""

PAUSE = 0.02
"""Seconds: between two messages of the users, and before a bot polls again after an error."""

MINUTE = 60.0


@dataclass
class AnsweringBot:
    """Answers each update once, by a message with its id; it never sends one again."""

    url: str
    token: str
    acted_on: list[int] = field(default_factory=list)
    failed: int = 0
    """Messages without a response."""

    over: Event = field(default_factory=Event)

    def run(self) -> None:
        offset = 0
        with requests.Session() as session:
            while not self.over.is_set():
                try:
                    params: dict[str, Any] = {"offset": offset, "timeout": 1, "limit": 3}
                    path = f"{self.url}/bot{self.token}/getUpdates"
                    updates = session.get(path, params=params, timeout=5).json()["result"]
                except (requests.RequestException, KeyError, ValueError):
                    time.sleep(PAUSE)
                    continue
                for update in updates:
                    offset = update["update_id"] + 1
                    self.acted_on.append(update["update_id"])
                    self._answer(session, update["update_id"])

    def _answer(self, session: requests.Session, update_id: int) -> None:
        try:
            params = {"chat_id": 5, "text": str(update_id)}
            path = f"{self.url}/bot{self.token}/sendMessage"
            session.post(path, json=params, timeout=5)
        except requests.RequestException:
            self.failed += 1
            self._wait_for_proxy(session)

    def _wait_for_proxy(self, session: requests.Session) -> None:
        while not self.over.is_set():
            try:
                session.get(f"{self.url}/healthz", timeout=5)
            except requests.RequestException:
                time.sleep(PAUSE)
            else:
                return


@dataclass(frozen=True)
class Verdict:
    """What is wrong after all kills, and how much happened."""

    kills: int
    acted_on: int
    sent: int
    unanswered: int
    """Messages of which the bot does not know whether they were sent."""

    without_outcome: int
    wrong: dict[str, list[Any]]


def kill_repeatedly(folder: Path, kills: int, seed: int) -> Verdict:
    """Kill a proxy while a bot polls and answers, let all land, and compare."""
    random = Random(seed)  # noqa: S311 - no secret
    with TelegramServer() as telegram:
        proxy = ProxyProcess(folder, telegram.url)
        bot = AnsweringBot(proxy.url, telegram.token)
        users_are_over = Event()
        threads = [Thread(target=bot.run), Thread(target=_write, args=(telegram, users_are_over))]
        try:
            proxy.start()
            for each in threads:
                each.start()
            for _ in range(kills):
                time.sleep(random.uniform(0, LONGEST_LIFE))
                proxy.kill()
                proxy.start()
            users_are_over.set()
            telegram.wait_until_delivered(2 * MINUTE)
        finally:
            users_are_over.set()
            bot.over.set()
            for each in threads:
                each.join()
        try:
            _wait_until_empty(proxy)
            proxy.stop()
        finally:
            proxy.kill()
        return _judge(telegram, proxy, bot, kills)


def _write(telegram: TelegramServer, over: Event) -> None:
    while not over.wait(PAUSE):
        if len(telegram.pending) < 100:
            telegram.user_sends(5, "hello")


def _wait_until_empty(proxy: ProxyProcess) -> None:
    deadline = time.monotonic() + MINUTE
    while proxy.spooled():
        assert time.monotonic() < deadline, proxy.said()
        time.sleep(0.05)


def _judge(telegram: TelegramServer, proxy: ProxyProcess, bot: AnsweringBot, kills: int) -> Verdict:
    landed, calls = proxy.landed(), proxy.calls()
    sent = Counter(message.text for message in telegram.messages)
    recorded = Counter(call["params"]["text"] for call in calls)
    return Verdict(
        kills=kills,
        acted_on=len(bot.acted_on),
        sent=len(telegram.messages),
        unanswered=bot.failed,
        without_outcome=sum("ok" not in call for call in calls),
        wrong={
            "acted on, not in raw": [
                each for each in bot.acted_on if landed.get(each) != telegram.sent[each]
            ],
            "acted on twice": [each for each, n in Counter(bot.acted_on).items() if n > 1],
            "sent, not in raw": sorted(sent.keys() - recorded.keys()),
            "sent twice": [each for each, n in sent.items() if n > 1],
            "in raw twice": [each for each, n in recorded.items() if n > 1],
            "answered wrongly": [
                call["params"]["text"]
                for call in calls
                if call.get("ok") and call["result"]["text"] != call["params"]["text"]
            ],
        },
    )


def main() -> None:
    """Print the verdict; end with an error if anything is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verdict = kill_repeatedly(Path(folder), options.kills, options.seed)
    print(verdict)  # noqa: T201 - a command
    if any(verdict.wrong.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
