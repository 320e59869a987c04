"""`LandingWriter` (put if absent) and `ChatFilter`."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum
from typing import Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.landing import ChatMigration, LandedUpdate, RejectedBody, TrustLevel, land
from lambda_ingest.settings import IngestSettings
from lambda_ingest.store import REQUEST_TIMEOUT, StoreFactory, open_store, put_if_absent

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

    def learn(self, migration: ChatMigration) -> bool:
        """Keep the successor of a chat that is kept; say whether that is news."""
        if self.keeps(migration.new) or not self.keeps(migration.old):
            return False
        put_if_absent(self.landing, _key(migration), b"{}")
        self._known.add(migration.new)
        return True


def predecessors(landing: ObjectStore, chat_id: int) -> list[int]:
    """Give the ids that a chat had before, as a door has stored them."""
    listing = obstore.list(landing, f"{CHATS_PREFIX}/{chat_id}").collect()
    return [each.old for meta in listing if (each := _read(meta["path"])) is not None]


def successions(landing: ObjectStore) -> list[ChatMigration]:
    """Give all migrations that doors have stored, in the order of the old ids."""
    listing = obstore.list(landing, CHATS_PREFIX).collect()
    found = (_read(meta["path"]) for meta in listing)
    return sorted((each for each in found if each), key=lambda each: (each.old, each.new))


def _key(migration: ChatMigration) -> str:
    return f"{CHATS_PREFIX}/{migration.new}/{_SUCCESSOR_OF}{migration.old}.json"


def _read(path: str) -> ChatMigration | None:
    """Read a name that a door gave, None where somebody else gave it."""
    folder, _, name = path.rpartition("/")
    old = name.removeprefix(_SUCCESSOR_OF).removesuffix(".json")
    try:
        migration = ChatMigration(old=int(old), new=int(folder.rpartition("/")[2]))
    except ValueError:
        return None
    return migration if _key(migration) == path else None


class WriteStatus(Enum):
    """What became of a body."""

    LANDED = "landed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """A body that a door took; it is durable unless it was filtered."""

    what: LandedUpdate | RejectedBody
    fate: WriteStatus
    succession: ChatMigration | None = None
    """A chat's new id, where the door has just learnt it."""


@dataclass(frozen=True, slots=True)
class LandingWriter:
    """What a door knows of all that comes through it."""

    landing: ObjectStore
    bot_id: int
    zone: tzinfo
    sender: TrustLevel
    chats: ChatFilter | None = None
    """None keeps all chats."""

    def take(self, body: bytes, arrived_at: datetime) -> WriteResult:
        """Put a body under its own key; `arrived_at` must be aware. Raises what the store raises.

        An update of a chat that is not kept is not stored. One that names no chat is: it can't
        be told from one that belongs to a kept chat.
        """
        named = self.name(body, arrived_at)
        if named.fate is WriteStatus.FILTERED:
            return named
        is_new = put_if_absent(self.landing, named.what.key, named.what.body)
        if is_new or named.fate is WriteStatus.REJECTED:
            return named
        return WriteResult(named.what, WriteStatus.DUPLICATE, named.succession)

    def name(self, body: bytes, arrived_at: datetime) -> WriteResult:
        """Tell what a body is and where it belongs, as if it were new; put only what is learnt."""
        what = land(
            body, bot_id=self.bot_id, arrived_at=arrived_at, zone=self.zone, sender=self.sender
        )
        if isinstance(what, RejectedBody):
            return WriteResult(what, WriteStatus.REJECTED)
        if self.chats is None:
            return WriteResult(what, WriteStatus.LANDED)
        succession = what.migration if what.migration and self.chats.learn(what.migration) else None
        kept = what.chat_id is None or self.chats.keeps(what.chat_id)
        return WriteResult(what, WriteStatus.LANDED if kept else WriteStatus.FILTERED, succession)


def open_writer(settings: IngestSettings, open_landing: StoreFactory = open_store) -> LandingWriter:
    """Open the door that updates from the network come through; raises StoreError."""
    landing = open_landing(settings.landing_uri, REQUEST_TIMEOUT)
    return LandingWriter(
        landing=landing,
        bot_id=settings.bot_id,
        zone=settings.zone,
        sender=TrustLevel.NETWORK,
        chats=ChatFilter(landing, settings.chat_ids) if settings.chat_ids else None,
    )
