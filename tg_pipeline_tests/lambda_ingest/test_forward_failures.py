"""A bot that fails is a bad gateway, and is given another chance with the next update."""

from collections.abc import Callable, Iterable
from threading import Event

import pytest

from lambda_ingest.forward import Forwarder
from tg_pipeline_tests.lambda_ingest.bot import HANG_UP, Bot, Heard, always, reply

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ForwardTo = Callable[..., Forwarder]


def test_a_kept_connection_that_the_bot_closed_meanwhile_is_opened_again(
    forward_to: ForwardTo,
) -> None:
    with Bot(always(reply())) as bot:
        forwarder = forward_to(bot.url)
        forwarder.send(b"1", 20.0)
        bot.hang_up()

        answer = forwarder.send(b"2" * 300_000, 20.0)

    assert answer.status == 200
    assert [(heard.body[:1], heard.connection) for heard in bot.heard] == [(b"1", 1), (b"2", 2)]


def test_a_bot_that_dies_of_an_update_is_not_given_it_twice_at_once(forward_to: ForwardTo) -> None:
    with Bot(always(HANG_UP)) as bot:
        forwarder = forward_to(bot.url)
        statuses = [forwarder.send(b"1", 20.0).status, forwarder.send(b"2", 20.0).status]

    assert statuses == [502, 502]
    assert [heard.body for heard in bot.heard] == [b"1", b"2"]


def test_nor_if_it_answered_the_one_before_and_ended_the_connection(forward_to: ForwardTo) -> None:
    def answer_once(heard: Heard, _: Event) -> Iterable[bytes | None]:
        return [reply(connection="close") if heard.body == b"1" else HANG_UP]

    with Bot(answer_once) as bot:
        forwarder = forward_to(bot.url)
        statuses = [forwarder.send(b"1", 20.0).status, forwarder.send(b"2", 20.0).status]

    assert statuses == [200, 502]
    assert [heard.body for heard in bot.heard] == [b"1", b"2"]


def test_a_bot_that_is_not_there_is_no_gateway_and_may_come_back(forward_to: ForwardTo) -> None:
    with Bot(always(reply())) as gone:
        pass
    forwarder = forward_to(gone.url)

    answer = forwarder.send(b"1", 20.0)

    assert (answer.status, answer.body) == (502, b"")
    assert answer.why == "The bot can't be reached: ConnectionRefusedError."
    with Bot(always(reply()), port=gone.port) as back:
        assert forwarder.send(b"1", 20.0).status == 200
    assert len(back.heard) == 1


@pytest.mark.parametrize(
    "said",
    [
        [b"SSH-2.0-OpenSSH_9.6\r\n", HANG_UP],
        [b"\xff" * 70_000, HANG_UP],
        [b"HTTP/1.1 two hundred\r\n\r\n", HANG_UP],
        [b"HTTP/1.1 101 Switching Protocols\r\n\r\n"],
        [reply(status="999 Whatever")],
        [reply(x="y" * 70_000)],
        [reply(b"half", content_length="8"), HANG_UP],
        [CHUNKED + b"8\r\nhalf", HANG_UP],
        [CHUNKED + b"many\r\nhalf", HANG_UP],
    ],
    ids=["ssh", "bytes", "words", "101", "999", "a long header", "half", "half a chunk", "no size"],
)
def test_what_is_no_whole_reply_is_none(forward_to: ForwardTo, said: list[bytes | None]) -> None:
    with Bot(always(*said)) as bot:
        answer = forward_to(bot.url).send(b"{}", 20.0)

    assert (answer.status, answer.body, answer.headers) == (502, b"", {})
    assert len(bot.heard) == 1


def test_after_what_was_no_reply_the_next_update_has_a_connection_of_its_own(
    forward_to: ForwardTo,
) -> None:
    replies = iter([[reply(status="999 Whatever")], [reply(b"ok")]])

    with Bot(lambda _, __: next(replies)) as bot:
        forwarder = forward_to(bot.url)
        statuses = [forwarder.send(b"{}", 20.0).status for _ in range(2)]

    assert statuses == [502, 200]
    assert [heard.connection for heard in bot.heard] == [1, 2]


@pytest.mark.parametrize("host", ["a..b", "a" * 70])
def test_a_host_that_is_none_can_t_be_reached(forward_to: ForwardTo, host: str) -> None:
    answer = forward_to(f"http://{host}/7:open-sesame").send(b"{}", 20.0)

    assert answer.status == 502
    assert "open-sesame" not in answer.why
    assert host not in answer.why
