"""A stand-in for Telegram's Bot API: bots call it, and tests act as their users."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Self

from tg_pipeline_tests.telegram_server.answers import Answer, ApiError
from tg_pipeline_tests.telegram_server.bot import Bot
from tg_pipeline_tests.telegram_server.changes import Changes
from tg_pipeline_tests.telegram_server.conversation import UserMessage
from tg_pipeline_tests.telegram_server.door import Call, Door
from tg_pipeline_tests.telegram_server.loopback import Loopback
from tg_pipeline_tests.telegram_server.messages import SentMessage
from tg_pipeline_tests.telegram_server.pace import Pace
from tg_pipeline_tests.telegram_server.troubles import Trouble, Troubles
from tg_pipeline_tests.telegram_server.update_queue import UpdateQueue
from tg_pipeline_tests.telegram_server.updates import Draft

TOKEN = "7:of-a-test-bot"  # noqa: S105 - it opens nothing
FIRST_UPDATE_ID = 500_000_001
PATIENCE = 10.0
NOT_JSON = b"<html><h1>502 Bad Gateway</h1></html>"


class TelegramServer:
    """One bot's Bot API, on loopback while it is entered; what it saw stays to be looked at.

    `pace` is how many seconds a second of Telegram's lasts: it scales the waits between attempts
    to deliver, and the 60 seconds that one may take (but not below 5) unless `delivery_timeout`
    says it. What a client asks for, such as the time a getUpdates may wait, is not scaled.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        first_update_id: int = FIRST_UPDATE_ID,
        pace: float = 0.01,
        delivery_timeout: float | None = None,
    ) -> None:
        self.token, self._bot_id = token, int(token.partition(":")[0])
        self._changes, self._troubles = Changes(), Troubles()
        self._queue = UpdateQueue(first_update_id, self._changes)
        self._pace = Pace.of(pace, delivery_timeout)
        self._bot = Bot(self._bot_id, self._queue, self._pace, self._changes)
        self._door = Door(token, self._bot, self._troubles, self._changes)
        self._site = Loopback(self._door.application)

    def __enter__(self) -> Self:
        self._site.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._site.__exit__()

    @property
    def url(self) -> str:
        """Where the API is: methods are at `<url>/bot<token>/<method>`."""
        return self._site.url

    @property
    def pending(self) -> list[int]:
        """The ids of the updates that no one has taken yet."""
        return self._queue.pending

    @property
    def sent(self) -> dict[int, bytes]:
        """Every update that got an id, and the very bytes that are sent for it."""
        return dict(self._queue.sent)

    @property
    def messages(self) -> list[SentMessage]:
        """What the bot sent, in order."""
        return list(self._bot.messages.sent)

    @property
    def last_error(self) -> str:
        """Why the last attempt to bring an update failed, if one did since the webhook was set."""
        return self._bot.receiving.last_error

    @property
    def calls(self) -> list[Call]:
        """The requests that came with the right token, those that failed among them."""
        return list(self._door.calls)

    def push(self, update: Mapping[str, Any] | bytes, chat_id: int | None = None) -> int | None:
        """Queue an update under the next id; None if its type is not asked for.

        An update_id in it is replaced; bytes are otherwise sent as they are, whatever they are.
        With a chat_id it waits its turn among that chat's updates.
        """
        draft = Draft.of(update, chat_id)
        return self._site.do(lambda: self._bot.receiving.push(draft))

    def user_sends(self, chat_id: int, text: str, **more: Any) -> int | None:
        """Let a user write a message; see UserMessage for what else can be said of it."""

        def send() -> int | None:
            message = UserMessage(chat_id, self._bot.messages.next_id(chat_id), text, **more)
            return self._bot.receiving.push(Draft.of(message.update()))

        return self._site.do(send)

    def skip_update_ids(self, count: int) -> None:
        """Lose updates: their ids are never seen."""
        self._site.do(lambda: self._queue.skip(count))

    def let_a_day_pass(self) -> None:
        """Let all that is pending expire, as it does after 24 hours."""
        self._site.do(self._queue.clear)

    def set_webhook(self, url: str, **params: Any) -> None:
        """Set the bot's webhook, unseen among the calls; an ApiError says why it can't be."""
        self._site.run(self._bot.receiving.set_webhook({"url": url, **params}))

    def flood(self, seconds: int, method: str | None = None, times: int = 1) -> None:
        """Let the next calls be refused for so many seconds."""
        error = ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._plan(error.answer(), method, times)

    def fail(
        self,
        status: int,
        times: int = 1,
        method: str | None = None,
        description: str = "",
        **parameters: int,
    ) -> None:
        """Let the next calls fail with a status, and what a client may make of it."""
        error = ApiError(status, description or HTTPStatus(status).phrase, **parameters)
        self._plan(error.answer(), method, times)

    def answer_with(
        self, body: bytes = NOT_JSON, status: int = 200, times: int = 1, method: str | None = None
    ) -> None:
        """Let the next calls be answered with these bytes."""
        self._plan(Answer(status, body), method, times)

    def hang_up(self, times: int = 1, method: str | None = None) -> None:
        """Let the next calls lose their connection instead of being answered."""
        self._plan(None, method, times)

    def lose_answers(self, times: int = 1, method: str | None = None) -> None:
        """Let the next calls be done, and lose their connection before they are told so."""
        trouble = Trouble(None, method, is_done=True)
        self._site.do(lambda: self._troubles.plan(trouble, times))

    def wait_until(self, holds: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Wait for something that this server makes true; a TimeoutError says how it stands."""
        if not self._changes.wait_until(holds, timeout):
            state = f"pending {self.pending}, last error {self.last_error!r}"
            raise TimeoutError(f"not within {timeout} s: {state}, {len(self.messages)} messages")

    def wait_until_delivered(self, timeout: float = PATIENCE) -> None:
        """Wait until nothing is pending."""
        self.wait_until(lambda: not self.pending, timeout)

    def wait_for_messages(self, count: int = 1, timeout: float = PATIENCE) -> list[SentMessage]:
        """Wait until the bot has sent so many messages."""
        self.wait_until(lambda: len(self.messages) >= count, timeout)
        return self.messages

    def wait_for_calls(self, method: str, count: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until a method was called so many times."""
        self.wait_until(
            lambda: [call.method for call in self.calls].count(method) >= count, timeout
        )

    def _plan(self, answer: Answer | None, method: str | None, times: int) -> None:
        trouble = Trouble(answer, method)
        self._site.do(lambda: self._troubles.plan(trouble, times))
