"""Every message, and the questions among them: marts of all days."""

from typing import Final

from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Column, always, boolean, int64, string, timestamp
from tg_pipeline.marts.columns import BOT, KIND, LASTING_CHAT, TOPIC, WEEK, count, day, number
from tg_pipeline.marts.mart import Law, Mart
from tg_pipeline.questions import QUESTIONS_SCHEMA, find_questions

MESSAGES: Final = Mart(
    name="messages",
    answers="Every message once, as it reads now.",
    cannot_know="What the bot wrote, what was deleted, and corrections that were not delivered.",
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
    law=Law(
        "messages_are_counted_once",
        "Distinct messages in enriched_updates = rows of messages.",
        entered="SELECT count(*) FROM (SELECT DISTINCT bot_id, "
        "replace(update_type, 'edited_', ''), chat_id, message_id, "
        "CASE WHEN coalesce(message_id, 0) = 0 THEN update_id END FROM enriched_updates "
        "WHERE update_type IN ('message', 'channel_post', 'business_message', 'guest_message', "
        "'edited_message', 'edited_channel_post', 'edited_business_message'))",
        accounted="SELECT count(*) FROM messages",
    ),
)

QUESTIONS: Final = Mart(
    name="questions",
    answers="What people ask, with the questions that mean the same in one group.",
    cannot_know="What is asked in pictures and voice, or in other languages than pt, en and es.",
    columns={
        field.name: Column(
            field.type, field.metadata[b"description"].decode(), required=not field.nullable
        )
        for field in QUESTIONS_SCHEMA
    },
    sources=(MESSAGES,),
    law=Law(
        "questions_are_messages",
        "Messages that are questions = rows of questions.",
        entered="SELECT count(*) FROM messages SEMI JOIN questions "
        "USING (bot_id, kind, chat_id, message_id, sent_at)",
        accounted="SELECT count(*) FROM questions",
    ),
    step=find_questions,
)

FREQUENT_QUESTIONS: Final = Mart(
    name="frequent_questions",
    answers="What is asked most, week by week.",
    cannot_know="Questions that mean the same but share no words may stand in two groups.",
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
    law=Law(
        "frequent_questions_are_conserved",
        "Rows of questions = the sum of questions.",
        entered="SELECT count(*) FROM questions",
        accounted="SELECT sum(questions) FROM frequent_questions",
    ),
)
