"""Messages, questions and their answers: by month of the message, or in one object for all days."""

from typing import Final

import pyarrow as pa

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import (
    Column,
    always,
    boolean,
    int64,
    int64s,
    plain,
    string,
    strings,
    timestamp,
)
from tg_pipeline.marts.mart import (
    BOT,
    KIND,
    LASTING_CHAT,
    TOPIC,
    WEEK,
    ConservationRule,
    Mart,
    Span,
    TableGrain,
    count,
    day,
    kind,
    number,
    plain_id,
)
from tg_pipeline.marts.partials import KNOWN_CALL_DAYS, KNOWN_COMMENT_THREADS, KNOWN_MOVES
from tg_pipeline.marts.people import USERS
from tg_pipeline.questions import (
    DETECTED_SCHEMA,
    QUESTIONS_SCHEMA,
    SMALL_TALK_SCHEMA,
    detect_questions,
    detect_small_talk,
    group_questions,
)

COPY: Final = {
    "is_copy": always(
        boolean(
            "Whether a bot with a lower id also received the message, in a supergroup or channel. "
            "Without copies, each message counts once."
        )
    )
}
CONNECTION: Final = {
    "business_connection_id": string(
        "The connection to the business account that it belongs to; null outside of these."
    )
}
CHAT_THEN: Final = {"chat_id_then": int64("The chat, by the id it had when the message was sent.")}
CONVERSATION: Final = {
    **TOPIC,
    "direct_messages_topic_id": int64(
        "The conversation with one person in a channel's direct messages; null elsewhere."
    ),
    "comment_thread_id": int64(
        "The channel's post that it comments on, by the id of its automatic forward in the "
        "discussion group; null elsewhere."
    ),
}

