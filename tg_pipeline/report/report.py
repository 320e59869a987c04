"""The whole report: report data in, one HTML file out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from markupsafe import Markup, escape

from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import ReportData, Subject
from tg_pipeline.report.page import Page, PageHead, PageSection, render_page
from tg_pipeline.report.sanitize import MAX_NAME, UserText, mask_mentions
from tg_pipeline.report.sections import activity, bot, health, members, questions
from tg_pipeline.report.summary import kpis, summary
from tg_pipeline.report.vega_bundle import bundle_vega

SECTIONS: Final[Mapping[str, Callable[[ReportData, Formatter], PageSection]]] = {
    activity.ACTIVITY: activity.activity,
    activity.HOURS: activity.hours,
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
    lead = _no_activity(data, fmt) if data.is_empty else summary(data, fmt)
    heading = _heading(data, fmt)
    title = fmt.messages.page.title.format(span=heading.striptags())
    head = PageHead(title, heading, lead, _source(data, fmt))
    return Page(head, [] if data.is_empty else kpis(data, fmt), build_sections(data, fmt))


def _heading(data: ReportData, fmt: Formatter) -> Markup:
    """Return the period, after the bot or the chat that the report is about."""
    texts, span = fmt.messages.page, escape(fmt.span(data.period))
    subjects = [(texts.bot, data.bot), (texts.chat, data.chat)]
    names = [
        fmt.sentence(template, name=_name(subject)) for template, subject in subjects if subject
    ]
    return fmt.sentence(texts.about, subject=Markup(", ").join(names), span=span) if names else span


def _name(subject: Subject) -> UserText:
    """Return a name with the @username, or the number of a bot or chat without either."""
    username = f"@{subject.username}" if subject.username else ""
    name = " ".join(filter(None, [subject.name, username])) or str(subject.number)
    return UserText(name, limit=MAX_NAME)


def _no_activity(data: ReportData, fmt: Formatter) -> str:
    texts = fmt.messages.page
    return texts.not_built if data.health.are_marts_behind else texts.no_activity


def _source(data: ReportData, fmt: Formatter) -> str:
    texts, landed = fmt.messages.page, data.health.last_landed
    zone = texts.source.format(zone=data.zone)
    if landed is None:
        return zone
    return f"{zone} {texts.last_landed.format(moment=fmt.moment(landed))}"


def _empty_lake(fmt: Formatter) -> Page:
    texts = fmt.messages.page
    return Page(PageHead(texts.empty_lake, texts.empty_lake, texts.empty_lake_lead, ""), [], [])


def _without_names(data: ReportData, fmt: Formatter) -> ReportData:
    """Return the data with people as numbers, and without the @usernames in questions.

    A name written out in a question stays, since it can't be told from any other word.
    """
    person = fmt.messages.page.person
    users = [
        replace(row, name=person.format(number=number)) for number, row in enumerate(data.users, 1)
    ]
    groups = [
        replace(row, name=mask_mentions(row.name)) if row.name else row for row in data.questions
    ]
    chat = data.chat
    if chat and chat.is_person:
        chat = Subject(chat.number)
    return replace(data, users=users, questions=groups, chat=chat)
