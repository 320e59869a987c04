"""Remove forgotten people from a parsed update: the pure walk. Standard library only.

A person is recognized by the shape of an object, not by its place, so objects that later versions
of the Bot API add are covered too. https://core.telegram.org/bots/api#available-types
"""

import re
from typing import Any, Final

from lambda_ingest.privacy.personal_strings import (
    BLANK,
    NO_NUMBERS,
    Forgotten,
    blank,
    blank_people,
    blank_ranges,
    forgets_id,
    id_of,
    range_of,
    text_in,
)
from lambda_ingest.synthetic.updates import BOT_CALL
from lambda_ingest.update_fields import fields_of, values_at

Fields = dict[str, Any]

ERASED_USER: Final = {"id": 0, "is_bot": False, "first_name": ""}
"""What replaces a forgotten person inside an update of somebody else."""

ERASED_ID: Final = 0

MAX_LEVELS: Final = 100
"""Levels of objects and arrays that are searched; Telegram needs about 20. A limit of our own makes
the result independent of the space that is left on the call stack."""

_SHARED_CHATS: Final = ("group", "supergroup", "channel")
"""The types of chats that are not a person."""

_USER_FIELDS: Final = frozenset({"is_bot", "first_name", "last_name", "username", "language_code"})
"""Fields of a User or a private Chat, and of few other objects with an `id`."""

_PERSON: Final = re.compile(
    r"(?:.*_)?(?:from|users?|chats?|members?|participants?|creator|owner|winners?|traveler|watcher"
    r"|sender|author|actor|voter|admin|caller|buyer|bot)"
)
"""The names of fields with a User or a Chat, for one that is written with the id alone."""

_PERSON_ID: Final = re.compile(
    r"(?:.*_)?(?:user|chat|from|sender|author|actor|member|owner|creator)_ids?|topic_id"
)
"""The names of fields with the id of a user or chat. A `topic_id` is the conversation of a user
with a channel, and has the id of that user.
https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp
"""

_IDENTIFIER: Final = re.compile(r"(?:.*_)?(?:ids?|hash|type|status|chat_instance|phone_number)")
"""The names of strings that identify something else: numbers in them are not people."""

_NAME: Final = re.compile(r"(?:.*_)?(?:user_name|sender_name|signature)")
"""The names of strings that are somebody's full name, without a User."""

_PROGRAM: Final = re.compile(
    r"(?:.*_)?(?:url|uri|link|data|payload|parameter|start_param|switch_inline_query"
    r"|switch_inline_query_current_chat|result_id|shipping_option_id)"
)
"""The names of strings that a program has written, such as the data of a button."""

_MESSAGE_ENVELOPE: Final = frozenset({"message_id", "date", "chat", "from", "id", "type"})
"""What is kept of somebody's message inside an update of somebody else."""

_FORWARD: Final = frozenset(
    """
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
    sender_business_bot sender_tag date business_connection_id chat forward_origin forward_from
    forward_from_chat forward_from_message_id forward_signature forward_sender_name forward_date
    is_topic_message is_automatic_forward via_bot edit_date has_protected_content is_from_offline
    is_paid_post media_group_id author_signature paid_star_count receiver_user
    ephemeral_message_id guest_query_id guest_bot_caller_user guest_bot_caller_chat
    """.split()
)
"""What is kept of a message that forwards one of theirs: who forwarded it, when and where."""

_EXTERNAL_REPLY: Final = frozenset({"origin", "chat", "message_id"})

_AUTHORS: Final = ("added_by_user", "sender_user")
"""The user who wrote the text of a poll option or a gift."""

_TEXT_OF_AUTHOR: Final = re.compile(r"(?:.*_)?(?:text|caption|entities|media)")

_TITLES: Final = re.compile(r"custom_title|tag|bio")
"""What a ChatMember has about its `user`."""