MESSAGES: Final = Mart(
    name="messages",
    description="Every message once, as it reads now.",
    limitations="What the bot wrote while its calls were not recorded, what was deleted, and edits "
    "that were not delivered. An edit counts only if an earlier version was delivered to compare "
    "it with; of an imported history, only the newest text of a message is known, and reactions "
    "only as totals at the time of the export, which has no ids of files and does not tell other "
    "bots from people. A reply in the body of the bot's response to a webhook has no message id, "
    "since Telegram does not tell it: later edits of it look like other messages, and so does the "
    "same message in an export. Comments on a channel's "
    "post that is unknown up to the end of their month look like messages of the group. If a "
    "business account connects its bot again, later edits of its messages look like other "
    "messages.",
    columns={
        **BOT,
        **COPY,
        **KIND,
        **CONNECTION,
        **LASTING_CHAT,
        **CHAT_THEN,
        "message_id": int64(
            "Unique within its bot, kind, business connection and `chat_id_then`; 0 if it is "
            "ephemeral."
        ),
        "update_id": plain_id("The update with the newest version, which the row is from."),
        "origin": always(
            kind(
                "Where that version is from: `update` of Telegram, `call` of the bot, or `export` "
                "of a chat's history."
            )
        ),
        "is_own": always(
            boolean(
                "Whether the bot itself wrote it: known from its recorded calls and from exports. "
                "Its newest text includes what the bot edited."
            )
        ),
        "chat_type": kind("private, group, supergroup or channel."),
        "chat_title": string("The chat's title at that time; null for private chats."),
        **CONVERSATION,
        "user_id": int64("Who wrote it; null for messages in the name of a chat."),
        "user_first_name": string("`first_name` of the user."),
        "user_username": string("`username` of the user, without @."),
        "person_id": int64("The *person* who wrote it in their own name; null for all others."),
        "speaker_id": int64("Who is shown as the sender: the user, or the chat."),
        "is_bot": always(
            boolean(
                "Whether a bot wrote it, also in the name of a business account; false for a chat, "
                "except for the bot's own messages."
            )
        ),
        "sent_at": always(timestamp("When it was first sent, in UTC.")),
        "sent_on": always(day("That day in `TG_TIMEZONE`.")),
        "edited_at": timestamp(
            "When its present content was sent, in UTC, if by an edit; null if it reads as first "
            "sent."
        ),
        "edits": count(
            "Edits that changed its content, among the versions delivered. A first reaction, a "
            "link preview and a move of a live location change none."
        ),
        "reply_to_message_id": int64(
            "The message it replies to, in the same chat; null where that is only the service "
            "message that opened its topic."
        ),
        "reply_to_user_id": int64("Who wrote that message, as far as it was a user."),
        "external_reply_chat_id": int64(
            "The chat of the message it replies to, if in another chat or topic."
        ),
        "external_reply_message_id": int64("That message, by its id in that chat."),
        "mentioned_user_ids": int64s("Users without a username that its text names."),
        "mentioned_usernames": strings("Usernames that its text names, in lower case, without @."),
        "content_type": kind("What it holds, by the Bot API's own key."),
        "is_service": always(
            boolean("Whether it is a service message: somebody joined, a pin, ….")
        ),
        "is_written": always(
            boolean(
                "Whether it is a *written message*: no service message, no automatic forward, not "
                "of the bot itself."
            )
        ),
        "is_addressed": always(
            boolean(
                "Whether it is addressed to the bot: in a private chat with it, or by a guest; or "
                "it begins with a command, begins or ends with the bot's name, or replies to the "
                "bot. Never in the chats of a business account."
            )
        ),
        "is_automatic_forward": always(
            boolean("Whether Telegram copied it from the channel that the group belongs to.")
        ),
        "is_from_offline": always(
            boolean("Whether it was sent automatically, such as an away or a scheduled message.")
        ),
        "text": string("Its text, or else its caption."),
        "first_text": string(
            "The text or caption that it was first sent with, if an edit changed it; null if it "
            "reads the same, or if the first version was not delivered or is not in the export."
        ),
        "command": kind("The command that it begins with, without / and without @bot."),
        "command_args": string("What follows the command; null if nothing."),
        "is_forward": always(boolean("Whether it was forwarded: its text is of somebody else.")),
        "reaction_names": plain(
            strings(
                "The reactions that an exported message had, in all: the emoji, `custom:<id>`, or "
                "`paid`; null for all other messages."
            )
        ),
        "reaction_counts": plain(int64s("How often each of `reaction_names` was given.")),
    },
    sources=(ENRICHED_UPDATES, KNOWN_MOVES, KNOWN_COMMENT_THREADS),
    grain=TableGrain.MONTH,
    spans={
        ENRICHED_UPDATES.name: Span.SENT,
        KNOWN_MOVES.name: Span.MOVES,
        KNOWN_COMMENT_THREADS.name: Span.UP_TO,
    },
    conservation_rule=ConservationRule(
        "messages_are_counted_once",
        "Distinct messages in enriched_updates that were sent in the month = rows of messages.",
        input_rows="SELECT count(*) FROM (SELECT DISTINCT bot_id, "
        "message_kind, business_connection_id, chat_id, message_id, "
        "CASE WHEN coalesce(message_id, 0) = 0 THEN update_id END FROM enriched_updates "
        "WHERE message_kind IS NOT NULL "
        "AND coalesce(to_timestamp(nullif(date, 0)), event_at, received_at) >= $begins "
        "AND coalesce(to_timestamp(nullif(date, 0)), event_at, received_at) < $ends)",
        output_rows="SELECT count(*) FROM messages",
    ),
)

UNREAD_QUESTIONS: Final = (
    "What is asked in pictures and voice, in other scripts than the Latin one, or in groups in "
    "other languages than pt, en and es. What is addressed to the bot is a question unless it is "
    "small talk, a number, a link or an address. An answer to a question of the bot, such as a "
    "name or a city, is only told from a question if the bot's calls are recorded: after a "
    "question of the bot, for an hour, a question is what would be one in a group. A button of a "
    "reply keyboard is a text like any other. Of two bots in one supergroup, a keyword to the one "
    "with the higher id is only among the copies. In groups and business accounts, about one of "
    "five questions is missed, and one of five found is none."
)


