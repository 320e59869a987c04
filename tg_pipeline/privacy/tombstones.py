"""The tombstones of people: written, completed, listed and lifted; and the key of them.

A person has a tombstone for the id, and one for each username, full name and poll. The one of the
id lists the digests of the others, so that all of them can be found again from the id and the key.
"""

import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import obstore
from dotenv import dotenv_values
from filelock import FileLock
from obstore.store import ObjectStore

from lambda_ingest.local_disk import sync
from lambda_ingest.privacy.suppression import (
    FORGOTTEN_PREFIX,
    Identity,
    Tombstones,
    identity_digest,
    key_id,
    tombstone_key,
)
from lambda_ingest.settings import Secret
from lambda_ingest.store import local_folder, put_if_absent
from tg_pipeline.exceptions import CommandError
from tg_pipeline.privacy.people import DataSubject
from tg_pipeline.settings import Settings
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages, retry
from tg_pipeline.temp_folders import temp_dir

KEY_NAME: Final = "TG_PRIVACY_KEY"

KEY_LOCK: Final = "tg_pipeline-env.lock"
"""In the system's temporary folder."""

KEY_BYTES: Final = 32
"""As many as the HMAC's hash has: more would add nothing."""

SHOWN_DIGITS: Final = 12
"""Hexadecimal digits of a digest that tell people apart in a list."""

_USER: Final = re.compile(rf"{FORGOTTEN_PREFIX}/[0-9a-f]+/(user-[0-9a-f]{{64}})\.json")


class Tombstone(msgspec.Struct, frozen=True):
    """The content of a tombstone."""

    forgotten_at: datetime | None = None
    """Aware, in UTC."""
    completed_at: datetime | None = None
    """When a search found nothing left; None while that is not the case."""
    others: tuple[str, ...] = ()
    """Digests of the person's usernames, names and polls; only in the tombstone of an id."""


@dataclass(frozen=True, slots=True)
class ForgottenPerson:
    """A person of `forget list`: there is no way back from the digest to the id."""

    digest: str
    tombstone: Tombstone


def digests_of(key: Secret, subject: DataSubject) -> frozenset[str]:
    """Return the digests that a person is forgotten by.

    A username or name of another person as well is left out: it would take that person's mentions.
    """
    return frozenset(
        {
            identity_digest(key, Identity.USER, str(subject.user_id)),
            *(identity_digest(key, Identity.USERNAME, each) for each in subject.usernames),
            *(identity_digest(key, Identity.NAME, each) for each in subject.names),
            *(identity_digest(key, Identity.POLL, each) for each in subject.polls),
        }
    )


def tombstones_of(key: Secret, subject: DataSubject, earlier: Tombstone | None) -> Tombstones:
    """Return the tombstones of one person, with those of an `earlier` attempt to forget them."""
    known = earlier.others if earlier else ()
    return Tombstones(key, digests_of(key, subject) | frozenset(known))


def read_tombstone(landing: ObjectStore, key: Secret, user_id: int) -> Tombstone | None:
    """Return the tombstone of an id, None if there is none; raises StoreError."""
    return _read(landing, tombstone_key(key, Identity.USER, str(user_id)))


def write_tombstones(
    landing: ObjectStore, key: Secret, user_id: int, digests: frozenset[str], now: datetime
) -> Tombstone:
    """Write the tombstones that are missing; return that of the id. Raises StoreError.

    That of the id is written last: it lists the others, so that each of them can be lifted.
    """
    user_key = tombstone_key(key, Identity.USER, str(user_id))
    user = identity_digest(key, Identity.USER, str(user_id))
    earlier = _read(landing, user_key)
    others = digests - {user} | set(earlier.others if earlier else ())
    content = Tombstone(earlier.forgotten_at if earlier else now, None, tuple(sorted(others)))
    with translate_errors(landing):
        # First without the others, so that a new update is dropped from now on.
        body = msgspec.json.encode(Tombstone(now))
        retry(lambda: put_if_absent(landing, user_key, body))
        for digest in sorted(others):
            _put_if_absent(landing, f"{FORGOTTEN_PREFIX}/{key_id(key)}/{digest}.json", body)
        if earlier is None or earlier.others != content.others:
            _put(landing, user_key, content)
    return content


