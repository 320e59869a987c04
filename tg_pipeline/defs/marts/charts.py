"""Charts on the pages of assets: Markdown tables with bars, and one-line column charts.

Dagster's UI shows Markdown of less than 1,000 characters in place and links to longer text, so each
chart stays below that whatever names it shows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.lake.partitions import Lake, PartitionName
from tg_pipeline.marts.mart import Mart

MAX_BARS: Final = 8
"""Rows of a bar table."""

BAR_CELLS: Final = 20
"""Characters of the longest bar."""

LABEL_CHARACTERS: Final = 22

MAX_COLUMNS: Final = 60
"""Columns of a column chart; older ones are left out."""

COLUMN_CELLS: Final = "▁▂▃▄▅▆▇█"

HOURS: Final = 24

ANSWERED_BY_ANYONE: Final = "anyone"
"""The value of response_times.answered_by in rows about all answers."""

Draw = Callable[[str, pa.Table], str]
"""A function of a chart's title and columns; it returns Markdown."""

Count = tuple[str, int]
"""A label and its number."""


def bar_table(title: str, counts: Sequence[Count], unit: str = "", whole: int | None = None) -> str:
    """Return a Markdown table with one bar per count, in the given order, up to MAX_BARS.

    The longest bar stands for `whole`, or for the largest count.
    """
    shown = counts[:MAX_BARS]
    longest = whole or max((count for _, count in shown), default=0) or 1
    rows = [(_label(name), f"{count:,}{unit}", _bar(count, longest)) for name, count in shown]
    return _table((title, "", ""), rows)


def column_chart(title: str, points: Sequence[Count]) -> str:
    """Return a Markdown table with one line of columns, the newest last, and its largest value."""
    shown = points[-MAX_COLUMNS:]
    if not shown:
        return _table((title,), [])
    tallest = max(1, *(count for _, count in shown))
    top = len(COLUMN_CELLS) - 1
    columns = "".join(COLUMN_CELLS[round(top * max(count, 0) / tallest)] for _, count in shown)
    span = f"{shown[0][0]} – {shown[-1][0]}"
    return _table((title, "largest", ""), [(f"`{columns}`", f"{tallest:,}", span)])


def hour_chart(title: str, counts: Sequence[int]) -> str:
    """Return a column chart of the hours of a day, from midnight."""
    return column_chart(title, [(f"{hour} h", count) for hour, count in enumerate(counts)])


def day_chart(title: str, counts: Mapping[date, int]) -> str:
    """Return a column chart from the first to the last day; days without a count are 0."""
    if not counts:
        return column_chart(title, [])
    first, last = min(counts), max(counts)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return column_chart(title, [(day.isoformat(), counts.get(day, 0)) for day in days])


@dataclass(frozen=True, slots=True)
class MartChart:
    """The chart of a mart: its metadata key, the columns it reads, and how to draw it."""

    name: str
    columns: tuple[str, ...]
    draw: Draw
    """It gets those columns, in that order."""


def mart_chart(
    lake: Lake, mart: Mart, day: PartitionName, *, names_people: bool
) -> Mapping[str, dg.MetadataValue[Any]]:
    """Return the chart of a mart, or of one of its days, under its key; empty without rows.

    With `names_people`, it may show names, and questions as they were asked.
    """
    own = CHARTS_OF_PEOPLE.get(mart.name) if names_people else None
    chart = own or MART_CHARTS[mart.name]
    columns = list(chart.columns)
    with lake.open(mart.name, day) as partition:
        batches = list(partition.project(columns))
    if not batches:
        return {}
    rows = pa.Table.from_batches(batches).select(columns)
    return {chart.name: dg.MetadataValue.md(chart.draw(chart.name.replace("_", " "), rows))}


def top_n(title: str, rows: pa.Table) -> str:
    """Draw the labels with the largest sums of the last column, or the most rows.

    If there are several label columns, the first that has a value counts. Rows without a label are
    left out.
    """
    *labels, numbers = rows.columns if rows.num_columns > 1 else (rows[0], _ones(rows))
    sums = _sums(pc.coalesce(*labels), numbers)
    named = [(label, count) for label, count in sums.items() if label is not None and count]
    return bar_table(title, sorted(named, key=lambda each: (-each[1], each[0])))


