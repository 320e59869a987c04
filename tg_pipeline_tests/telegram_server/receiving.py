"""How a bot gets its updates: it asks for them, or has them brought."""

import asyncio
from typing import Any

from tg_pipeline_tests.telegram_server.answers import Answer, ApiError, result, verbatim_results
from tg_pipeline_tests.telegram_server.changes import Changes
from tg_pipeline_tests.telegram_server.delivery import Delivery, Reply
from tg_pipeline_tests.telegram_server.long_poll import LongPoll
from tg_pipeline_tests.telegram_server.pace import Pace
from tg_pipeline_tests.telegram_server.params import Params, flag, integer, structure
from tg_pipeline_tests.telegram_server.update_queue import UpdateQueue
from tg_pipeline_tests.telegram_server.updates import Draft
from tg_pipeline_tests.telegram_server.webhook import Failure, Webhook

OFF_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
MOST_UPDATES, LONGEST_POLL = 100, 50
WEBHOOK_IS_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "other getUpdates request; make sure that only one bot instance is running"


class Receiving:
    """A bot's queue, and the one way in which it is emptied at a time."""

    def __init__(self, queue: UpdateQueue, pace: Pace, reply: Reply, changes: Changes) -> None:
        self._queue, self._pace = queue, pace
        self._reply, self._changes = reply, changes
        self._poll, self._changing = LongPoll(), asyncio.Lock()
        self._allowed: list[str] = []
        self._webhook: Webhook | None = None
        self._delivery: Delivery | None = None
        self._last_error: dict[str, Any] = {}

    def push(self, draft: Draft) -> int | None:
        """Queue an update; one of a type that isn't asked for takes no id."""
        if not self._asks_for(draft.kind):
            return None
        update = self._queue.push(draft)
        if self._delivery:
            self._delivery.take(update)
        self._poll.wake()
        return update.update_id

    async def get_updates(self, params: Params) -> Answer:
        """Confirm what lies below the offset, and give what follows."""
        if self._webhook:
            raise ApiError(409, WEBHOOK_IS_ACTIVE)
        self._poll.end(OTHER_POLLER)
        self._allow(params)
        limit = min(max(integer(params, "limit", MOST_UPDATES), 1), MOST_UPDATES)
        self._queue.confirm(integer(params, "offset", 0))
        seconds = min(integer(params, "timeout", 0), LONGEST_POLL)
        if seconds > 0 and not self._queue.pending:
            await self._poll.wait(seconds)
        return verbatim_results(update.body for update in self._queue.first(limit))

    async def set_webhook(self, params: Params) -> Answer:
        """Have updates brought from now on; without a URL, no longer."""
        if not params.get("url"):
            return await self.delete_webhook(params)
        webhook = Webhook.asked(params)
        async with self._changing:
            self._allow(params)
            if webhook == self._webhook and not flag(params, "drop_pending_updates"):
                return result(value=True, description="Webhook is already set")
            self._poll.end("setWebhook request")
            await self._stop(params)
            self._start(webhook)
        return result(value=True, description="Webhook was set")

    async def delete_webhook(self, params: Params) -> Answer:
        """Bring no more updates: the bot asks for them."""
        async with self._changing:
            was_set = self._webhook is not None
            await self._stop(params)
        said = "Webhook was deleted" if was_set else "Webhook is already deleted"
        return result(value=True, description=said)

    async def get_webhook_info(self, _: Params) -> Answer:
        """Say where updates are brought, and what went wrong last."""
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
        """End what is under way, as a server that goes down does."""
        self._poll.wake()
        if self._delivery:
            await self._delivery.stop()

    @property
    def last_error(self) -> str:
        """Give why the last attempt to bring an update failed, if one did."""
        return str(self._last_error.get("last_error_message", ""))

    def _start(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._delivery = Delivery(webhook, self._queue, self._pace)
        self._delivery.start(self._reply, self._note)

    async def _stop(self, params: Params) -> None:
        delivery, self._delivery, self._webhook = self._delivery, None, None
        self._last_error = {}
        if delivery:
            await delivery.stop()
        if flag(params, "drop_pending_updates"):
            self._queue.clear()

    def _asks_for(self, kind: str | None) -> bool:
        if kind is None:
            return True
        return kind in self._allowed if self._allowed else kind not in OFF_BY_DEFAULT

    def _allow(self, params: Params) -> None:
        """Leaving the list out keeps the one before; an empty one is the default."""
        asked = structure(params, "allowed_updates")
        if isinstance(asked, list) and all(isinstance(kind, str) for kind in asked):
            self._allowed = [kind.lower() for kind in asked]

    def _note(self, failure: Failure) -> None:
        self._last_error = failure.report()
        self._changes.announce()
