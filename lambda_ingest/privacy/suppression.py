"""Forgotten people: the tombstones in the landing zone, and what they remove from an update.

A tombstone is an object whose key contains a keyed digest of a person's id, username or full name,
so that a listing is all that a reader needs, and the key (`TG_PRIVACY_KEY`) is needed to know whom
it is about. Standard library and obstore only: the Lambda uses it too.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote_plus

import obstore
from obstore.store import ObjectStore

from lambda_ingest.landing import finite_float, unwrap_rejected
from lambda_ingest.privacy.exported_messages import exported_in, is_own_export, redact_export
from lambda_ingest.privacy.personal_strings import forgets_id, id_of
from lambda_ingest.privacy.redaction import is_own, redact
from lambda_ingest.settings import Secret, SettingsError
from lambda_ingest.synthetic.updates import EXPORTED_MESSAGE

FORGOTTEN_PREFIX: Final = "privacy/forgotten"
"""The folder of the landing zone that holds the tombstones."""

KEY_ID_CHARACTERS: Final = 16
"""Hexadecimal digits that tell keys apart without revealing them."""

FINGERPRINT_CHARACTERS: Final = 16
"""Hexadecimal digits that tell sets of tombstones apart."""

_TOMBSTONE: Final = re.compile(
    rf"{FORGOTTEN_PREFIX}/(?P<key_id>[0-9a-f]{{{KEY_ID_CHARACTERS}}})/"
    r"(?P<digest>(?:user|username|name|poll)-[0-9a-f]{64})\.json"
)

MAX_KNOWN: Final = 100_000
"""Answers that are remembered, some 20 MB: people return, and a digest takes microseconds."""


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
    POLL = "poll"
    """The id of a poll that the person sent: updates about its votes repeat its texts, and name
    nobody."""


def key_id(key: Secret) -> str:
    """Return a short text that tells keys apart."""
    return key.digest("key id")[:KEY_ID_CHARACTERS]


def identity_digest(key: Secret, identity: Identity, value: str) -> str:
    """Return the keyed digest of an id, username or name, such as `user-<hexadecimal>`."""
    return f"{identity.value}-{key.digest(f'{identity.value}:{value}')}"


def tombstone_key(key: Secret, identity: Identity, value: str) -> str:
    """Return the object key of a tombstone."""
    return f"{FORGOTTEN_PREFIX}/{key_id(key)}/{identity_digest(key, identity, value)}.json"


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Who is forgotten."""

    key: Secret | None
    """None if no one is forgotten."""

    digests: frozenset[str]
    """The digests of `identity_digest`."""

    _known: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    _others: dict[Identity, set[bytes]] = field(
        default_factory=lambda: {each: set() for each in Identity}, repr=False, compare=False
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
        return bool(username) and self._forgets(Identity.USERNAME, username.lower())

    def forgets_name(self, name: str) -> bool:
        """Return whether a full name is that of a forgotten person."""
        return bool(name) and self._forgets(Identity.NAME, name)

    def forgets_poll(self, poll_id: str) -> bool:
        """Return whether the poll of an id was sent by a forgotten person."""
        return bool(poll_id) and self._forgets(Identity.POLL, poll_id)

    def forgets_any(self, identity: Identity, values: set[bytes]) -> bool:
        """Return whether any of many ASCII values is that of a forgotten person.

        Quick for values that were asked for before: most updates are about the same few people.
        """
        others = self._others[identity]
        for each in values - others:
            if self._is_forgotten(identity, each.decode("ascii")):
                return True
            if len(others) >= MAX_KNOWN:
                others.clear()
            others.add(each)
        return False

    def _forgets(self, identity: Identity, value: str) -> bool:
        asked = f"{identity.value}:{value}"
        known = self._known.get(asked)
        if known is None:
            known = self._is_forgotten(identity, value)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[asked] = known
        return known

    def _is_forgotten(self, identity: Identity, value: str) -> bool:
        return self.key is not None and identity_digest(self.key, identity, value) in self.digests


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

    None means that nothing of it may be kept: it is a forgotten person's own update, or it can't be
    read as an update and mentions one. What remains is the same if it is suppressed once more.
    """
    if not tombstones:
        return body
    try:
        update, has_exponents = _parse(body)
        if not has_exponents and not _may_mention(body, tombstones):
            return body
        redacted = _redact(update, tombstones)
    except (ValueError, RecursionError):
        return None if mentions_person(body, tombstones) else body
    if redacted is None:
        return None
    if redacted == update and not _has_repeated_names(body):
        return body
    return json.dumps(redacted, separators=(",", ":")).encode("ascii")


def _redact(update: dict[str, Any], tombstones: Tombstones) -> dict[str, Any] | None:
    """Return an update without forgotten people; None if it is that of one.

    Raises ValueError if it is nested too deeply.
    """
    if is_own(update, tombstones):
        return None
    message = exported_in(update)
    if message is None:
        return redact(update, tombstones)
    if is_own_export(message, tombstones):
        return None
    content = update[EXPORTED_MESSAGE]
    around = redact({**update, EXPORTED_MESSAGE: {**content, "message": None}}, tombstones)
    around[EXPORTED_MESSAGE]["message"] = redact_export(message, tombstones)
    return around


def _parse(body: bytes) -> tuple[dict[str, Any], bool]:
    """Parse an update; return whether a number has an exponent, too, which may hide an id.

    Raises ValueError or RecursionError.
    """
    has_exponents = False

    def parse_float(text: str) -> float:
        nonlocal has_exponents
        has_exponents |= "e" in text.lower()
        return finite_float(text)

    update = json.loads(body.decode(), parse_float=parse_float, parse_constant=_refuse_constant)
    if not isinstance(update, dict) or id_of(update.get("update_id")) is None:
        raise ValueError
    return update, has_exponents


def mentions_person(body: bytes, tombstones: Tombstones) -> bool:
    """Return whether bytes contain a forgotten person's id, username or full name.

    For bytes that can't be read as an update: any whole number may be an id there, any word a
    username, and any JSON string a full name. Escapes and the encodings of URLs and of UTF-16 are
    undone, and in an object of `rejected/` the original bytes are searched.
    """
    if not tombstones:
        return False
    return any(_mentions(text, tombstones) for text in _readings(unwrap_rejected(body)))


# A fast check, so that updates without a forgotten person are only parsed

_ONLY_DIGITS: Final = bytes(byte if byte in b"0123456789" else ord(" ") for byte in range(256))
"""A translation table; faster than a regular expression."""

_USERNAMES: Final = re.compile(
    rb'(?:@|"username"\s*:\s*"@?|domain=|\.(?:me|dog)/(?:s/)?)([a-z0-9_]++)'
)
_HOST: Final = b".t.me"
_HOSTS: Final = re.compile(rb"(?<![a-z0-9_])([a-z0-9_]++)\.t\.me")

_NAMED: Final = (b'user_name"', b'sender_name"', b'signature"', b'phone_number"', b'"question"')
"""Fields with a full name without an id, and those of a poll."""

_EXPORTED: Final = f'"{EXPORTED_MESSAGE}"'.encode()
"""Of an exported message: it has names without ids, and ids with a prefix."""

_ESCAPED_ASCII: Final = re.compile(rb"\\u00[2-7]")
_ESCAPES: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


def _may_mention(body: bytes, tombstones: Tombstones) -> bool:
    """Return False only if an update is certainly about no forgotten person; by its bytes alone."""
    if any(name in body for name in _NAMED) or _EXPORTED in body:
        return True
    if b"\\" in body:
        if _ESCAPED_ASCII.search(body):
            return True
        body = _ESCAPES.sub(b" ", body.replace(b"\\/", b"/"))
    numbers = set(body.translate(_ONLY_DIGITS).split())
    if any(each.startswith(b"0") for each in numbers):
        numbers = {each.lstrip(b"0") for each in numbers}
    if tombstones.forgets_any(Identity.USER, numbers):
        return True
    body = body.lower()
    names = _USERNAMES.findall(body) + (_HOSTS.findall(body) if _HOST in body else [])
    return tombstones.forgets_any(Identity.USERNAME, set(names))


def _has_repeated_names(body: bytes) -> bool:
    """Return whether an object has a name twice: only the last of them is parsed."""
    found = False

    def check(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found |= len({name for name, _ in pairs}) < len(pairs)

    json.loads(body, object_pairs_hook=check)
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


# Bytes that can't be read as an update

_DIGITS: Final = re.compile(r"[0-9]+")
_WORDS: Final = re.compile(r"[A-Za-z0-9_]+")
_STRINGS: Final = re.compile(r'"([^"\\]*)"')
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


def _mentions(text: str, tombstones: Tombstones) -> bool:
    numbers = set(_DIGITS.findall(text))
    return (
        any(forgets_id(digits, tombstones) for digits in numbers)
        or any(tombstones.forgets_poll(digits) for digits in numbers)
        or any(tombstones.forgets_username(word) for word in set(_WORDS.findall(text)))
        or any(tombstones.forgets_name(name.strip()) for name in set(_STRINGS.findall(text)))
    )


def _readings(body: bytes) -> Iterator[str]:
    """Yield what bytes may mean, as text."""
    encodings = ("utf-8", "utf-16-le", "utf-16-be", "utf-32") if b"\0" in body else ("utf-8",)
    for encoding in encodings:
        text = body.decode(encoding, "replace")
        for reading in {text, unquote_plus(text)}:
            yield reading
            if "\\" in reading:
                yield _unescape(reading)


def _unescape(text: str) -> str:
    """Return a text with its JSON escapes undone, also where it is not JSON as a whole."""
    units = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text.replace("\\/", "/"))
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
