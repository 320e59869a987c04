"""What the local door says of itself, in OpenAPI's words (https://spec.openapis.org/oas/v3.1.0)."""

import json
import sys
from typing import Any, Final

from lambda_ingest.forward import SECRET_HEADER
from lambda_ingest.settings import DEFAULT_WEBHOOK_PATH
from lambda_ingest.webhook import LARGEST_BODY

ANSWERS: Final = {
    "200": "The update is durable, or its chat is not kept. Empty, or what the bot behind says.",
    "400": "The request is no HTTP that can be read, or it broke off.",
    "403": "The secret token is missing, or another.",
    "408": "The body did not come in time.",
    "413": f"The body is larger than {LARGEST_BODY} bytes.",
    "500": "The store failed. Nothing was taken; send it again.",
    "502": "The bot behind the door can't be reached. The update is durable; send it again.",
    "503": "Too many connections are open. Nothing was taken; send it again.",
    "504": "The bot behind the door took too long. The update is durable; send it again.",
}


def describe() -> dict[str, Any]:
    """Give the OpenAPI document of a door at the default path: one of its own may be a secret."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tg_pipeline's front door",
            "version": "1",
            "description": "Takes a Telegram bot's updates and keeps them as they came.",
        },
        "paths": {
            DEFAULT_WEBHOOK_PATH: {"post": _webhook()},
            "/healthz": {"get": _document("Tell whether the door is up", "It is up.")},
            "/openapi.json": {"get": _document("Give this description", "This description.")},
        },
        "components": {
            "securitySchemes": {
                "secretToken": {"type": "apiKey", "in": "header", "name": SECRET_HEADER}
            }
        },
    }


def _webhook() -> dict[str, Any]:
    return {
        "operationId": "takeUpdate",
        "summary": "Take an update",
        "description": "Any body is taken: what is no update is kept apart, with the reason.",
        "security": [{"secretToken": []}],
        "requestBody": {
            "required": False,
            "description": "https://core.telegram.org/bots/api#update",
            "content": {"application/json": {"schema": {}}},
        },
        "responses": {status: {"description": what} for status, what in ANSWERS.items()},
    }


def _document(summary: str, what: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {"summary": summary, "responses": {"200": {"description": what, "content": content}}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(describe(), indent=2) + "\n")