def _declared(schema: pa.Schema) -> dict[str, Column]:
    columns = {
        field.name: Column(
            field.type, field.metadata[b"description"].decode(), required=not field.nullable
        )
        for field in schema
    }
    return columns | {"kind": plain(columns["kind"])}


DETECTED_QUESTIONS: Final = Mart(
    name="detected_questions",
    description="The messages that are questions, before those that mean the same are grouped.",
    limitations=UNREAD_QUESTIONS,
    columns=_declared(DETECTED_SCHEMA),
    sources=(MESSAGES,),
    grain=TableGrain.MONTH,
    conservation_rule=ConservationRule(
        "questions_are_messages",
        "Messages that are questions = rows of detected_questions.",
        input_rows="SELECT count(*) FROM messages SEMI JOIN detected_questions "
        "ON messages.bot_id = detected_questions.bot_id "
        "AND messages.kind = detected_questions.kind "
        "AND messages.business_connection_id IS NOT DISTINCT FROM "
        "detected_questions.business_connection_id "
        "AND messages.chat_id_then = detected_questions.chat_id_then "
        "AND messages.message_id = detected_questions.message_id",
        output_rows="SELECT count(*) FROM detected_questions",
    ),
    post_process=detect_questions,
)

SMALL_TALK: Final = Mart(
    name="small_talk",
    query=DETECTED_QUESTIONS.name,
    description="Greetings, thanks, yes and no, praise, jokes and the like that are addressed to "
    "the bot: they ask for nothing, so they are no questions.",
    limitations="Only what is addressed to the bot, see `is_addressed` of `messages`; in pt, en "
    "and es. Small talk in words that no pattern knows is among the questions: about half of what "
    "people say about the bot itself. A number or a link is neither.",
    columns=_declared(SMALL_TALK_SCHEMA),
    sources=(MESSAGES,),
    grain=TableGrain.MONTH,
    conservation_rule=ConservationRule(
        "small_talk_is_addressed",
        "Rows of messages that are small talk, and addressed to the bot = rows of small_talk.",
        input_rows="SELECT count(*) FROM messages SEMI JOIN small_talk "
        "ON messages.bot_id = small_talk.bot_id "
        "AND messages.kind = small_talk.kind "
        "AND messages.chat_id_then = small_talk.chat_id_then "
        "AND messages.message_id = small_talk.message_id "
        "WHERE messages.is_addressed",
        output_rows="SELECT count(*) FROM small_talk",
    ),
    post_process=detect_small_talk,
)

UNSEEN_ANSWERS: Final = (
    "Answers by the bot itself where its calls are not recorded: Telegram does not deliver a bot's "
    "own messages to it."
)

RECORDED_DAYS: Final = (
    "The bot's calls count as recorded on a day on which the proxy recorded one, and between two "
    "such days that are at most 7 days apart; on the first of them, from 10 minutes before the "
    "first call on. If only some of the bot's processes call Telegram through the proxy, the "
    "others' answers are missed."
)

OUTCOME: Final = {
    "is_answer_visible": always(
        boolean(
            "Whether an answer would be known. In a private chat with the bot only the bot "
            "answers: there, if its calls were recorded by the proxy at that time, or if the "
            "question is from an export, which has the bot's messages, too. Not where it is a "
            "guest."
        )
    ),
    "outcome": always(
        kind(
            "`answered`: there is evidence of an answer within 14 days. `unanswered`: in the "
            "conversation, nobody else made a statement within a day. `unknown`: somebody did, but "
            "nothing shows that it was an answer. `unseen`: where answers are not visible."
        )
    ),
    "answered_through": kind(
        "The evidence: the first `reply`, one that asks back only if there is no other; the first "
        "`mention` of the asker within an hour; or within ten minutes the first statement, "
        "addressed to nobody else, of the `only_other` speaker in them."
    ),
    "answer_chat_id": int64(
        "The chat of the answer, by the id it had then: another one for a reply from elsewhere."
    ),
    "answer_message_id": int64("The answer, by its id in that chat; null without one."),
    "answerer_id": int64("Who answered: a user, or a chat that somebody wrote for."),
    "answered_by": kind("bot or human; null without an answer."),
    "answered_at": timestamp("When, in UTC."),
}
ASKED: Final = {
    **BOT,
    **COPY,
    **KIND,
    **CONNECTION,
    **LASTING_CHAT,
    **CHAT_THEN,
    **CONVERSATION,
}
IS_PRIVATE: Final = {
    "is_private": always(
        boolean("Whether it is in a private chat with the bot, where only the bot answers.")
    )
}
IS_THANKED: Final = {
    "is_thanked": always(
        boolean(
            "Whether the asker thanked in words within an hour after the answer (pt, en, es), or "
            "reacted to it with 👍, ❤, 🙏 or the like within a day. Only administrators that "
            "request reactions get them, and an export does not date them."
        )
    )
}

