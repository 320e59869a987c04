"""`tg-pipeline summary`: the size of the lake, the busiest hours, and who writes most."""

from typing import TYPE_CHECKING, Any, Final

from rich.filesize import decimal
from rich.table import Table

from lambda_ingest.store import StoreError
from tg_pipeline.builds.parameters import layer_parameters
from tg_pipeline.builds.staleness import DayState, day_states, known_days
from tg_pipeline.cli.console import one_line, out
from tg_pipeline.cli.context import open_lake, open_landing
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.settings import load_settings

if TYPE_CHECKING:
    from tg_pipeline.query.session import Session

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

BAR_CELLS: Final = 24
"""Characters of the longest bar in a table."""


def summary() -> None:
    """Show the rows of each layer, the busiest hours, and the people who write most."""
    settings = load_settings()
    landing, lake = open_landing(settings), open_lake(settings)
    parameters = layer_parameters(settings, landing)
    states = day_states(landing, lake, known_days(landing, lake, parameters.floors), parameters)
    out.print(_layers_table(states))
    _print_activity(lake, settings.timezone)


def _layers_table(states: list[DayState]) -> Table:
    table = Table(title="The lake")
    table.add_column("layer")
    for name in ("days", "rows", "bytes", "duplicates", "quarantined"):
        table.add_column(name, justify="right")
    quarantined = sum(state.layers[QUARANTINE.name].rows for state in states)
    duplicates = sum(state.layers[DEDUPED_UPDATES.name].duplicates for state in states)
    for layer in ALL_LAYERS:
        days = [state.layers[layer.name] for state in states]
        table.add_row(
            layer.name,
            f"{sum(day.source is not None for day in days):,}",
            f"{sum(day.rows for day in days):,}",
            decimal(sum(day.bytes for day in days)),
            f"{duplicates:,}" if layer is DEDUPED_UPDATES else "",
            f"{quarantined:,}" if layer is RAW_UPDATES else "",
        )
    return table


def _print_activity(lake: Lake, timezone: str) -> None:
    """Print the hours in which most is written, and the people who write most, from the marts."""
    # DuckDB's import takes 0.2 s, and other commands don't need it.
    from tg_pipeline.query.session import QueryError, open_session  # noqa: PLC0415
    from tg_pipeline.query.tables import MARTS  # noqa: PLC0415

    try:
        with open_session(lake, timezone, MARTS) as session:
            hours, users = _rows(session, BUSIEST_HOURS), _rows(session, MOST_ACTIVE_USERS)
    except QueryError as error:
        raise StoreError(f"The marts can't be read: {error}") from error
    if not hours:
        out.print("The marts hold no messages yet: tg-pipeline run builds them.")
        return
    ranked = [(f"{hour:02d}–{hour + 1:02d} h", count) for hour, count in hours]
    out.print(_bars(f"The busiest hours ({timezone})", "hour", ranked))
    ranked = [(f"{one_line(name or '?')} ({user})", count) for user, name, count in users]
    out.print(_bars("The most active people", "person", ranked))


def _rows(session: "Session", sql: str) -> list[tuple[Any, ...]]:
    (statement,) = session.statements(sql)
    return session.ask(statement, lambda relation: relation.fetchall())


def _bars(title: str, what: str, ranked: list[tuple[str, int]]) -> Table:
    table = Table(title=title)
    table.add_column(what)
    table.add_column("messages", justify="right")
    table.add_column("")
    largest = max((count for _, count in ranked), default=1)
    for name, count in ranked:
        table.add_row(name, f"{count:,}", "█" * max(1, round(BAR_CELLS * count / largest)))
    return table
