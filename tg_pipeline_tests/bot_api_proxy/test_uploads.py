"""A large file is streamed: the proxy never holds it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from aiohttp import web

from tg_pipeline_tests.bot_api_proxy.conftest import NewProxy, wait_for_calls
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.telegram_api.server import TOKEN

MEGABYTE = 1_000_000
FILE = 50 * MEGABYTE
BOUNDARY = "a-boundary"


def body() -> Iterator[bytes]:
    head = 'Content-Disposition: form-data; name="{}"'
    yield f"--{BOUNDARY}\r\n{head.format('chat_id')}\r\n\r\n5\r\n".encode()
    yield f'--{BOUNDARY}\r\n{head.format("video")}; filename="a.mp4"\r\n\r\n'.encode()
    for _ in range(50):
        yield bytes(MEGABYTE)
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def received() -> Iterator[tuple[str, list[int]]]:
    """Serve a Bot API that counts the bytes of a call."""
    sizes: list[int] = []

    async def take(request: web.Request) -> web.Response:
        sizes.append(sum([len(piece) async for piece in request.content.iter_any()]))
        return web.json_response({"ok": True, "result": True})

    def application() -> web.Application:
        serving = web.Application(client_max_size=2**40)
        serving.router.add_post("/{path:.*}", take)
        return serving

    with Loopback(application) as server:
        yield server.url, sizes


def test_an_upload_of_50_mb_is_passed_on_within_100_mb(
    new_proxy: NewProxy, received: tuple[str, list[int]]
) -> None:
    # Given a bot that uploads a file
    url, sizes = received
    proxy = new_proxy(url)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    answer = requests.post(
        f"{proxy.url}/bot{TOKEN}/sendVideo", data=body(), headers=headers, timeout=60
    )

    # Then all of it has arrived, its name and size are recorded, and little memory was used
    assert answer.json() == {"ok": True, "result": True}
    assert sizes == [sum(map(len, body()))]
    wait_for_calls(proxy)
    (call,) = proxy.calls()
    assert call["params"] == {
        "chat_id": "5",
        "video": {"file_name": "a.mp4", "file_size": FILE},
    }
    assert proxy.process
    assert peak_of(proxy.process.pid) < 100 * MEGABYTE


def peak_of(pid: int | None) -> int:
    """Return the largest resident memory of a process so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024
