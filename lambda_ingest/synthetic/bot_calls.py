"""Build the lines of a bot's calls: `bot_call`, one per call, or per message that a call sent.

Telegram sends a bot no updates about its own messages, so its calls are the only record of them.
Standard library only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from lambda_ingest.landing import MAX_SECOND
from lambda_ingest.synthetic.updates import BOT_CALL, synthetic_id


class CallSource(Enum):
    """Where a call was seen."""

    PROXY = "proxy"
    """Between the bot and Telegram: with its outcome."""
    WEBHOOK_REPLY = "webhook_reply"
    """In the bot's response to a webhook call: Telegram does not tell the outcome.
    https://core.telegram.org/bots/api#making-requests-when-getting-updates"""


@dataclass(frozen=True, slots=True)
class BotCall:
    """A call of a Bot API method, and its outcome."""

    method: str
    params: Mapping[str, Any]
    """As the bot sent them; of a file, only its name and size."""
    source: CallSource
    called_at: datetime
    """Aware."""
    identity: bytes
    """What tells this call from all others, such as a random number. A call that is stored twice
    with the same identity, time and result is one line."""
    ok: bool | None = None
    """None: not known."""
    result: Any = None
    """The parsed result; None if the call failed, or if the outcome is not known."""
    error: Mapping[str, Any] = field(default_factory=dict)
    """`error_code`, `description` and `parameters` of a failed call."""
    milliseconds: int | None = None
    """From the end of the request to the end of the response."""
    answers_update_id: int | None = None
    """Of a webhook reply: the update that it responds to."""
    second: int | None = None
    """The Unix second that the call belongs to, if that is not the time of its result or of itself.
    """
    second_of_id: int | None = None
    """The Unix second in the line's id, if that is not the same one."""


def bot_call_lines(call: BotCall) -> Iterator[bytes]:
    """Yield the lines of a call: several if it sent several messages, as sendMediaGroup does.

    `date` is the time of the message sent or edited, else that of the call, in Unix seconds.
    """
    sent = call.result if _is_list_of_messages(call.result) else [call.result]
    for part, result in enumerate(sent):
        second = call.second or _second_of(result) or int(call.called_at.timestamp())
        content: dict[str, Any] = {
            "date": second,
            "chat": _chat_of(result, call.params),
            "method": call.method,
            "params": dict(call.params),
            "source": call.source.value,
            "called_at_ms": int(call.called_at.timestamp() * 1000),
            "ok": call.ok,
            "result": result,
            **{name: call.error.get(name) for name in ("error_code", "description", "parameters")},
            "ms": call.milliseconds,
            "answers_update_id": call.answers_update_id,
            "part": part if len(sent) > 1 else None,
        }
        known = {name: value for name, value in content.items() if value is not None}
        identity = b"%b:%b:%d" % (BOT_CALL.encode(), call.identity, part)
        update_id = synthetic_id(call.second_of_id or second, identity)
        update = {"update_id": update_id, BOT_CALL: known}
        yield json.dumps(update, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _is_list_of_messages(result: Any) -> bool:
    """Return whether a result is a non-empty list of messages, or of their ids."""
    return (
        isinstance(result, list)
        and bool(result)
        and all(isinstance(each, dict) and "message_id" in each for each in result)
    )


def _second_of(result: Any) -> int | None:
    """Return when a message was sent or last edited; None for any other result."""
    if not isinstance(result, dict):
        return None
    seconds = (result.get("edit_date"), result.get("date"))
    return next((each for each in seconds if type(each) is int and 0 < each <= MAX_SECOND), None)


def _chat_of(result: Any, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the chat of a message sent, else the `chat_id` of the call if it is a number."""
    if isinstance(result, dict) and isinstance(result.get("chat"), dict):
        chat: dict[str, Any] = result["chat"]
        return chat
    try:
        return {"id": int(params["chat_id"])}
    except (KeyError, TypeError, ValueError):
        return None
