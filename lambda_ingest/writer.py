"""`LandingWriter`: store an update under its own key, once. `ChatFilter`: only of chosen chats."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum
from typing import Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.landing import ChatMigration, LandedUpdate, RejectedBody, TrustLevel, classify
from lambda_ingest.settings import IngestSettings
from lambda_ingest.store import REQUEST_TIMEOUT, StoreFactory, open_store, put_if_absent

CHATS_PREFIX: Final = "chats"
"""`chats/<new id>/successor-of-<old id>.json`: the key contains all the information, so that the
Lambda's role may list this prefix and needs no permission to read objects."""

_SUCCESSOR_OF: Final = "successor-of-"

MAX_MIGRATIONS: Final = 8
"""How many former ids of a chat are followed. A group becomes a supergroup only once."""


class WriteStatus(Enum):
    """The result of writing a body."""

    LANDED = "landed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """A handled body; it is durable unless it was filtered."""

    parsed: LandedUpdate | RejectedBody
    status: WriteStatus
    new_migration: ChatMigration | None = None
    """A chat's new id, if this update was the first to report it."""


@dataclass(frozen=True, slots=True)
class LandingWriter:
    """Writes bodies to a landing zone."""

    landing: ObjectStore
    bot_id: int
    zone: tzinfo
    trust: TrustLevel
    chats: "ChatFilter | None" = None
    """If None, all chats are stored."""

    def write(self, body: bytes, arrived_at: datetime) -> WriteResult:
        """Put a body under its own key; `arrived_at` must be aware. Raises the store's errors.

        Updates of other chats than those of the filter are not stored. An update without a chat is
        stored: it may belong to a chosen chat.
        """
        result = self.classify(body, arrived_at)
        if result.status is WriteStatus.FILTERED:
            return result
        is_new = put_if_absent(self.landing, result.parsed.key, result.parsed.body, arrived_at)
        if is_new or result.status is WriteStatus.REJECTED:
            return result
        return WriteResult(result.parsed, WriteStatus.DUPLICATE, result.new_migration)

    def classify(self, body: bytes, arrived_at: datetime) -> WriteResult:
        """Return what `write` would return for a new body. Only chat migrations are stored."""
        parsed = classify(
            body, bot_id=self.bot_id, arrived_at=arrived_at, zone=self.zone, trust=self.trust
        )
        if isinstance(parsed, RejectedBody):
            return WriteResult(parsed, WriteStatus.REJECTED)
        if self.chats is None:
            return WriteResult(parsed, WriteStatus.LANDED)
        is_new = parsed.migration is not None and self.chats.record(parsed.migration)
        keeps = parsed.chat_id is None or self.chats.keeps(parsed.chat_id)
        status = WriteStatus.LANDED if keeps else WriteStatus.FILTERED
        return WriteResult(parsed, status, parsed.migration if is_new else None)


def open_writer(settings: IngestSettings, open_landing: StoreFactory = open_store) -> LandingWriter:
    """Open a writer for updates from the network; raises StoreError."""
    landing = open_landing(settings.landing_uri, REQUEST_TIMEOUT)
    return LandingWriter(
        landing=landing,
        bot_id=settings.bot_id,
        zone=settings.zone,
        trust=TrustLevel.NETWORK,
        chats=ChatFilter(landing, settings.chat_ids) if settings.chat_ids else None,
    )


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """The chats to store, including their later ids, which it keeps in the landing zone."""

    landing: ObjectStore
    chat_ids: frozenset[int]
    """The chats that the operator chose."""

    _known: set[int] = field(default_factory=set)
    """Later ids found so far. They never expire, so they can be cached."""

    def keeps(self, chat_id: int, depth: int = MAX_MIGRATIONS) -> bool:
        """Return whether a chat is chosen, under this id or a former one.

        Lists the store for an unknown chat; raises the store's errors.
        """
        if chat_id in self.chat_ids or chat_id in self._known:
            return True
        if depth and any(self.keeps(old, depth - 1) for old in former_ids(self.landing, chat_id)):
            self._known.add(chat_id)
            return True
        return False

    def record(self, migration: ChatMigration) -> bool:
        """Store the new id of a chosen chat; return whether it was unknown."""
        if self.keeps(migration.new) or not self.keeps(migration.old):
            return False
        put_if_absent(self.landing, _migration_key(migration), b"{}")
        self._known.add(migration.new)
        return True


def former_ids(landing: ObjectStore, chat_id: int) -> list[int]:
    """Return the stored former ids of a chat."""
    listing = obstore.list(landing, f"{CHATS_PREFIX}/{chat_id}").collect()
    return [each.old for meta in listing if (each := _parse_migration_key(meta["path"]))]


def list_migrations(landing: ObjectStore) -> list[ChatMigration]:
    """Return all stored migrations, ordered by the old ids."""
    listing = obstore.list(landing, CHATS_PREFIX).collect()
    found = (_parse_migration_key(meta["path"]) for meta in listing)
    return sorted((each for each in found if each), key=lambda each: (each.old, each.new))


def _migration_key(migration: ChatMigration) -> str:
    return f"{CHATS_PREFIX}/{migration.new}/{_SUCCESSOR_OF}{migration.old}.json"


def _parse_migration_key(key: str) -> ChatMigration | None:
    """Parse an object key; None for an object of another origin."""
    folder, _, name = key.rpartition("/")
    old = name.removeprefix(_SUCCESSOR_OF).removesuffix(".json")
    try:
        migration = ChatMigration(old=int(old), new=int(folder.rpartition("/")[2]))
    except ValueError:
        return None
    return migration if _migration_key(migration) == key else None
