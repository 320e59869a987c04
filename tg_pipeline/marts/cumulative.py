"""The marts with one object for all days, made from all days of their sources."""

from typing import Final

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Column, always, boolean, int64, string, timestamp
from tg_pipeline.marts.mart import (
    BOT,
    KIND,
    LASTING_CHAT,
    TOPIC,
    WEEK,
    ConservationRule,
    Mart,
    count,
    day,
    number,
)
from tg_pipeline.questions import QUESTIONS_SCHEMA, find_questions

MESSAGES: Final = Mart(
    name="messages",
    description="Every message once, as it reads now.",
    limitations="What the bot wrote, what was deleted, and corrections that were not delivered.",
    columns={
        **BOT,
        **KIND,
        **LASTING_CHAT,
        "chat_id_then": int64("The chat, by the id it had when the message was sent."),
        "message_id": int64("Unique within its kind and `chat_id_then`; 0 if it is ephemeral."),
        "update_id": always(int64("The update that the row is from: the last version's.")),
        "chat_type": string("private, group, supergroup or channel."),
        "chat_title": string("The chat's title at that time; null for private chats."),
        **TOPIC,
        "user_id": int64("Who wrote it; null for whoever speaks for a chat."),
        "user_first_name": string("`first_name` of the user."),
        "speaker_id": int64("Who is seen to speak: the user, or the chat that is spoken for."),
        "is_bot": always(boolean("Whether a bot wrote it; a chat that is spoken for is none.")),
        "sent_at": always(timestamp("When it was first sent, in UTC.")),
        "sent_on": always(day("That day in `TG_TIMEZONE`.")),
        "edited_at": timestamp("When it was last edited, in UTC; null if it never was."),
        "edits": count("Edits that were delivered."),
        "reply_to_message_id": int64(
            "The message it answers, in the same chat; null where it merely stands in a topic."
        ),
        "content_type": string("What it holds, by the Bot API's own key."),
        "is_service": always(
            boolean("Whether it says nothing, but tells of an event: somebody joined, a pin, ….")
        ),
        "text": string("Its text, or else its caption."),
        "command": string("The command that it begins with, without / and without @botname."),
        "command_args": string("What follows the command; null if nothing."),
        "is_forward": always(boolean("Whether somebody else wrote it elsewhere.")),
    },
    sources=(ENRICHED_UPDATES,),
    conservation_rule=ConservationRule(
        "messages_are_counted_once",
        "Distinct messages in enriched_updates = rows of messages.",
        input_rows="SELECT count(*) FROM (SELECT DISTINCT bot_id, "
        "replace(update_type, 'edited_', ''), chat_id, message_id, "
        "CASE WHEN coalesce(message_id, 0) = 0 THEN update_id END FROM enriched_updates "
        "WHERE update_type IN ('message', 'channel_post', 'business_message', 'guest_message', "
        "'edited_message', 'edited_channel_post', 'edited_business_message'))",
        output_rows="SELECT count(*) FROM messages",
    ),
)

QUESTIONS: Final = Mart(
    name="questions",
    description="What people ask, with the questions that mean the same in one group.",
    limitations="What is asked in pictures and voice, or in other languages than pt, en and es.",
    columns={
        field.name: Column(
            field.type, field.metadata[b"description"].decode(), required=not field.nullable
        )
        for field in QUESTIONS_SCHEMA
    },
    sources=(MESSAGES,),
    conservation_rule=ConservationRule(
        "questions_are_messages",
        "Messages that are questions = rows of questions.",
        input_rows="SELECT count(*) FROM messages SEMI JOIN questions "
        "USING (bot_id, kind, chat_id, message_id, sent_at)",
        output_rows="SELECT count(*) FROM questions",
    ),
    post_process=find_questions,
)

FREQUENT_QUESTIONS: Final = Mart(
    name="frequent_questions",
    description="What is asked most, week by week.",
    limitations="Questions that mean the same but share no words may stand in two groups.",
    columns={
        **BOT,
        **WEEK,
        "group_id": count("The group of questions that mean the same; -1 for those alone."),
        "group_name": string("A typical question of the group; null for those alone."),
        "questions": count("How often it was asked."),
        "users": count("Distinct people who asked it."),
        "share": always(number("Its share of all questions of the week.")),
    },
    sources=(QUESTIONS,),
    conservation_rule=ConservationRule(
        "frequent_questions_are_conserved",
        "Rows of questions = the sum of questions.",
        input_rows="SELECT count(*) FROM questions",
        output_rows="SELECT sum(questions) FROM frequent_questions",
    ),
)


