"""A report that names nobody: people as numbers, mentions masked."""

from dataclasses import replace

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.user_text import without_mentions
from tg_pipeline.marts.report.words import words_of


def without_names(facts: Facts, say: Speech) -> Facts:
    """Give the same facts with users as numbers, and without the @usernames in questions.

    A name that somebody wrote out in a question stays: nothing tells it from any other word.
    """
    user = words_of(say).page.user
    users = [
        replace(row, name=user.format(number=number)) for number, row in enumerate(facts.users, 1)
    ]
    questions = [
        replace(row, name=without_mentions(row.name)) if row.name else row
        for row in facts.questions
    ]
    return replace(facts, users=users, questions=questions)