def by_group(title: str, rows: pa.Table) -> str:
    """Draw the sum by the title of the group, or by the type of chat: private ones have names."""
    chat_ids, titles, types, numbers = rows.columns
    titles = pc.if_else(pc.less(chat_ids, 0), titles, None)
    return top_n(title, pa.table([titles, types, numbers], ["title", "type", "n"]))


def by_week(title: str, rows: pa.Table) -> str:
    """Draw the sum of each of the last weeks."""
    sums = _last_weeks(_sums(*rows.columns))
    return bar_table(title, [(week, int(number)) for week, number in sums.items()])


def without_copies(draw: Draw) -> Draw:
    """Return `draw` for the rows that are not copies; its last column says which are."""

    def draw_others(title: str, rows: pa.Table) -> str:
        *names, is_copy = rows.column_names
        return draw(title, rows.filter(pc.invert(rows[is_copy])).select(names))

    return draw_others


def column_sums(title: str, rows: pa.Table) -> str:
    """Draw the sum of each column, labelled with the column's name."""
    return bar_table(title, [(name, pc.sum(rows[name]).as_py()) for name in rows.column_names])


def by_hour(title: str, rows: pa.Table) -> str:
    """Draw the sum of each hour of the day."""
    sums = _sums(*rows.columns)
    return hour_chart(title, [sums.get(hour, 0) for hour in range(HOURS)])


def by_day(title: str, rows: pa.Table) -> str:
    """Draw the sum of each day, or its rows."""
    days, numbers = rows.columns if rows.num_columns > 1 else (rows[0], _ones(rows))
    return day_chart(title, _sums(days, numbers))


def retention(title: str, rows: pa.Table) -> str:
    """Draw the share of newcomers that came back one week later, two weeks later, …."""
    shares = _ratios(*rows.columns)
    later = {f"week {offset}": share for offset, share in sorted(shares.items()) if offset > 0}
    return bar_table(title, _percentages(later), " %", whole=100)


def answered_by(title: str, rows: pa.Table) -> str:
    """Draw who answered the issues, or else their outcome, where answers are visible."""
    who, outcomes, is_visible, is_start, is_copy = rows.columns
    is_counted = pc.and_(pc.and_(is_visible, is_start), pc.invert(is_copy))
    labels = pc.coalesce(who, outcomes)
    return top_n(title, pa.table([labels, is_counted.cast(pa.int64())], ["who", "n"]))


def median_wait(title: str, rows: pa.Table) -> str:
    """Draw the median wait of the last weeks; several bots are averaged, weighted by answers."""
    known = rows.filter(
        pc.and_(pc.equal(rows["answered_by"], ANSWERED_BY_ANYONE), pc.greater(rows["answered"], 0))
    )
    seconds = pc.multiply(known["median_seconds"], known["answered"])
    means = _last_weeks(_ratios(known["week"], seconds, known["answered"]))
    return bar_table(title, [(week, round(mean)) for week, mean in means.items()], " s")


def resolved_share(title: str, rows: pa.Table) -> str:
    """Draw the share of resolved issues in each of the last weeks."""
    weeks = rows.filter(pc.is_valid(rows["week"]))
    visible = pc.subtract(weeks["issues"], weeks["unseen"])
    shares = _last_weeks(_ratios(weeks["week"], weeks["resolved"], visible))
    return bar_table(title, _percentages(shares), " %", whole=100)


