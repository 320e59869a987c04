"""Who a person is in the stored updates: usernames, names and texts that were seen with an id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_ingest.privacy.exported_messages import exported_in, exported_user

MIN_TEXT_CHARACTERS: Final = 12
"""Characters of a text that identifies its author; shorter ones are written by many people."""

OF_OTHERS: Final = frozenset(
    {
        "chat",
        "entities",
        "caption_entities",
        "external_reply",
        "forward_origin",
        "from",
        "message",
        "pinned_message",
        "quote",
        "reply_to_message",
        "reply_to_story",
        "sender_chat",
        "via_bot",
    }
)
"""Fields of a message that its author did not write.

https://core.telegram.org/bots/api#message
"""

FORWARDED: Final = frozenset({"forward_origin", "forward_date", "forward_from"})
"""Fields of a message whose content somebody else wrote."""

SENDERS: Final = {"from": "from_id", "actor": "actor_id"}
"""The fields of an exported message with the name and the id of who wrote it, or acted."""

WRITTEN_IN_EXPORTS: Final = ("text", "poll", "game_description", "information_text")
"""Fields of an exported message that its sender wrote."""

ACTORS: Final = ("from", "user")
"""The fields of an update's content that hold the person who caused it."""


@dataclass(frozen=True, slots=True)
class DataSubject:
    """A person, as the stored updates know them."""

    user_id: int
    usernames: frozenset[str] = frozenset()
    """In lower case and without @."""
    names: frozenset[str] = frozenset()
    """Full names as Telegram shows them: the first and the last name, or the first."""
    first_names: frozenset[str] = frozenset()
    polls: frozenset[str] = frozenset()
    """The ids of the polls that they sent."""
    texts: frozenset[str] = frozenset()
    """What they wrote, as far as it is long enough to identify them."""
    shared_usernames: frozenset[str] = frozenset()
    """Usernames that another person was seen with as well."""
    titles: frozenset[str] = frozenset()
    """Titles of groups and topics, which may be the name of the person."""
    shared_names: frozenset[str] = frozenset()
    """Full names that another person was seen with as well."""


@dataclass(slots=True)
class Census:
    """Collects a person's usernames, names and texts from parsed updates, and those of others."""

    user_id: int
    named: frozenset[str] = frozenset()
    """Usernames that the operator named: in lower case and without @."""
    usernames: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    first_names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    polls: set[str] = field(default_factory=set)
    """The ids of the polls that the person sent."""
    others: set[str] = field(default_factory=set)
    """Usernames, full names and first names of everybody else."""
    titles: set[str] = field(default_factory=set)
    """Titles of groups, channels and topics."""

    def add(self, value: Any) -> None:
        """Collect from an update, or from any parsed JSON."""
        for each in objects_in(value):
            identifier = each.get("id")
            if type(identifier) is int and ("first_name" in each or "username" in each):
                self._add_person(each, is_them=identifier == self.user_id)
            self._add_exported(each)
            self.titles.update(_titles(each))
            if self._wrote(each):
                self.texts.update(_texts(each))
                poll = each.get("poll")
                if isinstance(poll, dict) and isinstance(poll.get("id"), str):
                    self.polls.add(poll["id"])

    def texts_of_others(self, update: Any) -> Iterator[str]:
        """Yield what somebody else wrote in a parsed update, or nobody knows who.

        Messages within the update count, too, and the titles of groups. A poll is delivered without
        its author; one that the person sent is theirs.
        """
        for content in update.values() if isinstance(update, dict) else ():
            if isinstance(content, dict) and not self._is_theirs(content):
                yield from _texts(content)
        message = exported_in(update) if isinstance(update, dict) else None
        if message and not self._is_sender(message) and "forwarded_from" not in message:
            yield from _exported_texts(message)
        for each in objects_in(update):
            yield from _titles(each)
            if isinstance(each.get("from"), dict) and not self._is_theirs(each):
                yield from _texts(each)

    def subject(self) -> DataSubject:
        """Return the person.

        A username that another person was seen with is theirs only if the operator named it.
        """
        seen = self.usernames | self.named
        return DataSubject(
            user_id=self.user_id,
            usernames=frozenset(seen - self.others) | self.named,
            names=frozenset(self.names - self.others),
            first_names=frozenset(self.first_names - self.others),
            polls=frozenset(self.polls),
            texts=frozenset(self.texts),
            titles=frozenset(self.titles),
            shared_usernames=frozenset(seen & self.others),
            shared_names=frozenset(self.names & self.others),
        )

    def _add_person(self, each: Mapping[str, Any], *, is_them: bool) -> None:
        username, first, name = each.get("username"), each.get("first_name"), full_name(each)
        if not is_them:
            self.others.update(value for value in (first, name) if isinstance(value, str))
            if isinstance(username, str):
                self.others.add(username.lower())
            return
        if isinstance(username, str) and username:
            self.usernames.add(username.lower())
        if name:
            self.names.add(name)
        if isinstance(first, str) and first:
            self.first_names.add(first)

    def _add_exported(self, each: Mapping[str, Any]) -> None:
        """Collect from a message, or a reaction, of an export: names next to `user5`."""
        for name, sender in SENDERS.items():
            shown, user = each.get(name), exported_user(each.get(sender))
            if user is None or not isinstance(shown, str) or not shown:
                continue
            if user != self.user_id:
                self.others.add(shown)
                continue
            self.names.add(shown)
            if "forwarded_from" not in each:
                self.texts.update(_exported_texts(each))

    def _is_sender(self, message: Mapping[str, Any]) -> bool:
        return any(exported_user(message.get(each)) == self.user_id for each in SENDERS.values())

    def _wrote(self, content: Mapping[str, Any]) -> bool:
        return FORWARDED.isdisjoint(content) and self._is_from(content)

    def _is_theirs(self, content: Mapping[str, Any]) -> bool:
        """Return whether a content is, or may repeat, what the person wrote."""
        if self._is_from(content) or not FORWARDED.isdisjoint(content):
            return True
        poll_id = content.get("id")
        return isinstance(poll_id, str) and poll_id in self.polls

    def _is_from(self, content: Mapping[str, Any]) -> bool:
        people = (content.get(name) for name in ACTORS)
        return any(isinstance(who, dict) and who.get("id") == self.user_id for who in people)


def full_name(user: Mapping[str, Any]) -> str:
    """Return the name that Telegram shows of a User or a private Chat; empty without any."""
    parts = (user.get("first_name"), user.get("last_name"))
    return " ".join(part for part in parts if isinstance(part, str) and part)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of parsed JSON, at any depth."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield each
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)


def _titles(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the title of a group or a channel, and of a topic that a message creates or renames."""
    topics = (content.get(name) for name in ("forum_topic_created", "forum_topic_edited"))
    found = [each.get("name") for each in topics if isinstance(each, dict)]
    if content.get("type") != "private":
        found.append(content.get("title"))
    yield from (each for each in found if isinstance(each, str))


def _exported_texts(message: Mapping[str, Any]) -> Iterator[str]:
    return _texts({name: message[name] for name in WRITTEN_IN_EXPORTS if name in message})


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message, or of another content, that its author wrote."""
    pending: list[Any] = [each for name, each in content.items() if name not in OF_OTHERS]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            # Identifiers of files and the like have no spaces.
            if len(each) >= MIN_TEXT_CHARACTERS and " " in each.strip():
                yield each
        elif isinstance(each, dict):
            pending.extend(inner for name, inner in each.items() if name not in OF_OTHERS)
        elif isinstance(each, list):
            pending.extend(each)
