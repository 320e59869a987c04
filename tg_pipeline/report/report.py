"""The whole report: report data in, one HTML file out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from markupsafe import Markup, escape

from tg_pipeline.report.counting import build_overview, whole_period
from tg_pipeline.report.drawing.vega_bundle import bundle_vega
from tg_pipeline.report.facts import Facts
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import ReportData, Subject
from tg_pipeline.report.page import Page, PageHead, PageOverview, PageSection, render_page
from tg_pipeline.report.sanitize import MAX_NAME, UserText, mask_mentions
from tg_pipeline.report.sections import activity, bot, health, members, questions
from tg_pipeline.report.sections.filters import overview_filters, script_data
from tg_pipeline.report.sections.overview import chat_name, overview_texts
from tg_pipeline.report.summary import totals

_SPAN: Final = Markup('<span id="span">{}</span>')
"""What is shown, which the page's script replaces."""

MAX_BOTS: Final = 3
"""Bots that the heading names."""

MAX_SUBJECT: Final = 2 * MAX_NAME
"""Code points of a name with its @username."""

SECTIONS: Final[Mapping[str, Callable[[ReportData, Formatter], PageSection]]] = {
    activity.ACTIVITY: activity.activity,
    questions.QUESTIONS: questions.questions,
    bot.HELP: bot.helps,
    questions.ANSWERS: questions.answers,
    questions.RESPONSE_TIMES: questions.response_times,
    activity.COMMANDS: activity.commands,
    activity.BUTTONS: activity.buttons,
    activity.CONTENT: activity.content,
    activity.REACTIONS: activity.reactions,
    bot.SOURCES: bot.sources,
    bot.BLOCKS: bot.blocks,
    bot.CALLS: bot.calls,
    members.MEMBERS: members.members,
    members.RETENTION: members.retention,
    activity.PEOPLE: activity.people,
    health.HEALTH: health.health,
}
"""The sections in the order of the page."""

SHOWN_IF: Final[Mapping[str, Callable[[ReportData], bool]]] = {
    bot.HELP: lambda data: data.has_private_issues,
    questions.ANSWERS: lambda data: data.has_other_issues,
    questions.RESPONSE_TIMES: lambda data: data.has_other_issues,
    activity.BUTTONS: lambda data: bool(data.buttons) and not data.health.has_no_texts,
    bot.SOURCES: lambda data: bool(data.sources) and not data.health.has_no_texts,
    bot.BLOCKS: lambda data: bool(data.blocks),
    bot.CALLS: lambda data: bool(data.calls),
}
"""When a section is on the page; without an entry, always. Where texts are not kept, the data of
buttons and the payloads of /start are not either."""


def render_report(
    data: ReportData | None,
    language: str,
    *,
    hide_names: bool = False,
    read_vega: Callable[[], str] = bundle_vega,
) -> str:
    """Render the report as HTML in one of LANGUAGES; None is an empty lake.

    `read_vega` returns the script that draws the charts.
    """
    fmt = Formatter(language)
    if data is None:
        return render_page(_empty_lake(fmt), fmt, read_vega)
    shown = _without_names(data, fmt) if hide_names else data
    return render_page(_page(shown, fmt), fmt, read_vega)


def build_sections(data: ReportData, fmt: Formatter) -> list[PageSection]:
    """Build the sections; a period without activity has only the state of its data."""
    shown = [name for name in SECTIONS if name not in SHOWN_IF or SHOWN_IF[name](data)]
    names = [health.HEALTH] if data.is_empty else shown
    return [SECTIONS[name](data, fmt) for name in names]


def _page(data: ReportData, fmt: Formatter) -> Page:
    overview = None if data.is_empty or data.facts is None else _overview(data, data.facts, fmt)
    texts, span = fmt.messages.page, fmt.span(data.period)
    subject = _subject(data, fmt)
    about = f"{subject.striptags()}: {span}" if subject else span
    lead = overview.texts.lead if overview else _no_activity(data, fmt)
    head = PageHead(
        title=texts.title.format(span=about),
        kind=fmt.sentence(texts.about, subject=texts.kind, span=_SPAN.format(span)),
        heading=subject or span,
        lead=lead,
        source=_source(data, fmt),
        period=data.period,
    )
    shown = [] if data.is_empty else totals(data, fmt)
    return Page(head, shown, build_sections(data, fmt), overview)