MART_CHARTS: Final = {
    "daily_activity": MartChart(
        "messages_by_chat", ("chat_id", "chat_title", "chat_type", "messages"), by_group
    ),
    "hourly_activity": MartChart("messages_by_hour", ("hour", "messages"), by_hour),
    "user_activity": MartChart(
        "what_people_did", ("messages", "commands", "edits", "reactions", "presses"), column_sums
    ),
    "commands": MartChart("uses_by_command", ("command", "uses"), top_n),
    "content_mix": MartChart("messages_by_content", ("content_type", "messages"), top_n),
    "reactions": MartChart("given_by_reaction", ("reaction", "added"), top_n),
    "members": MartChart("joins_and_leaves", ("joins", "leaves"), column_sums),
    "bot_calls": MartChart("calls_by_method", ("method", "calls"), top_n),
    "blocks": MartChart("blocks_and_unblocks", ("blocked", "unblocked"), column_sums),
    "buttons": MartChart("presses", ("presses", "users"), column_sums),
    "bots": MartChart("updates_by_bot", ("username", "first_name", "updates"), top_n),
    "users": MartChart("users_by_language_of_the_app", ("language_code",), top_n),
    "chats": MartChart("chats_by_type", ("type",), top_n),
    "active_users": MartChart("people_by_day", ("day", "daily_users"), by_day),
    "retention": MartChart(
        "share_back_by_week_since", ("week_offset", "returned", "cohort_size"), retention
    ),
    "sources": MartChart(
        "people_by_return", ("users", "new_users", "returned_7", "returned_28"), column_sums
    ),
    "messages": MartChart("messages_by_day", ("sent_on", "is_copy"), without_copies(by_day)),
    "detected_questions": MartChart(
        "questions_by_language", ("language", "is_copy"), without_copies(top_n)
    ),
    "small_talk": MartChart("small_talk_by_kind", ("kind", "is_copy"), without_copies(top_n)),
    "questions": MartChart("questions_by_language", ("language", "is_copy"), without_copies(top_n)),
    "frequent_questions": MartChart("questions_by_week", ("week", "questions"), by_week),
    "frequent_topics": MartChart("questions_by_week", ("week", "questions"), by_week),
    "answers": MartChart(
        "questions_and_placebo_by_outcome", ("outcome", "is_copy"), without_copies(top_n)
    ),
    "threads": MartChart(
        "answers_by_whom",
        ("answered_by", "outcome", "is_answer_visible", "is_issue_start", "is_copy"),
        answered_by,
    ),
    "response_times": MartChart(
        "median_wait_by_week", ("week", "answered_by", "answered", "median_seconds"), median_wait
    ),
    "resolution": MartChart(
        "share_resolved_by_week", ("week", "resolved", "issues", "unseen"), resolved_share
    ),
    "fallback_answers": MartChart("answers_that_know_nothing", ("answers", "chats"), column_sums),
    "containment": MartChart(
        "private_issues_by_outcome",
        ("contained", "asked_again", "fallback", "silent", "unknown", "unseen"),
        column_sums,
    ),
}
"""By mart. A daily mart's chart shows one day, a monthly mart's the last month, any other all.

They show no names of people and nothing that they wrote.
"""

CHARTS_OF_PEOPLE: Final = {
    "user_activity": MartChart("messages_by_first_name", ("user_first_name", "messages"), top_n),
    "frequent_questions": MartChart("most_asked", ("group_name", "questions"), top_n),
    "frequent_topics": MartChart("most_asked_topics", ("topic_name", "questions"), top_n),
}
"""By mart: shown instead with TG_PREVIEWS=yes."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bar(count: int, longest: int) -> str:
    """Return a bar, of at least one character unless the count is 0."""
    return "█" * max(round(BAR_CELLS * count / longest), count > 0)


def _label(name: str) -> str:
    """Return a name as a code span, so that no text of a user becomes markup."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    short = printable.strip()[:LABEL_CHARACTERS].replace("`", "'").replace("|", "\\|")
    return f"`{short}`" if short else ""


def _ones(rows: pa.Table) -> pa.Array:
    return pa.repeat(1, rows.num_rows)


def _sums(keys: pa.Array, numbers: pa.Array) -> dict[Any, Any]:
    groups = pa.table([keys, numbers], ["key", "number"]).group_by("key")
    sums = groups.aggregate([("number", "sum")])
    return dict(zip(sums["key"].to_pylist(), sums["number_sum"].to_pylist(), strict=True))


def _ratios(keys: pa.Array, parts: pa.Array, wholes: pa.Array) -> dict[Any, float]:
    """Return the sum of parts divided by the sum of wholes, by key; 0 if the wholes sum to 0."""
    part_sums, whole_sums = _sums(keys, parts), _sums(keys, wholes)
    return {key: part_sums[key] / whole if whole else 0 for key, whole in whole_sums.items()}


def _last_weeks(by_week: dict[date, float]) -> dict[str, float]:
    return {week.isoformat(): by_week[week] for week in sorted(by_week)[-MAX_BARS:]}


def _percentages(shares: dict[str, float]) -> list[Count]:
    return [(label, round(100 * share)) for label, share in shares.items()]