_CONTACT_FIELDS: Final = re.compile("phone_number|first_name|last_name|username|vcard|photo")
"""The personal fields of a Contact and a SharedUser."""


_POLL_TEXTS: Final = frozenset({"question", "text", "explanation", "description"})
_POLL_LISTS: Final = frozenset({"correct_option_ids", "country_codes"})
"""The lists of a poll that contain neither text nor people."""

_QUOTE: Final = re.compile("quote")

_SENT_TEXT: Final = re.compile(
    "text|caption|message_text|quote|question|explanation|options|title|description|html|markdown"
)
"""The parameters of a call that hold text."""

_ADDRESSEE: Final = (("params", "user_id"),)
"""Whom a call without a chat is about, such as the gift of a bot to a user."""

_HOLDERS: Final = frozenset({"id", "user_id", "chat_id"})
"""What states whose username it is: somebody else may use a forgotten person's username now."""

_RICH: Final = frozenset({"text", "alternative_text", "expression"})
"""The visible parts of a rich text. https://core.telegram.org/bots/api#richtext"""


class NestedTooDeeplyError(ValueError):
    """An update has more than MAX_LEVELS levels."""


def is_own(update: Fields, forgotten: Forgotten) -> bool:
    """Return whether an update is that of a forgotten person: they acted, or it is their chat."""
    for name, content in update.items():
        if isinstance(content, dict):
            fields = fields_of(name)
            addressee = () if name != BOT_CALL or "chat" in content else _ADDRESSEE
            paths = (*fields.actor, *fields.chat, *fields.private_chat, *addressee)
            people = values_at(content, paths)
            if any(_is_forgotten_or_id(each, forgotten) for each in people):
                return True
    return False


def redact(update: Fields, forgotten: Forgotten) -> Fields:
    """Return an update without the forgotten people in it, and what they wrote.

    Raises NestedTooDeeplyError.
    """
    redacted = {name: _value(value, name, 1, forgotten) for name, value in update.items()}
    call, kept = update.get(BOT_CALL), redacted.get(BOT_CALL)
    if isinstance(call, dict) and isinstance(kept, dict) and kept != call:
        # The texts of the call are those of the result before they were formatted: a name may be
        # anywhere in them, and what is quoted was written by somebody else.
        redacted[BOT_CALL] = kept | {"params": _without_texts(kept.get("params"))}
    return redacted


