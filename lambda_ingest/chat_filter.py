"""The chats to keep, and those that a kept chat became."""

from dataclasses import dataclass, field
from typing import Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.chats import Migration
from lambda_ingest.store import put_new

CHATS_PREFIX: Final = "chats"
"""`chats/<new id>/successor-of-<old id>.json`: the name says all, so that a door needs to list
this prefix and never to read an object."""

_SUCCESSOR_OF: Final = "successor-of-"

MAX_MIGRATIONS: Final = 8
"""How many ids back a chat is followed: a group becomes a supergroup once, and stays one."""


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """Tells which chats are kept. What it learns it stores, since a container forgets."""

    landing: ObjectStore
    chat_ids: frozenset[int]
    """The chats that the operator named."""

    _known: set[int] = field(default_factory=set)
    """Successors found so far: a chat that was kept once stays kept."""

    def keeps(self, chat_id: int, depth: int = MAX_MIGRATIONS) -> bool:
        """Tell whether a chat, or one that it was before, is among the chats to keep.

        Asks the store about a chat that it does not know; raises what the store raises.
        """
        if chat_id in self.chat_ids or chat_id in self._known:
            return True
        if depth and any(self.keeps(old, depth - 1) for old in predecessors(self.landing, chat_id)):
            self._known.add(chat_id)
            return True
        return False

    def learn(self, migration: Migration) -> bool:
        """Keep the successor of a chat that is kept; say whether that is news."""
        if self.keeps(migration.new) or not self.keeps(migration.old):
            return False
        put_new(self.landing, _key(migration), b"{}")
        self._known.add(migration.new)
        return True


def predecessors(landing: ObjectStore, chat_id: int) -> list[int]:
    """Give the ids that a chat had before, as a door has stored them."""
    listing = obstore.list(landing, f"{CHATS_PREFIX}/{chat_id}").collect()
    return [each.old for meta in listing if (each := _read(meta["path"])) is not None]


def successions(landing: ObjectStore) -> list[Migration]:
    """Give all migrations that doors have stored, in the order of the old ids."""
    listing = obstore.list(landing, CHATS_PREFIX).collect()
    found = (_read(meta["path"]) for meta in listing)
    return sorted((each for each in found if each), key=lambda each: (each.old, each.new))


def _key(migration: Migration) -> str:
    return f"{CHATS_PREFIX}/{migration.new}/{_SUCCESSOR_OF}{migration.old}.json"


def _read(path: str) -> Migration | None:
    """Read a name that a door gave, None where somebody else gave it."""
    folder, _, name = path.rpartition("/")
    old = name.removeprefix(_SUCCESSOR_OF).removesuffix(".json")
    try:
        migration = Migration(old=int(old), new=int(folder.rpartition("/")[2]))
    except ValueError:
        return None
    return migration if _key(migration) == path else None
