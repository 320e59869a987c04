"""Pseudonyms and dropped texts in enriched_updates, by the roles that its columns declare.

A pseudonym is a keyed digest (HMAC-SHA256) of an id or a username: the same everywhere, so that
joins and counts are the same as without, and impossible to guess without the key.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lambda_ingest.privacy.personal_strings import id_of, replace_people
from lambda_ingest.settings import Secret
from tg_pipeline.layers.definitions import SHARED_ACCOUNTS
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Role

PSEUDONYM_BIT: Final = 1 << 62
"""Set in the pseudonym of an id, which is therefore positive and no id of Telegram: those have at
most 52 bits (https://core.telegram.org/bots/api#user)."""

NAME_DIGITS: Final = 4
"""Hexadecimal digits of a name. A name tells the people in a chart apart; ids tell all apart."""

TEXT_DIGITS: Final = 16
"""Hexadecimal digits of the pseudonym of a text."""

DIGEST: Final = "content_digest"
"""A digest of what was written. If it had no key, a guess of a short text could be checked."""

PRIVATE: Final = "private"

IS_BOT: Final = {
    "user_id": "user_is_bot",
    "reply_to_user_id": "reply_to_user_is_bot",
    "member_user_id": "member_user_is_bot",
    "left_chat_member_id": "left_chat_member_is_bot",
}
"""Columns of ids, and the columns that tell whether they are those of bots."""

BOTS_IN: Final = {"new_chat_member_ids": "new_chat_bot_ids"}
"""Columns of lists of ids, and the columns that tell which of these are those of bots."""

OWNER: Final = {
    "user_first_name": "user_id",
    "user_username": "user_id",
    "member_first_name": "member_user_id",
    "member_username": "member_user_id",
    "reply_to_username": "reply_to_user_id",
}
"""Columns of names, and the columns of the ids that they belong to."""

Columns = Iterator[tuple[str, pa.Array]]
"""Columns that replace those of the same name."""


@dataclass(frozen=True, slots=True)
class PersonalDataRules:
    """What enriched_updates keeps of people; bots keep their ids and names in any case."""

    key: Secret | None = None
    """The key of pseudonyms, and of the digests of dropped texts."""
    has_pseudonyms: bool = False
    """Whether ids and names are replaced; needs a key."""
    drops_text: bool = False
    """Whether what people wrote is left out."""

    @property
    def fingerprint(self) -> str:
        """A text that changes with what the rules give; empty if they change nothing."""
        rules = {"pseudonyms": self.has_pseudonyms, "no texts": self.drops_text}
        parts = [name for name, applies in rules.items() if applies]
        key = [self.key.digest("key id")[:TEXT_DIGITS]] if parts and self.key else []
        return " ".join(parts + key)

    def apply(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows of enriched_updates, with as much of people as the rules keep."""
        if self.drops_text:
            rows = _replaced(rows, _without_texts(rows, self.key))
        if self.has_pseudonyms and self.key:
            rows = _replaced(rows, _with_pseudonyms(rows, self.key))
        return rows


KEEP_ALL: Final = PersonalDataRules()


def pseudonym_of_id(key: Secret, number: int) -> int:
    """Return the pseudonym of a person's id, which is also that of the private chat with them."""
    return id_from_digest(key.digest(f"user:{number}"))


def pseudonym_of_username(key: Secret, username: str) -> str:
    """Return the pseudonym of a username; upper and lower case make no difference."""
    return username_from_digest(key.digest(f"username:{username.lower()}"))


def id_from_digest(digest: str) -> int:
    """Return the pseudonym of an id from the digest in its tombstone, so that it can be found."""
    return int(digest[:TEXT_DIGITS], 16) % PSEUDONYM_BIT | PSEUDONYM_BIT


def username_from_digest(digest: str) -> str:
    """Return the pseudonym of a username from the digest in its tombstone."""
    return f"pessoa_{digest[:TEXT_DIGITS]}"


def name_of(pseudonym: int) -> str:
    """Return the name of a person whose id has this pseudonym."""
    return f"Pessoa {pseudonym % 16**NAME_DIGITS:0{NAME_DIGITS}X}"


def _without_texts(rows: pa.RecordBatch, key: Secret | None) -> Columns:
    for name in ENRICHED_UPDATES.columns_with(Role.WRITTEN):
        yield name, pa.nulls(rows.num_rows, rows[name].type)
    if key:
        yield DIGEST, _keyed_digests(rows, key)


def _keyed_digests(rows: pa.RecordBatch, key: Secret) -> pa.Array:
    """Return digests that are equal where those of the rows are, and that no one can check."""
    return _mapped(rows[DIGEST], lambda digest: key.digest(f"digest:{digest}")[:TEXT_DIGITS])


def _with_pseudonyms(rows: pa.RecordBatch, key: Secret) -> Columns:
    for name in ENRICHED_UPDATES.columns_with(Role.ACCOUNT):
        yield name, _ids(rows, name, key)
    for name in (
        *ENRICHED_UPDATES.columns_with(Role.NAME),
        *ENRICHED_UPDATES.columns_with(Role.USERNAME),
    ):
        yield name, _names(rows, name, key)
    for name in ENRICHED_UPDATES.columns_with(Role.WRITTEN):
        if rows[name].type == pa.string():
            yield name, _mapped(rows[name], lambda text: _without_accounts(text, key))
    for name in ENRICHED_UPDATES.columns_with(Role.CONNECTION):
        yield name, _mapped(rows[name], lambda text: key.digest(f"connection:{text}")[:TEXT_DIGITS])
    is_private = _any(pc.equal(rows["chat_type"], PRIVATE), pc.greater(rows["chat_id"], 0))
    nothing = pa.nulls(rows.num_rows, pa.string())
    for name in ENRICHED_UPDATES.columns_with(Role.CHAT_NAME):
        yield name, pc.if_else(is_private, nothing, rows[name])
    # It also covers the ids of people whom a text names.
    yield DIGEST, _keyed_digests(rows, key)


def _ids(rows: pa.RecordBatch, name: str, key: Secret) -> pa.Array:
    """Return a column of ids, those of people replaced; groups and channels have negative ids."""
    ids = rows[name]
    if pa.types.is_list(ids.type):
        bots = rows[BOTS_IN[name]].to_pylist() if name in BOTS_IN else [None] * rows.num_rows
        lists = zip(ids.to_pylist(), bots, strict=True)
        return pa.array([_listed(numbers, kept or (), key) for numbers, kept in lists], ids.type)
    is_kept = [_is_no_person(rows, name), pc.less_equal(ids, 0)]
    if name == "chat_id":
        # A private chat with another bot
        is_kept.append(pc.and_(pc.equal(ids, rows["user_id"]), rows["user_is_bot"]))
    return pc.if_else(
        _any(*is_kept), ids, _mapped(ids, lambda number: pseudonym_of_id(key, number))
    )


def _listed(
    numbers: list[int] | None, bots: list[int] | tuple[()], key: Secret
) -> list[int] | None:
    if numbers is None:
        return None
    kept = SHARED_ACCOUNTS.union(bots)
    return [n if n <= 0 or n in kept else pseudonym_of_id(key, n) for n in numbers]


def _names(rows: pa.RecordBatch, name: str, key: Secret) -> pa.Array:
    """Return a column of names or usernames, those of people replaced."""
    names = rows[name]

    def replace(username: str) -> str:
        return pseudonym_of_username(key, username)

    if pa.types.is_list(names.type):
        lists = names.to_pylist()
        return pa.array([each and [*map(replace, each)] for each in lists], names.type)
    owners = rows[OWNER[name]]
    if name in ENRICHED_UPDATES.columns_with(Role.USERNAME):
        replaced = _mapped(names, replace)
    else:
        shown = _mapped(owners, lambda number: name_of(pseudonym_of_id(key, number)), pa.string())
        replaced = pc.if_else(pc.is_valid(names), shown, None)
    return pc.if_else(_is_no_person(rows, OWNER[name]), names, replaced)


def _without_accounts(text: str, key: Secret) -> str:
    """Return a text with pseudonyms of the usernames and ids in it, also in links.

    A long number is taken for an id, since nothing tells which numbers are.
    """

    def username(name: str) -> str:
        bare = name.removeprefix("@")
        return f"{name[: -len(bare)]}{pseudonym_of_username(key, bare)}"

    def number(digits: str) -> str:
        found = id_of(digits)
        return digits if found is None else str(pseudonym_of_id(key, found))

    return replace_people(text, username, number)


def _is_no_person(rows: pa.RecordBatch, name: str) -> pa.Array:
    """Return whether the ids of a column are those of bots, or stand for many people."""
    ids = rows[name]
    shared = pc.is_in(ids, value_set=pa.array(sorted(SHARED_ACCOUNTS), pa.int64()))
    flags = [rows[IS_BOT[name]]] if name in IS_BOT else []
    return _any(shared, pc.equal(ids, rows["bot_id"]), *flags)


def _any(*conditions: pa.Array) -> pa.Array:
    """Return whether any of the conditions holds; null does not."""
    return reduce(pc.or_, (pc.fill_null(each, fill_value=False) for each in conditions))


def _mapped(
    values: pa.Array, replace: Callable[[Any], Any], kind: pa.DataType | None = None
) -> pa.Array:
    """Return `replace(value)` for each value, of the same type unless given; null stays null."""
    known = pc.unique(values)
    new = [None if value is None else replace(value) for value in known.to_pylist()]
    return pa.array(new, kind or values.type).take(pc.index_in(values, known))


def _replaced(rows: pa.RecordBatch, columns: Columns) -> pa.RecordBatch:
    arrays = dict(zip(rows.schema.names, rows.columns, strict=True)) | dict(columns)
    return pa.record_batch(list(arrays.values()), schema=rows.schema)
