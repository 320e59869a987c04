"""How a bot receives updates: by getUpdates, or by a webhook."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from tg_pipeline_tests.fakes.loopback import Changes
from tg_pipeline_tests.fakes.telegram_api.protocol import (
    Answer,
    ApiError,
    Params,
    flag,
    integer,
    result,
    structure,
    verbatim_results,
)
from tg_pipeline_tests.fakes.telegram_api.update_queue import Draft, UpdateQueue
from tg_pipeline_tests.fakes.telegram_api.webhook_delivery import (
    Reply,
    Webhook,
    WebhookDelivery,
)

OFF_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
MAX_UPDATES, MAX_POLL_SECONDS = 100, 50
WEBHOOK_IS_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "other getUpdates request; make sure that only one bot instance is running"


class LongPoll:
    """The one getUpdates call that may wait for updates."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self, seconds: float) -> None:
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiting
        finally:
            if self._waiting is waiting:
                self._waiting = None

    def wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def end(self, reason: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ApiError(409, f"Conflict: terminated by {reason}"))


class Receiving:
    def __init__(self, queue: UpdateQueue, timeout: float, reply: Reply, changes: Changes) -> None:
        self._queue, self._timeout = queue, timeout
        self._reply, self._changes = reply, changes
        self._poll, self._changing = LongPoll(), asyncio.Lock()
        self._allowed: list[str] = []
        self._webhook: Webhook | None = None
        self._delivery: WebhookDelivery | None = None
        self._last_error: dict[str, Any] = {}

    def push(self, draft: Draft) -> int | None:
        """Queue an update; one of a type that is not allowed takes no id."""
        if not self._allows(draft.kind):
            return None
        update = self._queue.push(draft)
        if self._delivery:
            self._delivery.enqueue(update)
        self._poll.wake()
        return update.update_id

    async def get_updates(self, params: Params) -> Answer:
        """Confirm all below the offset; return the updates from it on."""
        if self._webhook:
            raise ApiError(409, WEBHOOK_IS_ACTIVE)
        self._poll.end(OTHER_POLLER)
        self._set_allowed(params)
        limit = min(max(integer(params, "limit", MAX_UPDATES), 1), MAX_UPDATES)
        self._queue.confirm(integer(params, "offset", 0))
        seconds = min(integer(params, "timeout", 0), MAX_POLL_SECONDS)
        if seconds > 0 and not self._queue.pending:
            await self._poll.wait(seconds)
        return verbatim_results(update.body for update in self._queue.first(limit))

    async def set_webhook(self, params: Params) -> Answer:
        """Set the webhook; without a URL, delete it."""
        if not params.get("url"):
            return await self.delete_webhook(params)
        webhook = Webhook.of(params)
        async with self._changing:
            self._set_allowed(params)
            if webhook == self._webhook and not flag(params, "drop_pending_updates"):
                return result(value=True, description="Webhook is already set")
            self._poll.end("setWebhook request")
            await self._stop(params)
            self._start(webhook)
        return result(value=True, description="Webhook was set")

    async def delete_webhook(self, params: Params) -> Answer:
        async with self._changing:
            was_set = self._webhook is not None
            await self._stop(params)
        description = "Webhook was deleted" if was_set else "Webhook is already deleted"
        return result(value=True, description=description)

    async def get_webhook_info(self, _: Params) -> Answer:
        webhook = self._webhook
        info: dict[str, Any] = {
            "url": webhook.url if webhook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.pending),
        }
        info |= self._last_error
        if webhook:
            info |= {"max_connections": webhook.max_connections, "ip_address": "127.0.0.1"}
        return result(info | ({"allowed_updates": self._allowed} if self._allowed else {}))

    async def close(self) -> None:
        """End the waiting call and all deliveries, as a server that shuts down does."""
        self._poll.wake()
        if self._delivery:
            await self._delivery.stop()

    @property
    def last_error(self) -> str:
        """Why the last delivery failed, if one did."""
        return str(self._last_error.get("last_error_message", ""))

    def _start(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._delivery = WebhookDelivery(webhook, self._queue, self._timeout)
        self._delivery.start(self._reply, self._note)

    async def _stop(self, params: Params) -> None:
        delivery, self._delivery, self._webhook = self._delivery, None, None
        self._last_error = {}
        if delivery:
            await delivery.stop()
        if flag(params, "drop_pending_updates"):
            self._queue.clear()

    def _allows(self, kind: str | None) -> bool:
        if kind is None:
            return True
        return kind in self._allowed if self._allowed else kind not in OFF_BY_DEFAULT

    def _set_allowed(self, params: Params) -> None:
        """Omitting the list keeps the previous one; an empty one means the default."""
        asked = structure(params, "allowed_updates")
        if isinstance(asked, list) and all(isinstance(kind, str) for kind in asked):
            self._allowed = [kind.lower() for kind in asked]

    def _note(self, error: str) -> None:
        self._last_error = {"last_error_date": int(time.time()), "last_error_message": error}
        self._changes.announce()
