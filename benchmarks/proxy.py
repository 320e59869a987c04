"""The time that the proxy adds to a bot's calls: medians with and without it, in turns.

python benchmarks/proxy.py
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from lib.processes.bot_api_server import serve_bot_api

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")
TOKEN: Final = "7:of-a-measured-bot"  # noqa: S105 - it opens nothing

CALLS: Final = {
    "sendMessage, recorded": (f"/bot{TOKEN}/sendMessage", {"chat_id": 5, "text": "Pronto."}),
    "getMe, passed on": (f"/bot{TOKEN}/getMe", {}),
}

PAUSE: Final = 1 / 30
"""Seconds before a call: Telegram takes 30 messages a second of a bot.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

IN_TURN: Final = 20
"""Calls before the other side has its turn."""

HTTP_OK: Final = 200
MILLISECONDS: Final = 1000


@contextmanager
def serve_proxy(upstream: str, folder: Path) -> Iterator[str]:
    """Provide the URL of `tg-pipeline proxy`, whose calls land in a folder."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {
        "TG_LANDING_URI": (folder / "landing").as_uri(),
        "TG_PROXY_SPOOL": str(folder / "spool"),
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_BOT_TOKEN": "",
    }
    command = [COMMAND, "proxy", "--port", str(port), "--upstream", upstream]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        if process.stderr is None:
            raise RuntimeError
        for line in process.stderr:
            if "Press Ctrl-C" in line:
                break
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def caller(url: str) -> Callable[[str, bytes], float]:
    """Return what makes a call on one connection, as bots do, and returns its milliseconds."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(path: str, body: bytes) -> float:
        time.sleep(PAUSE)
        started = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status != HTTP_OK:
            raise RuntimeError(response.status)
        return (time.perf_counter() - started) * MILLISECONDS

    return call


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help=f"of {IN_TURN} calls of each side")
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        serve_bot_api() as upstream,
        serve_proxy(upstream, Path(folder)) as proxy,
    ):
        direct, through = caller(upstream), caller(proxy)
        for name, (path, params) in CALLS.items():
            body = json.dumps(params).encode()
            for each in (direct, through):
                each(path, body)
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(rounds):
                for side, call in zip(times, (direct, through), strict=True):
                    side.extend(call(path, body) for _ in range(IN_TURN))
            without, with_it = map(median, times)
            print(
                f"{name}: {without:.2f} ms without the proxy, {with_it:.2f} ms with it: "
                f"{with_it - without:.2f} ms more, {with_it / without:.1f} times as long"
            )


if __name__ == "__main__":
    main()
