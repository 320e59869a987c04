"""Builders of lines that are no updates: calls of the bot, and exported messages."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from lambda_ingest.synthetic.bot_calls import BotCall, CallSource, bot_call_lines
from lambda_ingest.synthetic.updates import EXPORTED_MESSAGE, synthetic_id
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.updates import Payload, message, second

BLOCKED: Final = {"error_code": 403, "description": "Forbidden: bot was blocked by the user"}
TOO_MANY: Final = {
    "error_code": 429,
    "description": "Too Many Requests: retry after 7",
    "parameters": {"retry_after": 7},
}

TOPICS: Final = ("certificado?", "matrícula?", "estacionamento?", "senha?", "pagamento?")
"""Questions about different things."""

_identities = count(1)


def call(
    at: str, method: str, params: Mapping[str, Any], result: Any = None, **about: Any
) -> list[Payload]:
    """Return the lines of a call; of a webhook reply, the outcome is not known.

    `about` are the `error`, the `source`, and the `milliseconds` that it took.
    """
    error, source = about.get("error"), about.get("source", CallSource.PROXY)
    is_known = source is CallSource.PROXY
    found = BotCall(
        method=method,
        params=params,
        source=source,
        called_at=datetime.fromtimestamp(second(at), UTC),
        identity=b"%d" % next(_identities),
        ok=error is None if is_known else None,
        result=result,
        error=error or {},
        milliseconds=about.get("milliseconds", 80) if is_known else None,
    )
    return [json.loads(line) for line in bot_call_lines(found)]


def sent(
    at: str, text: str, message_id: int, chat_id: int, bot: int = BOT, **fields: Any
) -> Payload:
    """Return a call of sendMessage that succeeded."""
    author = {"id": bot, "is_bot": True, "first_name": "Curso"}
    result = {"message_id": message_id, "date": second(at), "from": author, "text": text, **fields}
    result.setdefault("chat", {"id": chat_id, "type": "private"})
    (line,) = call(at, "sendMessage", {"chat_id": chat_id, "text": text}, result)
    return line


def replied_to_webhook(at: str, text: str, chat_id: int) -> Payload:
    """Return a call in the body of the bot's response to a webhook."""
    params = {"chat_id": chat_id, "text": text}
    (line,) = call(at, "sendMessage", params, source=CallSource.WEBHOOK_REPLY)
    return line


def exported(
    at: str, sender: int, text: str, message_id: int, chat_id: int, **fields: Any
) -> Payload:
    """Return a message of an export of Telegram Desktop."""
    moment = second(at)
    message: Payload = {
        "id": message_id,
        "type": "message",
        "date_unixtime": str(moment),
        "from": f"Name {sender}",
        "from_id": f"user{sender}",
        "text": text,
        **fields,
    }
    identity = f"exported_message:{chat_id}:{json.dumps(message)}".encode()
    kind = "private" if chat_id > 0 else "supergroup"
    content = {"date": moment, "chat": {"id": chat_id, "type": kind}, "message": message}
    return {"update_id": synthetic_id(moment, identity), EXPORTED_MESSAGE: content}


def chats_about(texts: tuple[str, ...], answer: str, *more: str) -> list[Payload]:
    """Return private chats in which each text is asked, with the same answer and more messages."""
    lines: list[Payload] = []
    for number, text in enumerate(texts):
        person = 50 + number
        place = {"id": person, "type": "private", "first_name": f"P{number}"}
        asker: Any = {"id": person, "is_bot": False, "first_name": f"P{number}"}
        at = f"2026-10-07 09:{number:02}"
        lines.append(
            message(f"{at}:00", None, text, 10 * number + 1, chat=place, **{"from": asker})
        )
        lines += [
            sent(f"{at}:0{place_in_turn}", said, 10 * number + place_in_turn, person)
            for place_in_turn, said in enumerate((answer, *more), start=2)
        ]
    return lines
