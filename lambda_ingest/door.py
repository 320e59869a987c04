"""What happens to a body that came in: named, filtered, and put where nothing is yet."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum

from obstore.store import ObjectStore

from lambda_ingest.chat_filter import ChatFilter
from lambda_ingest.chats import Migration
from lambda_ingest.landing import Landed, Rejected, Sender, land
from lambda_ingest.settings import DoorSettings
from lambda_ingest.store import HURRIED, Opener, open_store, put_new


class Fate(Enum):
    """What became of a body."""

    LANDED = "landed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Taken:
    """A body that a door took; it is durable unless it was filtered."""

    what: Landed | Rejected
    fate: Fate
    succession: Migration | None = None
    """A chat's new id, where the door has just learnt it."""


@dataclass(frozen=True, slots=True)
class Door:
    """What a door knows of all that comes through it."""

    landing: ObjectStore
    bot_id: int
    zone: tzinfo
    sender: Sender
    chats: ChatFilter | None = None
    """None keeps all chats."""

    def take(self, body: bytes, arrived_at: datetime) -> Taken:
        """Put a body under its own key; `arrived_at` must be aware. Raises what the store raises.

        An update of a chat that is not kept is not stored. One that names no chat is: it can't
        be told from one that belongs to a kept chat.
        """
        named = self.name(body, arrived_at)
        if named.fate is Fate.FILTERED:
            return named
        is_new = put_new(self.landing, named.what.key, named.what.body)
        if is_new or named.fate is Fate.REJECTED:
            return named
        return Taken(named.what, Fate.DUPLICATE, named.succession)

    def name(self, body: bytes, arrived_at: datetime) -> Taken:
        """Tell what a body is and where it belongs, as if it were new; put only what is learnt."""
        what = land(
            body, bot_id=self.bot_id, arrived_at=arrived_at, zone=self.zone, sender=self.sender
        )
        if isinstance(what, Rejected):
            return Taken(what, Fate.REJECTED)
        if self.chats is None:
            return Taken(what, Fate.LANDED)
        succession = what.migration if what.migration and self.chats.learn(what.migration) else None
        kept = what.chat_id is None or self.chats.keeps(what.chat_id)
        return Taken(what, Fate.LANDED if kept else Fate.FILTERED, succession)


def open_door(settings: DoorSettings, open_landing: Opener = open_store) -> Door:
    """Open the door that updates from the network come through; raises StoreError."""
    landing = open_landing(settings.landing_uri, HURRIED)
    return Door(
        landing=landing,
        bot_id=settings.bot_id,
        zone=settings.zone,
        sender=Sender.NETWORK,
        chats=ChatFilter(landing, settings.chat_ids) if settings.chat_ids else None,
    )
