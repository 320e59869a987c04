"""`LandingWriter`: store an update under its own key, once. `ChatFilter`: only of chosen chats."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.landing import (
    ChatMigration,
    LandedUpdate,
    RejectedBody,
    TrustLevel,
    classify,
    reason_only,
    reject_taken,
)
from lambda_ingest.privacy.forgotten_people import ForgottenPeople
from lambda_ingest.privacy.minimization import NO_MINIMIZATION, Minimization
from lambda_ingest.privacy.suppression import NO_TOMBSTONES, Tombstones, mentions_person, suppress
from lambda_ingest.settings import IngestSettings
from lambda_ingest.store import (
    REQUEST_TIMEOUT,
    StoreFactory,
    open_store,
    put_and_tag,
    put_if_absent,
    sweep,
)
from lambda_ingest.synthetic.gap_markers import GapReason, gap_marker_key
from lambda_ingest.synthetic.updates import is_synthetic
from lambda_ingest.taken_ids import Match, compare_by_listing, compare_by_reading, is_md5

CHATS_PREFIX: Final = "chats"
"""`chats/<new id>/successor-of-<old id>.json`: the key contains all the information, so that the
Lambda's role may list this prefix and needs no permission to read objects."""

_SUCCESSOR_OF: Final = "successor-of-"

STRANGERS_EXPIRY: Final = timedelta(minutes=1)
"""How long a chat that is not kept is remembered. Until then, a migration that another process
recorded is not noticed; in batch mode a queue delivers the update again later than that."""

MAX_STRANGERS: Final = 10_000
"""Chats that are remembered as not kept: about 1 MB."""

MAX_PUTS: Final = 3
"""How often an update is put whose key is taken by an object that is then gone."""

MAX_MIGRATIONS: Final = 8
"""How many former ids of a chat are followed. A group becomes a supergroup only once."""


class WriteStatus(Enum):
    """The result of writing a body."""

    LANDED = "landed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    FILTERED = "filtered"
    SUPPRESSED = "suppressed"
    """It is that of a forgotten person, or bytes that mention one."""

    @property
    def is_stored(self) -> bool:
        """Whether anything of the body is stored."""
        return self is not WriteStatus.FILTERED and self is not WriteStatus.SUPPRESSED


@dataclass(frozen=True, slots=True)
class WriteResult:
    """A handled body; it is durable if its status says that it is stored."""

    parsed: LandedUpdate | RejectedBody
    """Its `body` is what is stored: without forgotten people, and minimized."""

    status: WriteStatus
    new_migration: ChatMigration | None = None
    """A chat's new id, if this update was the first to report it."""

    privacy_warning: str = ""
    """Why forgotten people are not left out as they should be, in one of many results."""


