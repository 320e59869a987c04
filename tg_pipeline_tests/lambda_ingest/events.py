"""The events that AWS sends to a Lambda, in the shapes of its documentation."""

import base64
from typing import Any

TELEGRAM_ADDRESS = "149.154.167.220"
SECRET = "a-webhook_SECRET-5"  # noqa: S105 - used by the tests only
SENT_AT = "1791385200000"
"""When a queue received a message: 2026-10-07 15:00 UTC, in milliseconds."""

HEADERS = {
    "Accept-Encoding": "gzip, deflate",
    "Content-Type": "application/json",
    "X-Telegram-Bot-Api-Secret-Token": SECRET,
}


def http_event(
    body: bytes | None, path: str = "/telegram", method: str = "POST", stage: str = "$default"
) -> dict[str, Any]:
    """Return the event of an HTTP API in its own format, 2.0, and of a function URL.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in HEADERS.items()},
        "requestContext": {
            "accountId": "123456789012",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": TELEGRAM_ADDRESS,
            },
            "stage": stage,
            "timeEpoch": int(SENT_AT),
        },
        **_encoded(body),
    }


def rest_event(
    body: bytes | None, path: str = "/telegram", method: str = "POST", stage: str = "prod"
) -> dict[str, Any]:
    """Return the event of a REST API, and of an HTTP API in the format 1.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": dict(HEADERS),
        "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
        "queryStringParameters": None,
        "requestContext": {
            "httpMethod": method,
            "identity": {"sourceIp": TELEGRAM_ADDRESS},
            "path": f"/{stage}{path}",
            "stage": stage,
            "requestTimeEpoch": int(SENT_AT),
        },
        **_encoded(body),
    }


def record(
    body: bytes, message_id: str = "1", secret: str | None = SECRET, times: int = 1
) -> dict[str, Any]:
    """Return one message of a queue, received `times` times, with the secret of its request.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    attribute = {"stringValue": secret, "dataType": "String"}
    return {
        "messageId": message_id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body.decode(),
        "attributes": {"ApproximateReceiveCount": str(times), "SentTimestamp": SENT_AT},
        "messageAttributes": {} if secret is None else {"secret_token": attribute},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:sa-east-1:123456789012:updates",
    }


def queue_event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def _encoded(body: bytes | None) -> dict[str, Any]:
    """Return the body as the gateways encode it: a text as is, anything else in base64."""
    try:
        text = body.decode() if body is not None else None
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body or b"").decode(), "isBase64Encoded": True}
    return {"body": text, "isBase64Encoded": False}


def in_base64(event: dict[str, Any]) -> dict[str, Any]:
    body = base64.b64encode(event["body"].encode()).decode()
    return event | {"body": body, "isBase64Encoded": True}