UNSEEN_ANSWERS: Final = (
    "Answers by the bot itself: Telegram does not deliver a bot's own messages to it."
)

THREADS: Final = Mart(
    name="threads",
    description="What became of each question: who answered, how, and how soon.",
    limitations=f"{UNSEEN_ANSWERS} And whether what somebody says next is an answer.",
    columns={
        **BOT,
        **KIND,
        **LASTING_CHAT,
        **TOPIC,
        "message_id": int64("The question."),
        "user_id": int64("Who asked."),
        "asked_at": always(timestamp("When, in UTC.")),
        **WEEK,
        "group_id": always(int64("The group of questions that mean the same; -1 for one alone.")),
        "group_name": string("A typical question of the group; null for one alone."),
        "is_answer_visible": always(
            boolean("Whether anyone but the bot could answer: not in private, not as a guest.")
        ),
        "answer_message_id": int64("The answer, in the same chat; null without one."),
        "answerer_id": int64("Who answered: a user, or the chat that is spoken for."),
        "answered_by": string("bot or human; null without an answer."),
        "answered_through": string(
            "`reply`: the first reply to it, however late. `next`: what somebody else says next "
            "within an hour, who asks nothing, replies to nothing and gives no command."
        ),
        "answered_at": timestamp("When, in UTC."),
        "seconds_to_answer": int64("Seconds from the question to the answer."),
    },
    sources=(MESSAGES, QUESTIONS),
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
    limitations=f"{UNSEEN_ANSWERS} So questions asked in private, or of a guest, are left out.",
    columns={
        **BOT,
        **WEEK,
        "answered_by": always(string("`anyone`, or only a `bot`, or only a `human`.")),
        "questions": count("Questions of the week, the same for all three."),
        "answered": count("Of these, answered by them."),
        "unanswered_share": always(number("Share of the questions that they did not answer.")),
        "median_seconds": number("Seconds that half of the answers took at most; null if none."),
        "p90_seconds": number("Seconds that nine of ten answers took at most; null if none."),
    },
    sources=(THREADS,),
    conservation_rule=ConservationRule(
        "response_times_are_conserved",
        "Rows of threads with a visible answer = the sum of questions.",
        input_rows="SELECT count(*) FROM threads WHERE is_answer_visible",
        output_rows="SELECT sum(questions) FROM response_times WHERE answered_by = 'anyone'",
    ),
)

RESOLUTION: Final = Mart(
    name="resolution",
    description="Whether questions are resolved: answered, and not asked again.",
    limitations=f"{UNSEEN_ANSWERS} And whether an answer helped whoever says nothing afterwards.",
    columns={
        **BOT,
        "week": day("The Monday of the ISO week, in `TG_TIMEZONE`; null for all weeks in one."),
        "questions": count("Questions asked."),
        "unseen": count("Of these, asked in private or of a guest; all below is of the others."),
        "unanswered": count("Questions that nobody answered."),
        "answered": count("Questions that somebody answered."),
        "answered_by_bot": count("Of these, by a bot."),
        "answered_by_reply": count("Of the answered, by a reply: those answered for certain."),
        "thanked": count("Of the answered, followed by thanks within an hour (pt, en, es)."),
        "asked_again": count("Questions of a group that the same person asks again within a day."),
        "resolved": count("Answered, and not asked again."),
        "resolved_share": number("resolved / (answered + unanswered); null if there are none."),
    },
    sources=(MESSAGES, THREADS),
    conservation_rule=ConservationRule(
        "resolution_is_conserved",
        "Rows of threads = the sum of unseen, unanswered and answered.",
        input_rows="SELECT count(*) FROM threads",
        output_rows="SELECT sum(unseen + unanswered + answered) FROM resolution WHERE week IS NULL",
    ),
)