def _without_texts(value: Any, name: str = "") -> Any:
    """Return a call's parameters with all characters of their texts blanked."""
    if isinstance(value, dict):
        return {key: _without_texts(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_texts(each, name) for each in value]
    return blank(value) if isinstance(value, str) and _SENT_TEXT.fullmatch(name) else value


def _person_id(value: Any, key: str) -> int | None:
    """Return the id if a value is a User or a private Chat, None if it is something else."""
    if not isinstance(value, dict) or value.get("type") in _SHARED_CHATS:
        return None
    found = id_of(value.get("id"))
    if found is None:
        return None
    is_user = not _USER_FIELDS.isdisjoint(value) or value.get("type") == "private"
    return found if is_user or len(value) == 1 or _PERSON.fullmatch(key) else None


def _full_name(fields: Fields) -> str:
    """Return a full name as Telegram shows it; empty if there is none."""
    names = (fields.get("first_name"), fields.get("last_name"))
    return " ".join(name for name in names if isinstance(name, str) and name)


def _value(value: Any, key: str, level: int, forgotten: Forgotten) -> Any:
    if level > MAX_LEVELS:
        raise NestedTooDeeplyError
    if isinstance(value, dict):
        return _object(value, key, level, forgotten)
    if isinstance(value, list):
        return [_value(each, key, level + 1, forgotten) for each in value]
    if isinstance(value, str):
        return _string(value, key, forgotten)
    is_person = _PERSON_ID.fullmatch(key) and forgets_id(value, forgotten)
    return ERASED_ID if is_person else value


def _object(fields: Fields, key: str, level: int, forgotten: Forgotten) -> Fields:
    if _is_forgotten(fields, key, forgotten):
        return dict(ERASED_USER)
    if _is_their_poll(fields, forgotten):
        return _blank_poll(fields)
    fields = _without_their_content(fields, key, forgotten)
    fields = _with_blanked_mentions(fields, forgotten)
    return {name: _value(value, name, level + 1, forgotten) for name, value in fields.items()}


def _string(text: str, key: str, forgotten: Forgotten) -> str:
    if _NAME.fullmatch(key) and _is_their_name(text, forgotten):
        return BLANK
    if _PERSON_ID.fullmatch(key) and forgets_id(text, forgotten):
        return str(ERASED_ID)
    if _PROGRAM.fullmatch(key):
        return blank_people(text, forgotten, min_digits=1)
    if _IDENTIFIER.fullmatch(key):
        return blank_people(text, forgotten, min_digits=NO_NUMBERS)
    return blank_people(text, forgotten)


# What a person wrote


def _without_their_content(fields: Fields, key: str, forgotten: Forgotten) -> Fields:
    """Return an object without what forgotten people wrote, if it is that."""
    kept = _names_kept(fields, key, forgotten)
    if kept is not None:
        return {name: value for name, value in fields.items() if name in kept}
    emptied = _names_emptied(fields, forgotten)
    return _without(emptied, fields) if emptied else fields


def _names_kept(fields: Fields, key: str, forgotten: Forgotten) -> frozenset[str] | None:
    """Return the fields to keep of an object that a forgotten person wrote; None if it is not."""
    if _is_theirs(fields, forgotten):
        return _MESSAGE_ENVELOPE
    if _is_forward_of_theirs(fields, forgotten):
        return _EXTERNAL_REPLY if key == "external_reply" else _FORWARD
    return None


def _names_emptied(fields: Fields, forgotten: Forgotten) -> re.Pattern[str] | None:
    """Return the fields to empty of an object that is partly about a forgotten person."""
    if any(_is_forgotten(fields.get(name), name, forgotten) for name in _AUTHORS):
        return _TEXT_OF_AUTHOR
    if _is_forgotten(fields.get("user"), "user", forgotten):
        return _TITLES
    if _is_their_contact(fields, forgotten):
        return _CONTACT_FIELDS
    return _QUOTE if "quote" in fields and _replies_to_theirs(fields, forgotten) else None


def _without(names: re.Pattern[str], fields: Fields) -> Fields:
    """Return an object with some fields empty, if they are strings, or else absent."""
    return {
        name: "" if names.fullmatch(name) else value
        for name, value in fields.items()
        if isinstance(value, str) or not names.fullmatch(name)
    }


def _is_forgotten(value: Any, key: str, forgotten: Forgotten) -> bool:
    """Return whether a value is the User or the private Chat of a forgotten person."""
    found = _person_id(value, key)
    return found is not None and forgotten.forgets_user(found)


def _is_forgotten_or_id(value: Any, forgotten: Forgotten) -> bool:
    """Return whether a value is a forgotten person, or the id of one."""
    return _is_forgotten(value, "user", forgotten) or forgets_id(value, forgotten)


def _is_theirs(fields: Fields, forgotten: Forgotten) -> bool:
    """Return whether an object is a message of a forgotten person, or of their private chat."""
    return any(_is_forgotten(fields.get(name), name, forgotten) for name in ("from", "chat"))


def _is_forward_of_theirs(fields: Fields, forgotten: Forgotten) -> bool:
    """Return whether a message, or a reply to one in another chat, has their content.

    https://core.telegram.org/bots/api#messageorigin
    """
    origin = fields.get("forward_origin") or fields.get("origin")
    found = origin if isinstance(origin, dict) else {}
    people = (found.get("sender_user"), fields.get("forward_from"))
    names = (found.get("sender_user_name"), fields.get("forward_sender_name"))
    return any(_is_forgotten(each, "sender_user", forgotten) for each in people) or any(
        _is_their_name(each, forgotten) for each in names
    )


def _replies_to_theirs(fields: Fields, forgotten: Forgotten) -> bool:
    """Return whether what a message quotes was written by a forgotten person."""
    replied = (fields.get("reply_to_message"), fields.get("external_reply"))
    return any(
        _is_theirs(each, forgotten) or _is_forward_of_theirs(each, forgotten)
        for each in replied
        if isinstance(each, dict)
    )


def _is_their_poll(fields: Fields, forgotten: Forgotten) -> bool:
    """Return whether an object is a poll that a forgotten person sent, wherever it is."""
    poll_id = fields.get("id")
    return "question" in fields and isinstance(poll_id, str) and forgotten.forgets_poll(poll_id)


def _blank_poll(poll: Fields) -> Fields:
    """Return a poll, or one of its options, with its ids, counts and flags, but without texts.

    https://core.telegram.org/bots/api#poll
    """
    blanked: Fields = {}
    for name, value in poll.items():
        if name == "options" and isinstance(value, list):
            blanked[name] = [_blank_poll(each) for each in value if isinstance(each, dict)]
        elif name in _POLL_TEXTS:
            blanked[name] = _blank_all(value)
        elif not isinstance(value, list | dict) or name in _POLL_LISTS:
            blanked[name] = value
    return blanked


def _is_their_contact(fields: Fields, forgotten: Forgotten) -> bool:
    if "user_id" in fields and forgets_id(fields["user_id"], forgotten):
        return True
    return "phone_number" in fields and _is_their_name(_full_name(fields), forgotten)


def _is_their_name(value: Any, forgotten: Forgotten) -> bool:
    return isinstance(value, str) and bool(value.strip()) and forgotten.forgets_name(value.strip())


# Names and mentions in texts


def _with_blanked_mentions(fields: Fields, forgotten: Forgotten) -> Fields:
    """Return an object with blanks where its text, or the entities of it, mention them."""
    blanked = dict(fields)
    for name, entities in fields.items():
        if name.endswith("entities") and isinstance(entities, list):
            text_name = name.removesuffix("entities").removesuffix("_") or "text"
            text = fields.get(text_name)
            if isinstance(text, str):
                ranges = [
                    range_of(each)
                    for each in entities
                    if isinstance(each, dict) and _mentions(each, text, forgotten)
                ]
                blanked[text_name] = blank_ranges(text, ranges)
    if _links_to_them(fields, forgotten):
        blanked |= {
            name: _blank_all(fields[name]) for name in ("text", "username") if name in fields
        }
    return blanked


def _mentions(entity: Fields, text: str, forgotten: Forgotten) -> bool:
    if _links_to_them(entity, forgotten):
        return True
    marked = text_in(text, range_of(entity)) if entity.get("type") == "mention" else ""
    return forgotten.forgets_username(marked.removeprefix("@"))


def _links_to_them(fields: Fields, forgotten: Forgotten) -> bool:
    """Return whether an entity, a part of a rich text or a button is about a forgotten person."""
    if _is_forgotten(fields.get("user"), "user", forgotten):
        return True
    username, url = fields.get("username"), fields.get("url")
    if isinstance(url, str) and blank_people(url, forgotten, min_digits=1) != url:
        return True
    is_nobodys = isinstance(username, str) and _HOLDERS.isdisjoint(fields)
    return is_nobodys and forgotten.forgets_username(str(username).removeprefix("@"))


def _blank_all(value: Any) -> Any:
    """Return a text, or a rich text, with all characters blanked."""
    if isinstance(value, str):
        return blank(value)
    if isinstance(value, list):
        return [_blank_all(each) for each in value]
    if isinstance(value, dict):
        return {name: _blank_all(each) if name in _RICH else each for name, each in value.items()}
    return value