ANSWERS: Final = Mart(
    name="answers",
    description="The answer to each question; and as a placebo, what the same rule takes for an "
    "answer to messages that ask nothing.",
    limitations=f"{UNSEEN_ANSWERS} {RECORDED_DAYS} Whether a message is about the question: the "
    "placebo shows how often the rule finds an answer where there is none. In private chats, the "
    "bot responds to everything, so there is no placebo; and that it does not know the answer "
    "counts as an answer here, but not in `threads`. An answer is never a sticker, a service "
    "message, an automatic forward or an automatic away message. What was asked on the last day "
    "may still be answered.",
    columns={
        **ASKED,
        "message_id": int64("The question, or the placebo."),
        "is_question": always(
            boolean(
                "False for the placebo: for each visible question, a message of the same chat, "
                "week and month, as far as there are: a person's text that is no question, "
                "command, reply or forward. The choice is arbitrary, and the same each time. None "
                "in private chats."
            )
        ),
        "user_id": int64("Who asked, or wrote the placebo."),
        "asked_at": always(timestamp("When it became a question, in UTC; see `questions`.")),
        **WEEK,
        **IS_PRIVATE,
        **OUTCOME,
        "seconds_to_answer": int64("Seconds from `asked_at` to the answer."),
        "own_texts": strings(
            "In a private chat, all different texts that the bot sent from the question until the "
            "person wrote again, within ten minutes, in alphabetical order; an empty one stands "
            "for messages without text. Null if it sent nothing, or if that is not known."
        ),
        "answer_digest": string(
            "The MD5 of the answer in lower case, with single spaces; where there are `own_texts`, "
            "of all of them, without the asker's first name. The same answers have the same. Null "
            "without an answer in words."
        ),
        **IS_THANKED,
    },
    sources=(MESSAGES, DETECTED_QUESTIONS, ENRICHED_UPDATES, KNOWN_CALL_DAYS),
    grain=TableGrain.MONTH,
    spans={
        KNOWN_CALL_DAYS.name: Span.BEFORE_AND_FOLLOWED,
        ENRICHED_UPDATES.name: Span.FOLLOWED,
        MESSAGES.name: Span.FOLLOWED,
        DETECTED_QUESTIONS.name: Span.BEFORE_AND_FOLLOWED,
    },
    conservation_rule=ConservationRule(
        "questions_have_an_outcome",
        "Rows of detected_questions = rows of answers that are questions.",
        input_rows="SELECT count(*) FROM detected_questions "
        "WHERE sent_at >= $begins AND sent_at < $ends",
        output_rows="SELECT count(*) FROM answers WHERE is_question",
    ),
)

QUESTIONS: Final = Mart(
    name="questions",
    description="What people ask: questions that mean the same are in one group, and those that "
    "are about the same, or got the same answer, in one topic.",
    limitations=UNREAD_QUESTIONS,
    columns=_declared(QUESTIONS_SCHEMA),
    sources=(DETECTED_QUESTIONS, ANSWERS),
    conservation_rule=ConservationRule(
        "detected_questions_are_grouped",
        "Rows of detected_questions = rows of questions.",
        input_rows="SELECT count(*) FROM detected_questions",
        output_rows="SELECT count(*) FROM questions",
    ),
    post_process=group_questions,
    post_process_parameters=("meanings", "topics"),
)

