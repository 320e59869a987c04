"""`tg-pipeline summary`: the lake, the busiest hours, who writes, what is asked, what helps.

It ends with the report's first sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import escape
from rich.filesize import pick_unit_and_suffix
from rich.table import Table

from lambda_ingest.store import StoreError
from tg_pipeline.builds.report import ReportSource, latest_period, open_marts
from tg_pipeline.builds.staleness import DayState, day_states, known_days
from tg_pipeline.cli.console import one_line, out
from tg_pipeline.cli.results.report import report_source
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.marts.duckdb_engine import EngineError
from tg_pipeline.report.counting import build_overview, whole_period
from tg_pipeline.report.facts import Facts
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import Period
from tg_pipeline.report.queries import FACT_TABLES, Marts, read_facts
from tg_pipeline.settings import load_settings

BUSIEST_HOURS: Final = """
    SELECT hour, sum(messages) AS messages
    FROM hourly_activity
    GROUP BY hour
    ORDER BY messages DESC, hour
    LIMIT 3
"""

MOST_ACTIVE_USERS: Final = """
    SELECT user_id, first_name, sum(messages) AS messages
    FROM user_activity
    LEFT JOIN users USING (user_id)
    WHERE NOT user_activity.is_bot AND messages > 0
    GROUP BY user_id, first_name
    ORDER BY messages DESC, user_id
    LIMIT 3
"""

MOST_ASKED: Final = """
    SELECT topic_name, count(*) AS questions
    FROM questions
    WHERE NOT is_copy AND topic_id >= 0
    GROUP BY topic_name
    ORDER BY questions DESC, min(topic_id)
    LIMIT 3
"""

HELPED: Final = """
    SELECT
        coalesce(sum(issues - unseen), 0) AS issues,
        coalesce(sum(unseen), 0) AS unseen,
        coalesce(sum(answered), 0) AS answered,
        coalesce(sum(contained), 0) AS contained
    FROM containment
