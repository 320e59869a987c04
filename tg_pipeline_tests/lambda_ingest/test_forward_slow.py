"""A bot that is slow is not waited for, however it goes about it."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event

import pytest

from lambda_ingest.forward import Forwarder
from tg_pipeline_tests.lambda_ingest.bot import HANG_UP, Bot, Heard, Reply, always, reply

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPS = 100
"""How many bytes a dripping bot lets fall, one in 50 ms: many times what the tests wait for."""

ForwardTo = Callable[..., Forwarder]


def drip(said: bytes) -> Reply:
    """Say something at once, then more and more of the same, and in the end hang up."""

    def dripping(_: Heard, over: Event) -> Iterator[bytes | None]:
        yield said
        for _drip in range(DRIPS):
            over.wait(0.05)
            yield b"0"
        yield HANG_UP

    return dripping


def never(_: Heard, over: Event) -> Iterator[bytes]:
    over.wait(DRIPS * 0.05)
    yield reply()


@pytest.mark.parametrize(
    "slow",
    [
        never,
        drip(b""),
        drip(b"HTTP/1.1 200 OK\r\nX: "),
        drip(reply(content_length="1000")),
        drip(CHUNKED),
        drip(CHUNKED + b"400\r\n"),
    ],
    ids=["silence", "a status", "a header", "a body", "a chunk's size", "a chunk"],
)
def test_a_bot_that_hangs_or_drips_took_too_long(forward_to: ForwardTo, slow: Reply) -> None:
    with Bot(slow) as bot:
        answer = forward_to(bot.url, seconds=0.3).send(b"{}", 20.0)

    assert (answer.status, answer.body) == (504, b"")
    assert answer.why == "The bot took too long to answer."


def test_the_time_that_a_call_has_left_bounds_the_bot_too(forward_to: ForwardTo) -> None:
    with Bot(never) as bot:
        assert forward_to(bot.url).send(b"{}", 0.3).status == 504


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_with_no_time_left_the_bot_is_not_asked(forward_to: ForwardTo, seconds: float) -> None:
    with Bot(always(reply())) as bot:
        assert forward_to(bot.url).send(b"{}", seconds).status == 504

    assert bot.heard == []


def test_a_slow_bot_does_not_spoil_the_next_update(forward_to: ForwardTo) -> None:
    def slow_once(heard: Heard, over: Event) -> Iterable[bytes]:
        return never(heard, over) if heard.body == b"1" else [reply(b"2")]

    with Bot(slow_once) as bot:
        forwarder = forward_to(bot.url)

        assert forwarder.send(b"1", 0.3).status == 504
        assert forwarder.send(b"2", 20.0).body == b"2"
