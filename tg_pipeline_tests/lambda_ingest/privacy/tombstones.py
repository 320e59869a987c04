"""Tombstones for tests: people who are forgotten, in a landing zone or in memory."""

from typing import Final

import obstore
from obstore.store import ObjectStore

from lambda_ingest.privacy.suppression import Identity, Tombstones, identity_digest, tombstone_key
from lambda_ingest.settings import Secret

KEY: Final = "a-key-of-thirty-two-characters-or-more"
OTHER_KEY: Final = "another-key-of-thirty-two-characters"


def identities_of(user_id: int, username: str = "", name: str = "") -> dict[Identity, str]:
    known = {Identity.USER: str(user_id), Identity.USERNAME: username, Identity.NAME: name}
    return {identity: value for identity, value in known.items() if value}


def tombstones_of(user_id: int, username: str = "", name: str = "") -> Tombstones:
    known = identities_of(user_id, username, name)
    digests = (identity_digest(Secret(KEY), *each) for each in known.items())
    return Tombstones(Secret(KEY), frozenset(digests))


def forget(landing: ObjectStore, user_id: int, username: str = "", name: str = "") -> None:
    """Write the tombstones of a person, as the command does."""
    for each in identities_of(user_id, username, name).items():
        obstore.put(landing, tombstone_key(Secret(KEY), *each), b"{}")
