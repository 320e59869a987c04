"""One cold container: loads a handler, stores a first update and many more, prints the CPU.

The runtime client is loaded before the handler, as in a Lambda, and is not measured.
"""

import importlib
import json
import sys
import time
from typing import Any, Final

import awslambdaric.bootstrap as _runtime

assert _runtime  # noqa: S101 - it only has to be loaded

SENT_AT: Final = int(time.time())


class Context:
    """The context of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left."""
        return 30_000


def event(update_id: int) -> dict[str, Any]:
    """Return an HTTP API's event for a message of about 400 bytes."""
    person = {"id": 77, "is_bot": False, "first_name": "Ana", "language_code": "pt-br"}
    chat = {"id": -1001234567890, "type": "supergroup", "title": "Turma de dados"}
    message = {
        "message_id": update_id,
        "from": person,
        "chat": chat,
        "date": SENT_AT,
        "text": "Alguém sabe por que a partição de ontem ficou vazia no Athena?",
    }
    return {
        "version": "2.0",
        "rawPath": "/telegram",
        "requestContext": {"http": {"method": "POST"}, "stage": "$default"},
        "headers": {"x-telegram-bot-api-secret-token": "measured-measured"},
        "body": json.dumps({"update_id": update_id, "message": message}),
        "isBase64Encoded": False,
    }


def main(module: str, warm: int) -> None:
    """Print the seconds of CPU until the first stored update, and of each warm call."""
    events = [event(number) for number in range(1, warm + 2)]
    started = time.process_time()
    handle = importlib.import_module(module).lambda_handler
    _check(handle(events[0], Context()))
    cold = time.process_time() - started
    for each in events[1:]:
        _check(handle(each, Context()))
    took = time.process_time() - started - cold
    sys.stderr.write(json.dumps({"cold": cold, "warm": took / warm}))


def _check(response: dict[str, Any]) -> None:
    if response["statusCode"] != 200:  # noqa: PLR2004 - HTTP's success
        raise SystemExit(f"The handler returned {response}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