ASKED_IN_A_WEEK: Final = {
    "questions": count("How often it was asked, without copies."),
    "users": count("Distinct people who asked it."),
    "share": always(number("Its share of all questions of the bot in the week.")),
}

FREQUENT_QUESTIONS: Final = Mart(
    name="frequent_questions",
    description="What is asked most, week by week and question by question.",
    limitations="Questions that mean the same but share no words may be in two groups, unless they "
    "are grouped by their meanings.",
    columns={
        **BOT,
        **WEEK,
        "group_id": always(
            int64("The group of questions that mean the same; -1 for those without one.")
        ),
        "group_name": string("A typical question of the group; null for those without one."),
        "topic_id": always(
            int64("The topic of the group, or of the questions without one; -1 without a topic.")
        ),
        "topic_name": string("The name of the topic; null without one."),
        **ASKED_IN_A_WEEK,
    },
    sources=(QUESTIONS,),
    conservation_rule=ConservationRule(
        "frequent_questions_are_conserved",
        "Rows of questions that are no copies = the sum of questions.",
        input_rows="SELECT count(*) FROM questions WHERE NOT is_copy",
        output_rows="SELECT sum(questions) FROM frequent_questions",
    ),
)

FREQUENT_TOPICS: Final = Mart(
    name="frequent_topics",
    description="What is asked most, week by week: the topics of questions.",
    limitations="How broad a topic is follows from what is asked: one may join two subjects, and a "
    "broad subject may be several. The operator can name, join, split and ignore topics.",
    columns={
        **BOT,
        **WEEK,
        "topic_id": always(
            int64(
                "The topic: one or more groups of questions, and single ones; -1 without one. One "
                "that `TG_TOPICS` names has a number for each bot: `topic_name` joins them."
            )
        ),
        "topic_name": string("The operator's name, or a typical question; null without a topic."),
        **ASKED_IN_A_WEEK,
    },
    sources=(QUESTIONS,),
    conservation_rule=ConservationRule(
        "frequent_topics_are_conserved",
        "Rows of questions that are no copies = the sum of questions.",
        input_rows="SELECT count(*) FROM questions WHERE NOT is_copy",
        output_rows="SELECT sum(questions) FROM frequent_topics",
    ),
)

FALLBACK_ANSWERS: Final = Mart(
    name="fallback_answers",
    description="What the bot says when it does not know the answer, and how often.",
    limitations="A *fallback answer* is a text that was all that the bot sent in five or more "
    "private chats after a question, although these questions are not about the same thing: no "
    "word of four letters or more, except for words that occur in all questions (pt, en, es), is "
    "in half of them. A greeting after /start is none, since it follows a command. Texts that "
    "contain something else each time, except for the person's first name, are not recognized, and "
    "before the fifth chat none is.",
    columns={
        **BOT,
        "text": always(string("The text, with … for the person's first name.")),
        "answers": count("Questions to which it was all that the bot said."),
        "chats": count("Private chats with these questions."),
        "first_at": always(timestamp("When the first of them was asked, in UTC.")),
        "last_at": always(timestamp("When the last of them was asked, in UTC.")),
        "shared_word_share": always(
            number("The share of these chats whose questions have the most common word.")
        ),
    },
    sources=(ANSWERS, QUESTIONS, USERS),
)

