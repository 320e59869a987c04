"""A poller between a queue and a shelf, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tg_pipeline.telegram.polling import GracefulShutdown, Poller

Ask = tuple[int | None, int, int]


def update(update_id: int) -> bytes:
    return b'{"update_id":%d}' % update_id


@dataclass
class Scene:
    """A queue at Telegram, a shelf to store on, and what happens at each ask and each put."""

    shutdown: GracefulShutdown = field(default_factory=GracefulShutdown)
    queue: dict[int, bytes] = field(default_factory=dict)
    shelf: list[bytes] = field(default_factory=list)
    at_ask: list[Callable[[], object]] = field(default_factory=list)
    at_answer: list[Callable[[], object]] = field(default_factory=list)
    at_store: list[Callable[[], object]] = field(default_factory=list)
    at_sleep: list[Callable[[], object]] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def push(self, *update_ids: int) -> None:
        self.queue |= {each: update(each) for each in update_ids}

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        self.asks.append((offset, limit, seconds))
        happen(self.at_ask)
        if offset is not None and offset <= max(self.queue, default=0) + 1:
            for confirmed in [each for each in self.queue if each < offset]:
                assert self.queue.pop(confirmed) in self.shelf, "confirmed, but not stored"
        happen(self.at_answer)
        if not self.queue and seconds and not self.at_ask:
            self.shutdown.request()  # a signal, in a wait that would last
        return [self.queue[each] for each in sorted(self.queue)][:limit]

    def store(self, bodies: list[bytes]) -> None:
        happen(self.at_store)
        self.shelf += bodies

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        happen(self.at_sleep)

    @property
    def poller(self) -> Poller:
        return Poller(self, self.store, self.shutdown, self.sleep, self.said.append)


def happen(ahead: list[Callable[[], object]]) -> None:
    if ahead:
        ahead.pop(0)()


def fails(error: Exception) -> Callable[[], object]:
    """Let something go wrong."""

    def fail() -> None:
        raise error

    return fail


def passes() -> None:
    """Let it go well."""
