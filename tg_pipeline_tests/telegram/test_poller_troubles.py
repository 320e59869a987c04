"""Whatever goes wrong, and however often: each update is stored, and confirmed after that."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import NoResponseError, ServerFailedError, TooManyRequestsError
from tg_pipeline.telegram.polling import GracefulShutdown, NotStoredError, Poller
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.telegram.poller_scene import Scene, fails, passes

ERRORS = [
    NoResponseError("It hung up."),
    ServerFailedError("It failed."),
    TooManyRequestsError("Slow down.", 3),
]
TROUBLES = st.just(passes) | st.sampled_from(ERRORS).map(fails)
FULL = st.just(passes) | st.just(fails(NotStoredError("No space left.")))


@given(
    pushes=st.lists(st.integers(0, 250), max_size=8),
    at_ask=st.lists(TROUBLES, max_size=12),
    at_answer=st.lists(TROUBLES, max_size=12),
    at_store=st.lists(FULL, max_size=12),
    garbled=st.sets(st.integers(2, 400)),
)
def test_nothing_is_lost_and_everything_is_confirmed(
    pushes: list[int],
    at_ask: list[Callable[[], object]],
    at_answer: list[Callable[[], object]],
    at_store: list[Callable[[], object]],
    garbled: set[int],
) -> None:
    # Given updates that come while calls, their answers and the store fail
    scene, ids = Scene(at_answer=at_answer, at_store=at_store), count(1)
    sent: list[bytes] = []

    def push(how_many: int) -> None:
        for update_id in [next(ids) for _ in range(how_many)]:
            scene.push(update_id)
            if update_id in garbled:
                scene.queue[update_id] = b'{"no id, but": %d}' % update_id
            sent.append(scene.queue[update_id])

    scene.at_ask = [lambda how_many=how_many: push(how_many) for how_many in [1, *pushes]]  # type: ignore[misc]
    scene.at_ask += at_ask

    # When it polls until a signal comes
    scene.poller.run()

    # Then all of them are on the shelf, and Telegram has nothing left to give
    assert set(scene.shelf) == set(sent)
    assert scene.queue == {}


@dataclass
class Impatient:
    """A bot's calls over HTTP, each with a trouble of its own, until nothing waits any more."""

    api: BotApiClient
    shutdown: GracefulShutdown
    troubles: list[Callable[[], object]] = field(default_factory=list)

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        if self.troubles:
            self.troubles.pop(0)()
        bodies = self.api.get_updates(offset=offset, limit=limit, seconds=0)
        if not bodies and seconds and not self.troubles:
            self.shutdown.request()
        return bodies


KINDS = ["none", "500", "502 with a page", "429", "a hang-up", "a page", "half an answer"]


def plan(telegram: TelegramServer, kind: str) -> Callable[[], object]:
    trouble: dict[str, Callable[[], object]] = {
        "none": passes,
        "500": lambda: telegram.fail(500),
        "502 with a page": lambda: telegram.answer_with(status=502),
        "429": lambda: telegram.flood(2),
        "a hang-up": telegram.hang_up,
        "a page": telegram.answer_with,
        "half an answer": lambda: telegram.answer_with(b'{"ok":true,"result":[{"update_id":500'),
    }
    return trouble[kind]


@settings(max_examples=20)
@given(
    kinds=st.lists(st.sampled_from(KINDS), max_size=10),
    full=st.lists(st.booleans(), max_size=8),
    how_many=st.integers(0, 250),
)
def test_every_update_lands_over_http_byte_for_byte(
    kinds: list[str], full: list[bool], how_many: int
) -> None:
    shelf: set[bytes] = set()
    slept: list[float] = []
    said: list[str] = []
    shutdown = GracefulShutdown()

    def store(bodies: list[bytes]) -> None:
        if full and full.pop():
            raise NotStoredError("No space left.")
        shelf.update(bodies)

    with TelegramServer() as telegram, BotApiClient(Secret(telegram.token), telegram.url) as api:
        for number in range(how_many):
            telegram.push(b'{ "update_id" :0, "message": {"text": "\\ud800 %d"} }' % number)
        source = Impatient(api, shutdown, [plan(telegram, kind) for kind in kinds])

        Poller(source, store, shutdown, slept.append, said.append).run()

        assert shelf == set(telegram.sent.values())
        assert telegram.pending == []
    assert slept.count(2) >= kinds.count("429")