"""

OF_ALL_DAYS: Final = frozenset(
    {"hourly_activity", "user_activity", "users", "questions", "containment"}
)
"""The marts that these queries read."""

BAR_CELLS: Final = 24
"""Characters of the longest bar in a table."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """The rows of the queries, and the facts of the latest period, if it has updates."""

    hours: list[tuple[int, int]]
    users: list[tuple[int, str | None, int]]
    topics: list[tuple[str, int]]
    helped: list[tuple[int, int, int, int]]
    latest: tuple[Period, Facts] | None


def summary() -> None:
    """Show each layer's rows, the busiest hours, who writes most, what is asked, and what helps.

    In the language of TG_LANG.
    """
    settings = load_settings()
    fmt = Formatter(settings.language)
    source = report_source(settings)
    parameters = source.layer_parameters
    known = known_days(source.landing, source.lake, parameters.floors)
    states = day_states(source.landing, source.lake, known, parameters)
    out.print(_layers_table(states, fmt))
    _print_activity(source, fmt)


def first_sentence(period: Period, facts: Facts, fmt: Formatter) -> str:
    """Return the first sentence of the report: when, what, and whether the bot helps.

    It begins with the days that it is of.
    """
    # The template engine that the report is written with takes long to import.
    from tg_pipeline.report.sections.overview import overview_texts  # noqa: PLC0415

    chosen = whole_period(facts, period)
    overview = build_overview(facts, chosen, chosen.last)
    texts = overview_texts(overview, facts, chosen, fmt, has_texts=True)
    return f"{fmt.span(period)}: {one_line(escape(texts.lead).striptags())}"


def _layers_table(states: list[DayState], fmt: Formatter) -> Table:
    texts = fmt.messages.terminal
    table = Table(title=texts.lake)
    table.add_column(texts.layer)
    for name in (texts.days, texts.rows, texts.bytes, texts.duplicates, texts.quarantined):
        table.add_column(name, justify="right")
    quarantined = sum(state.layers[QUARANTINE.name].rows for state in states)
    duplicates = sum(state.layers[DEDUPED_UPDATES.name].duplicates for state in states)
    for layer in ALL_LAYERS:
        days = [state.layers[layer.name] for state in states]
        table.add_row(
            layer.name,
            fmt.number(sum(day.source is not None for day in days)),
            fmt.number(sum(day.rows for day in days)),
            _size(sum(day.bytes for day in days), fmt),
            fmt.number(duplicates) if layer is DEDUPED_UPDATES else "",
            fmt.number(quarantined) if layer is RAW_UPDATES else "",
        )
    return table


def _size(size: int, fmt: Formatter) -> str:
    unit, suffix = pick_unit_and_suffix(size, ["bytes", "kB", "MB", "GB", "TB"], 1000)
    return f"{fmt.number(size / unit, 1 if unit > 1 else 0)} {suffix}"


def _print_activity(source: ReportSource, fmt: Formatter) -> None:
    """Print, from the marts, when and what is written, by whom, and whether the bot helps."""
    texts, figures = fmt.messages.terminal, _read_figures(source)
    if not figures.hours:
        out.print(texts.no_messages)
        return
    ranked = [(f"{hour:02d}–{hour + 1:02d} h", count) for hour, count in figures.hours]
    titles = (texts.busiest.format(zone=source.parameters.timezone), texts.hour, texts.messages)
    out.print(_bars(*titles, ranked, fmt))
    ranked = [(f"{one_line(name or '?')} ({user})", count) for user, name, count in figures.users]
    out.print(_bars(texts.active, texts.person, texts.messages, ranked, fmt))
    if figures.topics:
        ranked = [(one_line(name), count) for name, count in figures.topics]
        out.print(_bars(texts.asked, texts.topic, texts.questions, ranked, fmt))
    ((issues, unseen, answered, contained),) = figures.helped
    for line in help_lines(issues, unseen, answered, contained, fmt):
        out.print(line, soft_wrap=True)
    if figures.latest:
        out.print(first_sentence(*figures.latest, fmt), soft_wrap=True)


def _read_figures(source: ReportSource) -> _Figures:
    """Read the marts, which can be kept for longer than updates. Raises StoreError."""
    built = source.lake.days(ENRICHED_UPDATES.name)
    period = latest_period(built)
    names = FACT_TABLES | OF_ALL_DAYS if period else OF_ALL_DAYS
    try:
        with open_marts(source, period, names, OF_ALL_DAYS) as marts:
            return _Figures(
                hours=_rows(marts, BUSIEST_HOURS),
                users=_rows(marts, MOST_ACTIVE_USERS),
                topics=_rows(marts, MOST_ASKED),
                helped=_rows(marts, HELPED),
                latest=(period, read_facts(marts, period, min(built))) if period else None,
            )
    except EngineError as error:
        raise StoreError(
            f"The marts can't be read: {error} If an earlier version built them, tg-pipeline run "
            "brings them up to date."
        ) from error


def help_lines(
    issues: int, unseen: int, answered: int, contained: int, fmt: Formatter
) -> Iterator[str]:
    """Yield whether the bot helps in private chats; nothing if nobody asks there."""
    texts, nouns = fmt.messages.terminal, fmt.messages.nouns
    if issues:
        yield texts.helps.format(
            answered=fmt.number(answered),
            issues=fmt.count(issues, nouns.issue),
            contained=fmt.number(contained),
        )
    if issues and unseen:
        yield texts.not_known.format(unseen=fmt.count(unseen, nouns.issue))
    elif unseen:
        yield texts.unrecorded


def _rows(marts: Marts, sql: str) -> list[tuple[Any, ...]]:
    return marts.connection.execute(sql).fetchall()


def _bars(
    title: str, what: str, counted: str, ranked: list[tuple[str, int]], fmt: Formatter
) -> Table:
    table = Table(title=title)
    table.add_column(what)
    table.add_column(counted, justify="right")
    table.add_column("")
    largest = max((count for _, count in ranked), default=1)
    for name, count in ranked:
        bar = "█" * max(1, round(BAR_CELLS * count / largest))
        table.add_row(name, fmt.number(count), bar)
    return table