THREADS: Final = Mart(
    name="threads",
    description="What became of each question: who answered, how, and how soon.",
    limitations=f"{UNSEEN_ANSWERS} {RECORDED_DAYS} Which questions are about one thing: an *issue* "
    "is one person's questions in one conversation, each of the same group as an earlier one that "
    "was asked within 30 minutes before or is not answered yet. A reminder such as 'can anyone "
    "help?' belongs to the question next to it, within 30 minutes and until an answer. A question "
    "that replies to somebody else's open question within 30 minutes belongs to that issue. In a "
    "private chat, so does what follows a question within a minute, before the bot responds.",
    columns={
        **ASKED,
        "message_id": int64("The question."),
        "user_id": int64("Who asked."),
        "asked_at": always(timestamp("When it became a question, in UTC; see `questions`.")),
        **WEEK,
        "group_id": always(
            int64("The group of questions that mean the same; -1 for one without a group.")
        ),
        "group_name": string("A typical question of the group; null for one without a group."),
        "issue_message_id": always(int64("The first question of its issue.")),
        "is_issue_start": always(
            boolean("Whether it is that question: without copies, one row per issue.")
        ),
        **IS_PRIVATE,
        **OUTCOME,
        "is_fallback": always(
            boolean(
                "Whether all that the bot said is that it does not know: a fallback answer, see "
                "`fallback_answers`. The issue counts as `unanswered`."
            )
        ),
        "seconds_to_answer": int64(
            "Seconds from the issue's first question to its answer: of all answers to its "
            "questions, the first with the best evidence."
        ),
        "business_seconds_to_answer": int64(
            "Of these, seconds within `TG_BUSINESS_HOURS`; null without that setting."
        ),
        **IS_THANKED,
        "is_asked_again": always(
            boolean(
                "Whether the same person asked a question of the same group in another issue, "
                "within a day after the answer, or after the first question if unanswered; in a "
                "private chat, also in the same issue, within a day after the bot's answer."
            )
        ),
    },
    sources=(DETECTED_QUESTIONS, QUESTIONS, ANSWERS, FALLBACK_ANSWERS, USERS),
    conservation_rule=ConservationRule(
        "threads_are_questions",
        "Rows of questions = rows of threads.",
        input_rows="SELECT count(*) FROM questions",
        output_rows="SELECT count(*) FROM threads",
    ),
)

RESPONSE_TIMES: Final = Mart(
    name="response_times",
    description="How long people wait for an answer, and how many wait in vain.",
    limitations=f"{UNSEEN_ANSWERS} So issues in private chats at such times, or where the bot is a "
    "guest, are left out; and so are copies. What happened to the `unknown` ones.",
    columns={
        **BOT,
        **WEEK,
        "answered_by": always(kind("`anyone`, or only a `bot`, or only a `human`.")),
        "issues": count("Visible issues that began in the week, the same for all three."),
        "answered": count("Of these, answered by them, with evidence."),
        "unknown": count("Of the issues, those that may be answered, without evidence."),
        "unanswered": count("Of the issues, those that nobody can have answered."),
        "answered_share": always(number("answered / issues.")),
        "unknown_share": always(number("unknown / issues.")),
        "unanswered_share": always(number("unanswered / issues.")),
        "median_seconds": number("Seconds that half of the answers took at most; null if none."),
        "p90_seconds": number("Seconds that nine of ten answers took at most; null if none."),
        "median_business_seconds": number(
            "The median of the seconds within `TG_BUSINESS_HOURS`; null without that setting."
        ),
        "placebo_answered": count(
            "Placebo messages of the week (see `answers`) that seem to be answered by them."
        ),
        "placebo_median_seconds": number("The median of the seconds that this took."),
    },
    sources=(ANSWERS, THREADS),
    conservation_rule=ConservationRule(
        "response_times_are_conserved",
        "Visible issues in threads that are no copies = the sum of issues.",
        input_rows="SELECT count(*) FROM threads "
        "WHERE is_issue_start AND is_answer_visible AND NOT is_copy",
        output_rows="SELECT sum(issues) FROM response_times WHERE answered_by = 'anyone'",
    ),
)

