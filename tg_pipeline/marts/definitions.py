"""The definitions that all figures share, as a declaration that the docs page and a test read.

The columns of enriched_updates are filled by `layers/definitions.py`, whose lists are used here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tg_pipeline.layers.definitions import ACTIVITIES, SHARED_ACCOUNTS, WRITE


@dataclass(frozen=True, slots=True)
class Definition:
    """What a term means in every mart, in the report, in the digest and in the summary."""

    term: str
    meaning: str
    excludes: str
    sql: str
    """An expression over `table`, in DuckDB's dialect."""

    table: str = "enriched_updates"


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(repr, sorted(names, key=str)))


def _activity_sql() -> str:
    """Return the activity of an update by its type."""
    cases = []
    for kind in dict.fromkeys(ACTIVITIES.values()):
        types = _listed(name for name, each in ACTIVITIES.items() if each == kind)
        is_own = " AND is_written AND NOT coalesce(is_from_offline, FALSE)" if kind == WRITE else ""
        name = "message_kind" if kind == WRITE else "update_type"
        cases.append(f"WHEN {name} IN ({types}){is_own} THEN '{kind}'")
    return f"CASE WHEN person_id IS NULL THEN NULL {' '.join(cases)} END"


_IS_NEW: Final = "message_kind IS NOT NULL AND NOT is_edit"
"""The rows of newly sent messages."""


PERSON: Final = Definition(
    term="person",
    meaning="A user who acts in their own name: `person_id`. In a business chat, the owner of the "
    "account is a person, too.",
    excludes="Bots; channels, groups and anonymous administrators, who act for a chat; Telegram's "
    "own account; what a bot writes in the name of a business account.",
    sql="CASE WHEN NOT coalesce(user_is_bot, FALSE) AND sender_chat_id IS NULL "
    "AND sender_business_bot_id IS NULL "
    f"AND user_id NOT IN ({_listed(SHARED_ACCOUNTS)}) THEN user_id END",
)

ACTIVITY: Final = Definition(
    term="activity",
    meaning="What a person actively does: write, react, press a button, vote, query, pay. Active "
    "users and retention count people with any activity.",
    excludes="Joining, leaving, being removed, asking to join, blocking the bot, boosting; edits, "
    "of which a first reaction sends one; messages that Telegram sends by itself, such as away "
    "messages.",
    sql=_activity_sql(),
)

WRITTEN_MESSAGE: Final = Definition(
    term="written message",
    meaning="A new message that the bot received, or that an imported history has, by a person, "
    'another bot or a channel: `is_written`. "Messages" are written messages in all figures but '
    "those of `content_mix`.",
    excludes="What the bot itself wrote, which is only known if its calls are recorded: see "
    "`messages`. Service messages, which tell of an event such as a join or a pin; a channel's "
    "post that Telegram forwards to the channel's group; edits.",
    sql=f"{_IS_NEW} AND NOT is_own AND NOT coalesce(is_service, FALSE) "
    "AND NOT coalesce(is_automatic_forward, FALSE)",
)