@dataclass(frozen=True, slots=True)
class LandingWriter:
    """Writes bodies to a landing zone."""

    landing: ObjectStore
    bot_id: int
    zone: tzinfo
    trust: TrustLevel
    chats: "ChatFilter | None" = None
    """If None, all chats are stored."""

    people: ForgottenPeople | None = None
    """If None, no one is left out."""

    minimization: Minimization = NO_MINIMIZATION

    can_read: bool = True
    """Whether the process may read objects; the Lambda may not."""

    _md5_e_tags: set[bool] = field(default_factory=set, repr=False, compare=False)
    """Whether the store's e-tags are MD5 digests, as soon as that is known."""

    _gap_markers: set[str] = field(default_factory=set, repr=False, compare=False)
    """The keys of those that this process has put. Two a day at most, so they are kept."""

    def write(self, body: bytes, arrived_at: datetime) -> WriteResult:
        """Put a body under its own key; `arrived_at` must be aware. Raises the store's errors.

        Updates of other chats than those of the filter are not stored. An update without a chat is
        stored: it may belong to a chosen chat. Updates of forgotten people are not stored.
        """
        result = self.classify(body, arrived_at)
        if not result.status.is_stored:
            return result
        parsed = result.parsed
        for _ in range(MAX_PUTS):
            is_new = put_if_absent(self.landing, parsed.key, parsed.body, arrived_at)
            if is_new or not isinstance(parsed, LandedUpdate):
                return result
            match = self._compare(parsed)
            if match is not Match.GONE:
                return self._resolve(result, parsed, match, arrived_at)
        raise FileNotFoundError(f"{parsed.key} exists, but is not found.")

    def _compare(self, update: LandedUpdate) -> Match:
        """Compare an update with the object that is stored under its key."""
        key, body, match = update.key, update.body, Match.UNKNOWN
        if self.can_read:
            match = compare_by_reading(self.landing, key, body, self._reduce)
        return compare_by_listing(self.landing, key, body) if match is Match.UNKNOWN else match

    def _reduce(self, body: bytes) -> bytes | None:
        kept = suppress(body, self._people())
        return None if kept is None else self.minimization.apply(kept)

    def _resolve(
        self, result: WriteResult, update: LandedUpdate, match: Match, arrived_at: datetime
    ) -> WriteResult:
        """Return the result of an update whose key is taken; put it elsewhere if it is another."""
        duplicate = replace(result, status=WriteStatus.DUPLICATE)
        is_digest_known = False in self._md5_e_tags and match is Match.PERHAPS_DIFFERENT
        if match in {Match.SAME, Match.UNKNOWN} or is_digest_known:
            return duplicate
        rejected = reject_taken(update, self.bot_id)
        e_tag = put_and_tag(self.landing, rejected.key, rejected.body, arrived_at)
        if match is Match.PERHAPS_DIFFERENT and e_tag is not None:
            # The e-tag of what was just put tells what the e-tags of this store are.
            self._md5_e_tags.add(is_md5(e_tag, rejected.body))
            if False in self._md5_e_tags:
                return duplicate
        return replace(result, parsed=rejected, status=WriteStatus.REJECTED)

    def classify(self, body: bytes, arrived_at: datetime) -> WriteResult:
        """Return what `write` would return for a new body.

        Only the change of a chat's id and the marker of a gap are stored.
        """
        parsed = classify(
            body, bot_id=self.bot_id, arrived_at=arrived_at, zone=self.zone, trust=self.trust
        )
        people = self._people()
        warning = self.people.take_warning() if self.people else ""
        if isinstance(parsed, RejectedBody):
            result = self._classify_rejected(parsed, body, people)
        else:
            result = self._classify_update(parsed, people)
        is_update = isinstance(parsed, RejectedBody) or not is_synthetic(parsed.update_id)
        if is_update and not result.status.is_stored:
            self._mark_gap(parsed.day, GapReason(result.status.value))
        return replace(result, privacy_warning=warning) if warning else result

    def write_call(self, line: bytes, called_at: datetime) -> WriteResult:
        """Put the line of a bot's call, unless one with its id is stored; raises as `write` does.

        It may then have other bytes: the first reply to an update counts.
        """
        result = replace(self, trust=TrustLevel.PROXY).classify(line, called_at)
        if not result.status.is_stored:
            return result
        is_new = put_if_absent(self.landing, result.parsed.key, result.parsed.body, called_at)
        return result if is_new else replace(result, status=WriteStatus.DUPLICATE)

    def _people(self) -> Tombstones:
        return self.people.current() if self.people else NO_TOMBSTONES

    def _mark_gap(self, day: date, reason: GapReason) -> None:
        """Put the marker of a gap in the update ids of a day, unless this process has put it."""
        key = gap_marker_key(day, self.bot_id, reason)
        if key not in self._gap_markers:
            put_if_absent(self.landing, key, b"")
            self._gap_markers.add(key)

    def _classify_rejected(
        self, rejected: RejectedBody, body: bytes, people: Tombstones
    ) -> WriteResult:
        if mentions_person(body, people):
            return WriteResult(replace(rejected, body=b""), WriteStatus.SUPPRESSED)
        # What can't be read can't be minimized.
        parsed = reason_only(rejected) if self.minimization else rejected
        return WriteResult(parsed, WriteStatus.REJECTED)

    def _classify_update(self, update: LandedUpdate, people: Tombstones) -> WriteResult:
        migration = None
        if self.chats is not None:
            is_new = update.migration is not None and self.chats.record(update.migration)
            migration = update.migration if is_new else None
            if update.chat_id is not None and not self.chats.keeps(update.chat_id):
                return WriteResult(update, WriteStatus.FILTERED, migration)
        kept = suppress(update.body, people)
        if kept is None:
            return WriteResult(replace(update, body=b""), WriteStatus.SUPPRESSED, migration)
        body = self.minimization.apply(kept)
        stored = update if body is update.body else replace(update, body=body)
        return WriteResult(stored, WriteStatus.LANDED, migration)


def open_writer(
    settings: IngestSettings,
    now: Callable[[], datetime],
    open_landing: StoreFactory = open_store,
) -> LandingWriter:
    """Open a writer for updates from the network, and remove what a killed one left.

    Raises SettingsError if the bot is unknown, and StoreError.
    """
    settings.check_bot_id()
    landing = open_landing(settings.landing_uri, REQUEST_TIMEOUT)
    sweep(landing, now)
    return LandingWriter(
        landing=landing,
        bot_id=settings.bot_id,
        zone=settings.zone,
        trust=TrustLevel.NETWORK,
        chats=ChatFilter(landing, settings.chat_ids, now) if settings.chat_ids else None,
        people=ForgottenPeople(landing, settings.privacy_key, now),
        minimization=settings.minimization,
    )


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """The chats to store, including their later ids, which it keeps in the landing zone."""

    landing: ObjectStore
    chat_ids: frozenset[int]
    """The chats that the operator chose."""

    now: Callable[[], datetime]
    """Returns the current time, time zone aware."""

    _known: set[int] = field(default_factory=set)
    """Later ids found so far. They never expire, so they can be cached."""

    _strangers: dict[int, datetime] = field(default_factory=dict)
    """Chats that are not kept, with the time until which they are not looked up again."""

    def keeps(self, chat_id: int) -> bool:
        """Return whether a chat is chosen, under this id or a former one.

        Lists the store for an unknown chat; raises the store's errors.
        """
        if self._is_known(chat_id):
            return True
        now = self.now()
        expiry = self._strangers.get(chat_id)
        if expiry and now < expiry:
            return False
        if self._descends(chat_id, MAX_MIGRATIONS):
            return True
        if len(self._strangers) >= MAX_STRANGERS:
            self._strangers.clear()
        self._strangers[chat_id] = now + STRANGERS_EXPIRY
        return False

    def _is_known(self, chat_id: int) -> bool:
        return chat_id in self.chat_ids or chat_id in self._known

    def _descends(self, chat_id: int, depth: int) -> bool:
        """Return whether a former id of a chat is known, or one of its former ids."""
        for old in former_ids(self.landing, chat_id):
            if self._is_known(old) or (depth > 1 and self._descends(old, depth - 1)):
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