RESOLUTION: Final = Mart(
    name="resolution",
    description="Whether issues are resolved: answered, and not asked again.",
    limitations=f"{UNSEEN_ANSWERS} Whether the `unknown` ones were answered, and whether an answer "
    "helped if nothing is said afterwards. Copies are left out.",
    columns={
        **BOT,
        "week": day("The Monday of the ISO week, in `TG_TIMEZONE`; null for all weeks in one."),
        "issues": count("Issues that began: one person's questions about one thing."),
        "unseen": count(
            "Of these, where it is a guest, or in private chats while its calls were not recorded: "
            "no answer is visible."
        ),
        "unknown": count("Visible issues that may be answered, without evidence."),
        "unanswered": count("Visible issues that nobody can have answered."),
        "answered": count("Visible issues with evidence of an answer."),
        "answered_by_bot": count("Of the answered, by a bot."),
        "answered_by_reply": count("Of the answered, through a reply."),
        "answered_by_mention": count("Of the answered, by naming the asker."),
        "answered_by_only_other": count("Of the answered, by the only other speaker."),
        "thanked": count("Of the answered, those that the asker thanked for."),
        "asked_again": count("Visible issues that the same person raised again within a day."),
        "resolved": count("Answered, and not asked again."),
        "answered_share": number("answered / (issues - unseen); null if there are none."),
        "unknown_share": number("unknown / (issues - unseen)."),
        "resolved_share": number("resolved / (issues - unseen)."),
        "questions": count(
            "Visible questions of the week outside of private chats, each by itself, as the "
            "placebo is."
        ),
        "questions_answered": count("Of these, those with an answer of their own."),
        "placebo_messages": count("Messages that ask nothing, from the same chats and weeks."),
        "placebo_answered": count("Of these, those that the same rule takes for answered."),
        "placebo_thanked": count("Of these, those that seem to be followed by thanks."),
        "placebo_share": number("placebo_answered / placebo_messages."),
        "placebo_thanked_share": number("placebo_thanked / placebo_answered."),
        "is_distinguishable": always(
            boolean(
                "Whether questions_answered / questions differs from placebo_share by more than "
                "chance explains: a two-proportion test at 5 %; false if there are few cases."
            )
        ),
    },
    sources=(ANSWERS, THREADS),
    conservation_rule=ConservationRule(
        "resolution_is_conserved",
        "Issues in threads that are no copies = the sum of unseen, unknown, unanswered, answered.",
        input_rows="SELECT count(*) FROM threads WHERE is_issue_start AND NOT is_copy",
        output_rows="SELECT sum(unseen + unknown + unanswered + answered) FROM resolution "
        "WHERE week IS NULL",
    ),
)

CONTAINMENT: Final = Mart(
    name="containment",
    description="Whether the bot helps in private chats: answered, and not asked again.",
    limitations=f"{UNSEEN_ANSWERS} {RECORDED_DAYS} Whether an answer was right, and whether who "
    "said nothing more was helped. A question that is asked again in words that no group knows "
    "does not look like the same; two questions in one group may be about different things.",
    columns={
        **BOT,
        **WEEK,
        "issues": count(
            "Issues that began in private chats: one person's questions about one thing."
        ),
        "unseen": count("Of these, while the bot's calls were not recorded: nothing is known."),
        "answered": count("Of these, answered by the bot, and not by a fallback answer only."),
        "fallback": count(
            "Of these, those to which all that the bot said is that it does not know."
        ),
        "silent": count("Of these, those to which the bot said nothing within a day."),
        "unknown": count(
            "Of these, those after which the bot spoke within a day, but nothing shows that it was "
            "an answer."
        ),
        "asked_again": count("Of the answered, those that the person asked again within a day."),
        "contained": count("Answered by the bot, and not asked again."),
        "users": count("Distinct people who asked."),
        "contained_share": number("contained / (issues - unseen); null if there are none."),
        "fallback_share": number(
            "fallback / (answered + fallback): below 0.1 is good; null if there are none."
        ),
        "median_seconds": number("Seconds that half of the answers took at most; null if none."),
    },
    sources=(THREADS,),
    conservation_rule=ConservationRule(
        "private_issues_are_conserved",
        "Issues in private chats in threads = the sum of unseen, answered, fallback, silent, "
        "unknown.",
        input_rows="SELECT count(*) FROM threads WHERE is_issue_start AND is_private",
        output_rows="SELECT sum(unseen + answered + fallback + silent + unknown) FROM containment",
    ),
)
