"""One attempt to bring an update to a webhook."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
)

from tg_pipeline_tests.telegram_server.answers import ApiError
from tg_pipeline_tests.telegram_server.params import Params, read_params
from tg_pipeline_tests.telegram_server.updates import Update
from tg_pipeline_tests.telegram_server.webhook import Failure, Webhook


@dataclass(frozen=True, slots=True)
class Accepted:
    """An update that the listener took, and what it replied."""

    reply: Params


async def attempt(
    session: ClientSession, webhook: Webhook, update: Update, seconds: float
) -> Accepted | Failure:
    """Bring an update, once."""
    try:
        async with session.post(
            webhook.url,
            data=update.body,
            headers=webhook.headers,
            allow_redirects=False,
            timeout=ClientTimeout(total=seconds),
        ) as response:
            return await _outcome(response)
    except TimeoutError:
        return Failure("Read timeout expired")
    except ClientError as error:
        return Failure(_why(error))


async def _outcome(response: ClientResponse) -> Accepted | Failure:
    if 200 <= response.status <= 299:
        return Accepted(await _reply(response))
    await response.read()  # else the connection could not be used again
    spared = response.headers.get("Retry-After", "")
    return Failure(
        f"Wrong response from the webhook: {response.status} {response.reason}",
        retry_after=float(spared) if spared.isdecimal() else 0,
    )


async def _reply(response: ClientResponse) -> Mapping[str, Any]:
    try:
        return await read_params(response)
    except (ApiError, ValueError):
        return {}


def _why(error: ClientError) -> str:
    match error:
        case ClientConnectorDNSError():
            return "Failed to resolve host: Name or service not known"
        case ClientConnectorError(os_error=OSError(errno=int(number))):
            return os.strerror(number)
    return "Connection closed"
