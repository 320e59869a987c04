"""Write the first inputs of all targets, from updates and events that the tests have anyway."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from lambda_ingest.synthetic.bot_calls import BotCall, CallSource, bot_call_lines
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline_tests.fakes.sqs import created, landed, tick
from tg_pipeline_tests.fuzz.targets import FOUND
from tg_pipeline_tests.lambda_ingest.conftest import SENT
from tg_pipeline_tests.lambda_ingest.events import (
    HEADERS,
    http_event,
    in_base64,
    queue_event,
    record,
    rest_event,
)
from tg_pipeline_tests.lambda_ingest.updates.aiogram_updates import Examples, as_telegram_sends

MARTS: Final = Path(__file__).parents[1] / "marts" / "landed"
DAY: Final = date(2026, 10, 7)


def main() -> None:
    """Write the inputs into the folders of what was found."""
    bodies = list(_bodies())
    lines = b"\n".join(bodies[:3])
    _write("landing", bodies)
    _write("enrich", [*bodies, lines, *_synthetic()])
    _write("lambda_events", [json.dumps(each).encode() for each in _events(bodies[0])])
    _write("queue_messages", [each.encode() for each in _messages()])
    _write("reader", [bytes([step]) + each for step in range(4) for each in _objects(lines)])
    _write("saved_updates", [b"[%s]" % b", ".join(bodies[:3]), *_saved(), bodies[0], lines])
    _write("update_ids", [bytes(range(64)), bytes(48) + bytes(range(48)), *_footers()])
    _write("webhook", [bytes([step]) + each for step in range(4) for each in _requests(bodies[0])])


def _write(target: str, inputs: list[bytes]) -> None:
    folder = FOUND / target
    folder.mkdir(parents=True, exist_ok=True)
    for each in inputs:
        (folder / hashlib.sha1(each, usedforsecurity=False).hexdigest()).write_bytes(each)


def _bodies() -> Iterator[bytes]:
    files = [*MARTS.glob("reported_cases/*.ndjson"), *MARTS.glob("hand_made_month/*.ndjson")]
    for path in sorted(files):
        yield from path.read_bytes().splitlines()
    examples = Examples({"date": SENT, "edit_date": SENT}, SENT)
    for kind in UPDATE_FIELDS:
        try:
            least, *others = examples.of(kind)
        except KeyError:  # newer than aiogram
            continue
        for content in (least, *others[:-1:9]):
            yield as_telegram_sends(5, kind, content)


def _synthetic() -> Iterator[bytes]:
    """Yield calls of a bot and exported messages, also of several on one day."""
    sender = {"id": 7, "is_bot": True, "first_name": "Bot"}
    chat = {"id": 5, "type": "private"}
    sent = {"message_id": 3, "date": SENT, "chat": chat, "from": sender, "text": "/a Oi"}
    results: list[Any] = [sent, [sent, sent | {"message_id": 4}], {"message_id": 5}, True, None]
    when = datetime.fromtimestamp(SENT, UTC)
    calls = [
        line
        for source in CallSource
        for result in results
        for line in bot_call_lines(
            BotCall("sendMessage", {"chat_id": "5"}, source, when, b"1", result=result)
        )
    ]
    message = {
        "id": 9,
        "type": "message",
        "from": "Ana",
        "from_id": "user5",
        "edited_unixtime": "5",
        "text": ["Oi ", {"type": "mention", "text": "@bia"}],
        "reactions": [{"type": "emoji", "count": 1, "emoji": "👍"}],
        "reply_to_message_id": 2,
    }
    joined = {"type": "service", "action": "join_group_by_link", "actor_id": "user5", "id": 10}
    exported = [
        json.dumps(
            {
                "update_id": FIRST_SYNTHETIC_ID + number,
                "exported_message": {"date": SENT, "chat": chat, "message": each},
            }
        ).encode()
        for number, each in enumerate((message, joined))
    ]
    yield from calls
    yield from exported
    yield b"\n".join([*calls[:3], *exported, *exported])


def _events(body: bytes) -> list[object]:
    http, rest = http_event(body), rest_event(body)
    queue = queue_event(record(body), record(b"{}", "2", None))
    return [http, rest, queue, in_base64(http), http | {"body": None}, {"Records": [{}]}, [], {}]


def _messages() -> list[str]:
    return [tick(), landed(DAY), created("a/b/telegram/context_date=2026-10-07/7-1.json"), "{}"]


def _objects(lines: bytes) -> list[bytes]:
    short = b'{"update_id": 1}\r\n\n{"update_id": 2, "message": {"date": 1}}\n \n'
    packed = gzip.compress(short, mtime=0)
    return [short, lines[:300], packed, packed + packed, packed[:-5], packed + b"x", b"", b"\n"]


def _saved() -> list[bytes]:
    dump = (MARTS / "reported_cases" / "getupdates-dump.json").read_bytes()
    export = b'{"name": "a", "type": "private", "id": 5, "messages": []}'
    return [dump, export, b'{"ok": true, "result": []}', b"[]", b'[1, "a]", {"b": [2]}]']


def _footers() -> list[bytes]:
    return [b'{"7":[3,0,9,1,[[1,2],[5,5]]]}', b"{}", b'{"7":[1,0,0,2,[[0,1]]],"8":[0,0,0,1,[]]}']


def _requests(body: bytes) -> list[bytes]:
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    post = f"POST /telegram HTTP/1.1\r\nHost: bot\r\n{head}"
    body = body[:100]
    whole = f"{post}Content-Length: {len(body)}\r\n\r\n".encode() + body
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    expecting = f"{post}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    return [
        *(whole, whole + whole, post.encode() + chunks, expecting, whole[:-5]),
        *(b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /telegram HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02"),
        b"GET /healthz HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ]


if __name__ == "__main__":
    main()
