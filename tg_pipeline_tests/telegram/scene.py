"""A poller between a queue of updates and a store, both in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tg_pipeline.telegram.polling import GracefulShutdown, Poller

Step = Callable[[], object]


def update(update_id: int) -> bytes:
    return b'{"update_id":%d}' % update_id


@dataclass
class Scene:
    """Telegram's pending updates, the stored ones, and steps to run during each call.

    The steps of a list run one per call; a long poll without updates requests a shutdown once the
    steps are used up.
    """

    shutdown: GracefulShutdown = field(default_factory=GracefulShutdown)
    pending: dict[int, bytes] = field(default_factory=dict)
    stored: list[bytes] = field(default_factory=list)
    on_request: list[Step] = field(default_factory=list)
    on_response: list[Step] = field(default_factory=list)
    on_store: list[Step] = field(default_factory=list)
    on_sleep: list[Step] = field(default_factory=list)
    calls: list[tuple[int | None, int, int]] = field(default_factory=list)
    """Offset, limit and seconds of each call."""

    slept: list[float] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def push(self, *update_ids: int) -> None:
        self.pending |= {each: update(each) for each in update_ids}

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        self.calls.append((offset, limit, seconds))
        run_next(self.on_request)
        if offset is not None and offset <= max(self.pending, default=0) + 1:
            for confirmed in [each for each in self.pending if each < offset]:
                assert self.pending.pop(confirmed) in self.stored, "confirmed, but not stored"
        run_next(self.on_response)
        if not self.pending and seconds and not self.on_request:
            self.shutdown.request()
        return [self.pending[each] for each in sorted(self.pending)][:limit]

    def store(self, updates: list[bytes]) -> None:
        run_next(self.on_store)
        self.stored += updates

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        run_next(self.on_sleep)

    @property
    def poller(self) -> Poller:
        return Poller(self, self.store, self.shutdown, self.sleep, self.logged.append)


def run_next(steps: list[Step]) -> None:
    if steps:
        steps.pop(0)()


def fails(error: Exception) -> Step:
    def fail() -> None:
        raise error

    return fail


def succeeds() -> None:
    """Do nothing."""
