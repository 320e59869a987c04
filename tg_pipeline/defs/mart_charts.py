"""How columns of a mart become a small chart: names with bars, hours, days, weeks."""

from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.defs.named_bars import MOST_NAMES, OF_A_HUNDRED, SECONDS, Named, named_bars
from tg_pipeline.defs.pictures import HOURS, hour_plot
from tg_pipeline.defs.report_pictures import bar_plot

NOBODY: Final = "nobody"
"""Who answered a question that was not answered."""

ANYONE: Final = "anyone"
"""How response_times calls answers by whomever."""


def most(title: str, rows: pa.Table) -> str:
    """Draw the names that come most often, or have the largest sums of the last column.

    Of several columns of names the first that knows one counts; who has no name is left out.
    """
    *names, numbers = rows.columns if rows.num_columns > 1 else (rows[0], _ones(rows))
    sums = _sums(pc.coalesce(*names), numbers)
    named = [(name, count) for name, count in sums.items() if name is not None and count]
    return named_bars(title, sorted(named, key=lambda each: (-each[1], each[0])))


def columns_as_bars(title: str, rows: pa.Table) -> str:
    """Draw the sum of each column, under the column's name."""
    return named_bars(title, [(name, pc.sum(rows[name]).as_py()) for name in rows.column_names])


def by_hour(_title: str, rows: pa.Table) -> str:
    """Draw the sums of each hour of the day."""
    sums = _sums(*rows.columns)
    return hour_plot([sums.get(hour, 0) for hour in range(HOURS)])


def by_day(title: str, rows: pa.Table) -> str:
    """Draw how often each day comes, or its sum; days between that have none are shown too."""
    days, numbers = rows.columns if rows.num_columns > 1 else (rows[0], _ones(rows))
    sums = _sums(days, numbers)
    return bar_plot(title, [sums.get(day, 0) for day in _days(min(sums), max(sums))])


def came_back(title: str, rows: pa.Table) -> str:
    """Draw the share of newcomers that came back one week later, two weeks later, …."""
    offsets, returned, sizes = rows.columns
    shares = _quotients(offsets, returned, sizes)
    later = [(f"week {offset}", share) for offset, share in sorted(shares.items()) if offset > 0]
    return named_bars(title, _per_cent(later), OF_A_HUNDRED)


def answers(title: str, rows: pa.Table) -> str:
    """Draw by whom questions were answered, where that can be seen."""
    who, is_visible = rows.columns
    return most(
        title, pa.table([pc.fill_null(who, NOBODY), is_visible.cast(pa.int64())], ["", "n"])
    )


def waits(title: str, rows: pa.Table) -> str:
    """Draw the median waits of the last weeks; of several bots the mean, by answers to each."""
    known = rows.filter(
        pc.and_(pc.equal(rows["answered_by"], ANYONE), pc.greater(rows["answered"], 0))
    )
    seconds = pc.multiply(known["median_seconds"], known["answered"])
    means = _quotients(known["week"], seconds, known["answered"])
    return named_bars(title, [(week, round(mean)) for week, mean in _last(means)], SECONDS)


def resolved(title: str, rows: pa.Table) -> str:
    """Draw the share of the questions that were resolved, in each of the last weeks."""
    weeks = rows.filter(pc.is_valid(rows["week"]))
    seen = pc.add(weeks["answered"], weeks["unanswered"])
    shares = _quotients(weeks["week"], weeks["resolved"], seen)
    return named_bars(title, _per_cent(_last(shares)), OF_A_HUNDRED)


def _last(of_weeks: dict[date, float]) -> list[tuple[str, float]]:
    return [(week.isoformat(), of_weeks[week]) for week in sorted(of_weeks)[-MOST_NAMES:]]


def _per_cent(shares: list[tuple[str, float]]) -> list[Named]:
    return [(name, round(100 * share)) for name, share in shares]


def _ones(rows: pa.Table) -> pa.Array:
    return pa.repeat(1, rows.num_rows)


def _sums(keys: pa.Array, numbers: pa.Array) -> dict[Any, Any]:
    sums = (
        pa.table([keys, numbers], ["key", "number"]).group_by("key").aggregate([("number", "sum")])
    )
    return dict(zip(sums["key"].to_pylist(), sums["number_sum"].to_pylist(), strict=True))


def _quotients(keys: pa.Array, parts: pa.Array, wholes: pa.Array) -> dict[Any, float]:
    """Give what the parts of each key are of its wholes; 0 where there is no whole."""
    part_sums, whole_sums = _sums(keys, parts), _sums(keys, wholes)
    return {key: part_sums[key] / whole if whole else 0 for key, whole in whole_sums.items()}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
