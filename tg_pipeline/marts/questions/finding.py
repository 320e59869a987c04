"""From messages to questions in groups that mean the same."""

import pyarrow as pa

from tg_pipeline.marts.questions.picking import pick_questions
from tg_pipeline.marts.questions.schema import QUESTIONS_SCHEMA


def find_questions(messages: pa.Table) -> pa.Table:
    """Give one row a question, in QUESTIONS_SCHEMA, in the order they were asked.

    Takes bot_id, kind, chat_id, message_id, user_id, sent_at and text of messages, in any order:
    the same messages give the same table. Where there is a column is_bot, what bots wrote is no
    question.
    """
    picked = pick_questions(messages)
    if not picked.num_rows:
        return QUESTIONS_SCHEMA.empty_table()
    # numpy and scipy take half a second to import, which only those who find questions need wait.
    from tg_pipeline.marts.questions.naming import name_groups  # noqa: PLC0415

    return name_groups(picked).cast(QUESTIONS_SCHEMA)