DEFINITIONS: Final = (
    PERSON,
    ACTIVITY,
    WRITTEN_MESSAGE,
    Definition(
        term="conversation",
        meaning="The messages of one chat that are read together: within it, those of one forum "
        "topic, of one conversation in a channel's direct messages, or of the comments on one "
        "post. Business chats are told apart by their connection.",
        excludes="Threads of replies in an ordinary group, which belong to its conversation.",
        sql="(bot_id, kind, business_connection_id, chat_id, topic_id, direct_messages_topic_id, "
        "comment_thread_id)",
        table="messages",
    ),
    Definition(
        term="edit",
        meaning="A change of what a message says or shows: its text, caption, entities, media or "
        "buttons differ from the version before. In the daily marts, an edit also counts if that "
        "version is unknown; in `messages`, only known versions are compared.",
        excludes="The edits that Telegram sends for a first reaction, a link preview, and each "
        "move of a live location; in the daily marts, what the bot itself edits. Of an imported "
        "message, only the text is compared.",
        sql="is_edit AND NOT is_own AND NOT coalesce(is_live_location, FALSE) AND "
        "content_digest IS DISTINCT FROM lag(content_digest) OVER (PARTITION BY bot_id, "
        "message_kind, business_connection_id, chat_id, message_id "
        "ORDER BY event_at, update_id)",
    ),
    Definition(
        term="copy",
        meaning="An event of a supergroup or a channel that a bot with a lower id also received: "
        "`is_copy`. Tables of single messages and questions keep copies; all figures leave them "
        "out. A command that names a bot counts for that bot.",
        excludes="Private chats, business chats and basic groups, where message ids belong to each "
        "account: two bots in one basic group count its messages twice.",
        sql="is_copy",
    ),
    Definition(
        term="member",
        meaning="A person who is in a chat. A join or leave is a change of that, told by an update "
        "or announced in the chat; both for one person within 5 minutes are one event.",
        excludes="Bots; restricted users who are not in the chat; changes of rights.",
        sql="update_type = 'chat_member' AND member_was_in <> member_is_in "
        "AND NOT coalesce(member_user_is_bot, FALSE)",
    ),
    Definition(
        term="cohort",
        meaning="The people whose first activity is in the same ISO week.",
        excludes="People who may have been there before the data begins: those first active in the "
        "first 7 days of a group's data, or outside of groups within 7 days of "
        "the first activity with the bot.",
        sql="cohort_week",
        table="retention",
    ),
    Definition(
        term="question",
        meaning="A message that expects an answer: an interrogative, a request, or a problem that "
        "its author has. If it is addressed to the bot, every text is one that is no small talk, "
        "number, link or answer to the bot's own question; `is_addressed` tells.",
        excludes="Small talk, see `small_talk`: greetings, thanks, yes and no, praise, jokes. "
        "Forwards, automatic messages, and the payload after /start.",
        sql="NOT is_copy",
        table="questions",
    ),
    Definition(
        term="issue",
        meaning="One person's questions about one thing in one conversation. Shares and response "
        "times count issues, from their first question.",
        excludes="Copies; the same question over half an hour later, if it was answered before.",
        sql="is_issue_start AND NOT is_copy",
        table="threads",
    ),
    Definition(
        term="answer",
        meaning="A message for which there is evidence that it answers: it replies to the "
        "question, names the asker, or is from the only other speaker within ten minutes.",
        excludes="Stickers, service messages, automatic forwards and away messages; the bot's own "
        "messages where its calls are not recorded; fallback answers. Whether the answer is right "
        "is not known.",
        sql="outcome = 'answered'",
        table="threads",
    ),
    Definition(
        term="unanswered",
        meaning="In the conversation, nobody else made a statement within a day; in a private "
        "chat, also that the bot only said that it does not know.",
        excludes="Issues where answers can't be seen, such as in private chats with the bot while "
        "its calls are not recorded.",
        sql="outcome = 'unanswered'",
        table="threads",
    ),
    Definition(
        term="unknown",
        meaning="Somebody else spoke within a day, but nothing shows that it was an answer. It "
        "counts neither as answered nor as unanswered.",
        excludes="As for unanswered.",
        sql="outcome = 'unknown'",
        table="threads",
    ),
    Definition(
        term="placebo",
        meaning="The same rule applied to messages that ask nothing, in the same chats and weeks: "
        "what it finds there is chance. A figure that can't be told from it shows nothing.",
        excludes="Questions, commands, replies and forwards; private chats with the bot, where it "
        "responds to everything.",
        sql="NOT is_question",
        table="answers",
    ),
    Definition(
        term="answered by the bot",
        meaning="Of an issue in a private chat: the bot wrote after the question, within ten "
        "minutes or as a reply to it within 14 days.",
        excludes="Fallback answers; issues from times when the bot's calls were not recorded: "
        "those are `unseen`. What was answered in groups.",
        sql="is_issue_start AND is_private AND outcome = 'answered'",
        table="threads",
    ),
    Definition(
        term="contained",
        meaning="Answered by the bot, and not asked again by the same person within a day after "
        "the answer: nobody else was needed, as far as the data shows.",
        excludes="Issues that were asked again in words of another group count as contained. "
        "People who gave up silently look the same.",
        sql="is_issue_start AND is_private AND outcome = 'answered' AND NOT is_asked_again",
        table="threads",
    ),
    Definition(
        term="fallback answer",
        meaning="The bot says that it does not know: the same text, except for the person's name, "
        "that was all it said in five or more private chats after questions that are not about "
        "the same thing.",
        excludes="Greetings and other texts after commands; the same answer to the same question; "
        "a text that something else follows before the person writes again.",
        sql="is_fallback",
        table="threads",
    ),
    Definition(
        term="source",
        meaning="What followed a person's first `/start` to a bot in a private chat: the payload "
        "of the link that they came through, or nothing.",
        excludes="Later `/start`s of the same person; `/start` in groups. Of people who were "
        "active with the bot on an earlier day, it is not said whether they returned.",
        sql="source",
        table="sources",
    ),
    Definition(
        term="block",
        meaning="A person blocks the bot in a private chat: its status there becomes `kicked`. An "
        "unblock is the change back.",
        excludes="Being removed from a group; calls that fail since the bot is blocked, which are "
        "counted by themselves.",
        sql="update_type = 'my_chat_member' AND chat_type = 'private' "
        "AND member_new_status = 'kicked' AND member_old_status <> 'kicked'",
    ),
)
"""In the order of the page."""
