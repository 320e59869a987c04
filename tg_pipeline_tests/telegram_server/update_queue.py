"""The updates that wait for a bot, by id."""

from itertools import islice

from tg_pipeline_tests.telegram_server.changes import Changes
from tg_pipeline_tests.telegram_server.updates import Draft, Update

FAR_AHEAD = 10
"""An offset further ahead than this is from another numbering, and is not believed."""


class UpdateQueue:
    """Numbers updates in order, and keeps each until it is delivered."""

    def __init__(self, first_id: int, changes: Changes) -> None:
        self._next_id, self._changes = first_id, changes
        self._pending: dict[int, Update] = {}
        self.sent: dict[int, bytes] = {}

    @property
    def pending(self) -> list[int]:
        """Give the ids of what waits."""
        return list(self._pending)

    def __contains__(self, update: Update) -> bool:
        return update.update_id in self._pending

    def push(self, draft: Draft) -> Update:
        """Give an update the next id, and let it wait."""
        update = draft.numbered(self._next_id)
        self._next_id += 1
        self._pending[update.update_id] = update
        self.sent[update.update_id] = update.body
        return update

    def skip(self, ids: int) -> None:
        """Use up ids, as updates that nobody will see."""
        self._next_id += ids

    def first(self, limit: int | None = None) -> list[Update]:
        """Give what waits, oldest first."""
        return list(islice(self._pending.values(), limit))

    def confirm(self, offset: int) -> None:
        """Forget all below an offset, or, where it is negative, all but that many at the end."""
        if offset > self._next_id + FAR_AHEAD:
            return
        kept = set(self.pending[offset:]) if offset < 0 else range(offset, self._next_id)
        self._forget([update_id for update_id in self._pending if update_id not in kept])

    def forget(self, update: Update) -> None:
        """Forget an update that was delivered."""
        self._forget([update.update_id] if update in self else [])

    def clear(self) -> None:
        """Forget all that waits."""
        self._forget(self.pending)

    def _forget(self, update_ids: list[int]) -> None:
        for update_id in update_ids:
            del self._pending[update_id]
        self._changes.announce()
