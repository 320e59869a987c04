"""What becomes of questions: marts of all days, made of messages and questions."""

from typing import Final

from tg_pipeline.layers.schema import always, boolean, int64, string, timestamp
from tg_pipeline.marts.columns import BOT, KIND, LASTING_CHAT, TOPIC, WEEK, count, day, number
from tg_pipeline.marts.mart import Law, Mart
from tg_pipeline.marts.message_marts import MESSAGES, QUESTIONS

UNSEEN: Final = "Answers by the bot itself: Telegram does not deliver a bot's own messages to it."

THREADS: Final = Mart(
    name="threads",
    answers="What became of each question: who answered, how, and how soon.",
    cannot_know=f"{UNSEEN} And whether what somebody says next is an answer.",
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
    law=Law(
        "threads_are_questions",
        "Rows of questions = rows of threads.",
        entered="SELECT count(*) FROM questions",
        accounted="SELECT count(*) FROM threads",
    ),
)

RESPONSE_TIMES: Final = Mart(
    name="response_times",
    answers="How long people wait for an answer, and how many wait in vain.",
    cannot_know=f"{UNSEEN} So questions asked in private, or of a guest, are left out.",
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
    law=Law(
        "response_times_are_conserved",
        "Rows of threads with a visible answer = the sum of questions.",
        entered="SELECT count(*) FROM threads WHERE is_answer_visible",
        accounted="SELECT sum(questions) FROM response_times WHERE answered_by = 'anyone'",
    ),
)

RESOLUTION: Final = Mart(
    name="resolution",
    answers="Whether questions are resolved: answered, and not asked again.",
    cannot_know=f"{UNSEEN} And whether an answer helped whoever says nothing afterwards.",
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
    law=Law(
        "resolution_is_conserved",
        "Rows of threads = the sum of unseen, unanswered and answered.",
        entered="SELECT count(*) FROM threads",
        accounted="SELECT sum(unseen + unanswered + answered) FROM resolution WHERE week IS NULL",
    ),
)
