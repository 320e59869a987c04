"""Forgotten people: the tombstones in the landing zone, and what they remove from an update.

A tombstone is an object whose key contains a keyed digest of a person's id, username or full name,
so that a listing is all that a reader needs, and the key (`TG_PRIVACY_KEY`) is needed to know whom
it is about. Standard library and obstore only: the Lambda uses it too.
"""

import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Any, Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.settings import Secret, SettingsError
from lambda_ingest.update_fields import choose_type, fields_of, kind_of, values_at

FORGOTTEN_PREFIX: Final = "privacy/forgotten"
"""The folder of the landing zone that holds the tombstones."""

KEY_ID_CHARACTERS: Final = 16
"""Hexadecimal digits that tell keys apart without revealing them."""

FINGERPRINT_CHARACTERS: Final = 16
"""Hexadecimal digits that tell sets of tombstones apart."""

_TOMBSTONE: Final = re.compile(
    rf"{FORGOTTEN_PREFIX}/(?P<key_id>[0-9a-f]{{{KEY_ID_CHARACTERS}}})/"
    r"(?P<digest>(?:user|username|name)-[0-9a-f]{64})\.json"
)

ERASED_USER: Final = {"id": 0, "is_bot": False, "first_name": ""}
"""What replaces a forgotten person inside an update of somebody else."""


class PrivacyKeyError(SettingsError):
    """The tombstones can't be read with the present TG_PRIVACY_KEY; says what to do."""


class Identity(Enum):
    """What a tombstone identifies a person by."""

    USER = "user"
    """The id of the user."""
    USERNAME = "username"
    """The username, in lower case and without @."""
    NAME = "name"
    """The full name, as Telegram shows it."""


def key_id(key: Secret) -> str:
    """Return a short text that tells keys apart."""
    return _hmac(key, "key id")[:KEY_ID_CHARACTERS]


def identity_digest(key: Secret, identity: Identity, value: str) -> str:
    """Return the keyed digest of an id, username or name, such as `user-<hexadecimal>`."""
    return f"{identity.value}-{_hmac(key, f'{identity.value}:{value}')}"


def tombstone_key(key: Secret, identity: Identity, value: str) -> str:
    """Return the object key of a tombstone."""
    return f"{FORGOTTEN_PREFIX}/{key_id(key)}/{identity_digest(key, identity, value)}.json"


def _hmac(key: Secret, text: str) -> str:
    return hmac.new(key.reveal().encode(), text.encode("utf-8", "replace"), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Who is forgotten."""

    key: Secret | None
    """None if no one is forgotten."""

    digests: frozenset[str]
    """The digests of `identity_digest`."""

    _known: dict[tuple[Identity, str], bool] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __bool__(self) -> bool:
        """Return whether anyone is forgotten."""
        return bool(self.digests)

    @property
    def fingerprint(self) -> str:
        """A text that changes whenever the tombstones do; empty without any."""
        if not self.digests:
            return ""
        return sha256("".join(sorted(self.digests)).encode()).hexdigest()[:FINGERPRINT_CHARACTERS]

    def forgets_user(self, user_id: int) -> bool:
        """Return whether the user of an id is forgotten."""
        return self._forgets(Identity.USER, str(user_id))

    def forgets_username(self, username: str) -> bool:
        """Return whether a username, without @, is that of a forgotten person."""
        return self._forgets(Identity.USERNAME, username.lower())

    def forgets_name(self, name: str) -> bool:
        """Return whether a full name is that of a forgotten person."""
        return self._forgets(Identity.NAME, name)

    def _forgets(self, identity: Identity, value: str) -> bool:
        if self.key is None or not self.digests:
            return False
        asked = (identity, value)
        if asked not in self._known:
            self._known[asked] = identity_digest(self.key, identity, value) in self.digests
        return self._known[asked]


NO_TOMBSTONES: Final = Tombstones(None, frozenset())


def read_tombstones(landing: ObjectStore, key: Secret | None) -> Tombstones:
    """Return the tombstones of a landing zone, by one listing.

    Raises PrivacyKeyError if there are tombstones of another key, or no key is set, and the store's
    errors.
    """
    pages = obstore.list(landing, FORGOTTEN_PREFIX)
    found = [
        match for page in pages for meta in page if (match := _TOMBSTONE.fullmatch(meta["path"]))
    ]
    if not found:
        return NO_TOMBSTONES
    if key is None:
        raise PrivacyKeyError(
            "People were forgotten in this landing zone, so TG_PRIVACY_KEY must be set to the key "
            "that was used then: without it their data would come back."
        )
    if {match["key_id"] for match in found} != {key_id(key)}:
        raise PrivacyKeyError(
            "TG_PRIVACY_KEY is not the key that people were forgotten with in this landing zone: "
            "set that one, or their data would come back."
        )
    return Tombstones(key, frozenset(match["digest"] for match in found))


def suppress(body: bytes, tombstones: Tombstones) -> bytes | None:
    """Return an update without forgotten people, the same bytes if there are none in it.

    None means that nothing of the update may be kept: it is a forgotten person's own.
    """
    if not tombstones:
        return body
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(update, dict):
        return body
    if _is_own(update, tombstones):
        return None
    redacted = _redact(update, tombstones)
    if redacted == update:
        return body
    return json.dumps(redacted, ensure_ascii=False, separators=(",", ":")).encode()


def _is_own(update: dict[str, Any], tombstones: Tombstones) -> bool:
    names = [name for name in update if name != "update_id"]
    update_type = choose_type(names, map(kind_of, map(update.get, names)))
    content = update.get(update_type) if update_type is not None else None
    if not isinstance(content, dict):
        return False
    fields = fields_of(update_type or "")
    people = values_at(content, (*fields.actor, *fields.chat))
    return any(tombstones.forgets_user(each) for each in _ids(people))


def _ids(objects: Iterator[Any]) -> Iterator[int]:
    for each in objects:
        identifier = each.get("id") if isinstance(each, dict) else each
        if isinstance(identifier, int):
            yield identifier


def _redact(value: Any, tombstones: Tombstones) -> Any:
    if isinstance(value, list):
        return [_redact(each, tombstones) for each in value]
    if not isinstance(value, dict):
        return value
    identifier = value.get("id")
    if isinstance(identifier, int) and tombstones.forgets_user(identifier):
        return ERASED_USER
    return {name: _redact(each, tombstones) for name, each in value.items()}
