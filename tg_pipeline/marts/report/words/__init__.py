"""All words of the report, in each language: a text that is missing is a type error."""

from dataclasses import dataclass
from typing import Final

from tg_pipeline.marts.report.language import EN, PT
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.words import (
    activity,
    answers,
    health,
    hours,
    members,
    nouns,
    page,
    questions,
    retention,
    summary,
    tallies,
    users,
    waits,
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of each part of the page."""

    nouns: nouns.Nouns
    page: page.PageWords
    summary: summary.SummaryWords
    activity: activity.ActivityWords
    hours: hours.HoursWords
    questions: questions.QuestionsWords
    answers: answers.AnswersWords
    waits: waits.WaitsWords
    commands: tallies.TallyWords
    content: tallies.TallyWords
    reactions: tallies.TallyWords
    members: members.MembersWords
    retention: retention.RetentionWords
    users: users.UsersWords
    health: health.HealthWords


_EN: Final = Words(
    nouns=nouns.EN,
    page=page.EN,
    summary=summary.EN,
    activity=activity.EN,
    hours=hours.EN,
    questions=questions.EN,
    answers=answers.EN,
    waits=waits.EN,
    commands=tallies.COMMANDS_EN,
    content=tallies.CONTENT_EN,
    reactions=tallies.REACTIONS_EN,
    members=members.EN,
    retention=retention.EN,
    users=users.EN,
    health=health.EN,
)

_PT: Final = Words(
    nouns=nouns.PT,
    page=page.PT,
    summary=summary.PT,
    activity=activity.PT,
    hours=hours.PT,
    questions=questions.PT,
    answers=answers.PT,
    waits=waits.PT,
    commands=tallies.COMMANDS_PT,
    content=tallies.CONTENT_PT,
    reactions=tallies.REACTIONS_PT,
    members=members.PT,
    retention=retention.PT,
    users=users.PT,
    health=health.PT,
)

ALL_WORDS: Final = {EN.code: _EN, PT.code: _PT}


def words_of(say: Speech) -> Words:
    """Give the words of the language that is spoken."""
    return ALL_WORDS[say.language.code]