def _overview(data: ReportData, facts: Facts, fmt: Formatter) -> PageOverview:
    over = data.today - timedelta(days=1) if data.today else data.period.last
    last_over, chosen = facts.number(over), whole_period(facts, data.period)
    overview = build_overview(facts, chosen, last_over)
    has_texts = not data.health.has_no_texts
    texts = overview_texts(overview, facts, chosen, fmt, has_texts=has_texts)
    shown = PageOverview(
        texts=texts,
        weekdays=fmt.short_weekdays(),
        hours_limit=fmt.messages.hours.limit.format(zone=data.zone),
        no_filters=fmt.messages.overview.no_filters,
    )
    if not facts.can_be_filtered:
        return shown
    chats = [(place, chat_name(facts, place, fmt)) for place in range(len(facts.chats))]
    return replace(
        shown,
        filters=overview_filters(facts, data.period, chats, fmt),
        no_filters="",
        data=script_data(facts, data.period, last_over, fmt, has_texts=has_texts),
    )


def _subject(data: ReportData, fmt: Formatter) -> Markup:
    """Return the names of the bots, or of the bot and the chat that are selected."""
    texts = fmt.messages.page
    bots = [data.bot] if data.bot else data.bots
    names = [
        fmt.sentence("{name}" if bot.name or bot.username else texts.bot, name=_name(bot))
        for bot in bots
    ]
    if len(bots) > MAX_BOTS:
        names = [escape(fmt.count(len(bots), fmt.messages.nouns.bot))]
    if data.chat:
        names.append(fmt.sentence(texts.chat, name=_name(data.chat)))
    return Markup(", ").join(names)


def _name(subject: Subject) -> UserText:
    """Return a name with the @username, or the number of a bot or chat without either."""
    username = f"@{subject.username}" if subject.username else ""
    name = " ".join(filter(None, [subject.name, username])) or str(subject.number)
    return UserText(name, limit=MAX_SUBJECT)


def _no_activity(data: ReportData, fmt: Formatter) -> str:
    texts = fmt.messages.page
    return texts.not_built if data.health.are_marts_behind else texts.no_activity


def _source(data: ReportData, fmt: Formatter) -> str:
    """Return what the figures are of, and why there is no comparison."""
    texts, summary, health = fmt.messages.page, fmt.messages.summary, data.health
    sentences = [texts.source.format(zone=data.zone)]
    if health.last_landed:
        sentences.append(texts.last_landed.format(moment=fmt.moment(health.last_landed)))
    if data.today and data.today in data.period:
        sentences.append(summary.not_over.format(date=fmt.full_date(data.today)))
    if data.previous is None and health.first_day:
        sentences.append(summary.no_comparison.format(date=fmt.full_date(health.first_day)))
    return " ".join(sentences)


def _empty_lake(fmt: Formatter) -> Page:
    texts = fmt.messages.page
    head = PageHead(texts.empty_lake, texts.kind, texts.empty_lake, texts.empty_lake_lead, "")
    return Page(head, [], [])


def _without_names(data: ReportData, fmt: Formatter) -> ReportData:
    """Return the data with people as numbers, and without the @usernames in questions.

    A name written out in a question stays, since it can't be told from any other word.
    """
    asked = data.facts.people_ids if data.facts else ()
    ids = dict.fromkeys([*asked, *(row.person for row in data.users)])
    names = {
        person: fmt.messages.page.person.format(number=number)
        for number, person in enumerate(ids, 1)
    }
    users = [replace(row, name=names[row.person]) for row in data.users]
    groups = [
        replace(row, name=mask_mentions(row.name)) if row.name else row for row in data.questions
    ]
    chat = data.chat
    if chat and chat.is_person:
        chat = Subject(chat.number)
    facts = data.facts and data.facts.without_names([names[person] for person in asked])
    return replace(data, users=users, questions=groups, chat=chat, facts=facts)
