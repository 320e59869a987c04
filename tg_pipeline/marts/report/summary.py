"""The period in a few sentences."""

from markupsafe import Markup

from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.speech import Noun, Speech
from tg_pipeline.marts.report.words import words_of


def in_words(facts: Facts, say: Speech) -> Markup:
    """Give the period in sentences, and how it differs from the one before."""
    sentences = [_lead(facts, say), *_answers(facts.now, say), _members(facts.now, say)]
    return Markup(" ").join([*sentences, _compared(facts, say)])


def _lead(facts: Facts, say: Speech) -> Markup:
    nouns, now = words_of(say).nouns, facts.now
    return say.sentence(
        words_of(say).summary.lead,
        days=say.count(facts.period.days, nouns.day),
        people=say.count(now.users, nouns.active_person),
        messages=say.count(now.messages, nouns.message),
        questions=say.count(now.questions, nouns.question),
    )


def _answers(now: Headline, say: Speech) -> list[Markup]:
    words = words_of(say).summary
    if now.answered_share is None or now.replied_share is None:
        return []
    if now.median_seconds is None:
        return [say.sentence(words.answered_nothing)]
    share, replied = say.percent(now.answered_share), say.percent(now.replied_share)
    wait = say.duration(now.median_seconds)
    return [say.sentence(words.answered, share=share, replied=replied, wait=wait)]


def _members(now: Headline, say: Speech) -> Markup:
    words = words_of(say).summary
    return say.sentence(words.members, joins=say.number(now.joins), leaves=say.number(now.leaves))


def _compared(facts: Facts, say: Speech) -> Markup:
    words, nouns = words_of(say).summary, words_of(say).nouns
    now, before, first = facts.now, facts.before, facts.health.first_day
    if before is None:
        return say.sentence(words.no_comparison, date=say.full_date(first)) if first else Markup("")
    return say.sentence(
        words.compared,
        days=say.count(facts.period.days, nouns.day),
        span=say.span(facts.period.before()),
        messages=_more(now.messages, before.messages, nouns.message, say),
        people=_more(now.users, before.users, nouns.active_person, say),
        questions=_more(now.questions, before.questions, nouns.question, say),
    )


def _more(now: int, before: int, noun: Noun, say: Speech) -> str:
    words = words_of(say).summary
    if now == before:
        return words.same.format(things=noun.many)
    if not before:
        things = noun.one if now == 1 else noun.many
        return words.after_none.format(number=say.number(now), things=things)
    template = words.more if now > before else words.fewer
    return template.format(percent=say.percent(abs(now - before) / before), things=noun.many)