def complete(landing: ObjectStore, key: Secret, user_id: int, at: datetime | None) -> None:
    """Record in the tombstone of an id when nothing was left, None if something is.

    Raises StoreError.
    """
    user_key = tombstone_key(key, Identity.USER, str(user_id))
    found = _read(landing, user_key)
    if found and found.completed_at != at:
        _put(landing, user_key, msgspec.structs.replace(found, completed_at=at))


def forgotten_people(landing: ObjectStore) -> list[ForgottenPerson]:
    """Return everybody who is forgotten, in the order in which it happened; raises StoreError."""
    found = [
        ForgottenPerson(match[1], _read(landing, match[0]) or Tombstone())
        for key in _keys(landing)
        if (match := _USER.fullmatch(key))
    ]
    return sorted(found, key=lambda each: (str(each.tombstone.forgotten_at), each.digest))


def lift(landing: ObjectStore, key: Secret, user_id: int) -> int:
    """Delete the tombstones of a person; return how many there were. Raises StoreError.

    A username or name that another forgotten person has as well keeps its tombstone. That of the id
    is deleted last, since it lists the others.
    """
    user = identity_digest(key, Identity.USER, str(user_id))
    people = {each.digest: each.tombstone for each in forgotten_people(landing)}
    if user not in people:
        return 0
    needed = {digest for name, each in people.items() if name != user for digest in each.others}
    digests = [*sorted(set(people[user].others) - needed), user]
    with translate_errors(landing):
        for digest in digests:
            _delete(landing, f"{FORGOTTEN_PREFIX}/{key_id(key)}/{digest}.json")
    return len(digests)


def _keys(landing: ObjectStore) -> Iterator[str]:
    for page in list_pages(landing, FORGOTTEN_PREFIX):
        yield from (meta["path"] for meta in page)


def _read(landing: ObjectStore, key: str) -> Tombstone | None:
    try:
        with translate_errors(landing):
            body = bytes(retry(lambda: obstore.get(landing, key).bytes()))
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(body, type=Tombstone)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Tombstone()


def _put_if_absent(landing: ObjectStore, key: str, body: bytes) -> None:
    retry(lambda: put_if_absent(landing, key, body))


def _put(landing: ObjectStore, key: str, content: Tombstone) -> None:
    with translate_errors(landing):
        retry(lambda: obstore.put(landing, key, msgspec.json.encode(content)))


def _delete(landing: ObjectStore, key: str) -> None:
    try:
        retry(lambda: obstore.delete(landing, key))
    except FileNotFoundError:
        return


def generate_key(settings: Settings, home: Path) -> Secret:
    """Generate a key, and append it to `.env` in the home folder; raises CommandError.

    It is refused for a bucket: several machines write to one, and all of them need the same key.
    """
    if local_folder(settings.landing_uri) is None:
        raise CommandError(
            f"{KEY_NAME} is not set: create one with `openssl rand -hex 32`, keep a copy of it, "
            "and set it wherever updates are stored or built: here, for the Lambda, serve and "
            "poll, and for Dagster."
        )
    path = home / ".env"
    with FileLock(Path(tempfile.gettempdir()) / KEY_LOCK):
        # Another command may have generated one in the meantime.
        if present := path.exists() and dotenv_values(path).get(KEY_NAME):
            return Secret(str(present))
        key = Secret(secrets.token_hex(KEY_BYTES))
        _append(path, f"{KEY_NAME}={key.reveal()}\n".encode())
        return key


def _append(path: Path, line: bytes) -> None:
    """Append a line to a file, in one step; only its owner may read it from then on."""
    content = path.read_bytes() if path.exists() else b""
    if content and not content.endswith(b"\n"):
        content += b"\n"
    with temp_dir(path.parent) as folder:
        written = folder / path.name
        written.touch(mode=0o600)
        written.write_bytes(content + line)
        sync(written)
        written.replace(path)
    sync(path.parent)
