"""`tg-pipeline topics`: the topics that were found, as a start for the operator's own."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from tg_pipeline.builds.parameters import read_operator_topics
from tg_pipeline.cli.context import show, warn
from tg_pipeline.cli.results.output_file import replacement
from tg_pipeline.cli.results.sql import open_stored_lake
from tg_pipeline.exceptions import CommandError
from tg_pipeline.questions.operator_topics import topics_csv
from tg_pipeline.settings import Settings, load_settings

OWNER_ONLY: Final = 0o600
"""The mode of a new file."""

WORDINGS: Final = r"""
    WITH wordings AS (
        SELECT
            topic_id,
            topic_name,
            trim(regexp_replace(text, '[\pC\s]+', ' ', 'g')) AS wording,
            count(*) AS questions
        FROM questions
        WHERE NOT is_copy AND topic_id >= 0
        GROUP BY ALL
    )
    SELECT topic_name, wording
    FROM wordings
    QUALIFY row_number() OVER (
        PARTITION BY topic_id ORDER BY questions DESC, length(wording), wording
    ) <= {examples}
    ORDER BY topic_id, questions DESC, length(wording), wording
"""
"""The most frequent wordings of each topic, each in one line; the largest topic first."""

Output = Annotated[
    Path | None, typer.Option("--output", help="File to write. [default: standard output]")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]
Topics = Annotated[int, typer.Option("--topics", min=1, help="Number of topics to add.")]
Examples = Annotated[int, typer.Option("--examples", min=1, help="Most wordings of a topic.")]


def topics(
    output: Output = None, force: Force = False, number: Topics = 10, examples: Examples = 5
) -> None:
    """Write the topics asked most with their most frequent wordings, to edit for TG_TOPICS.

    The topics of TG_TOPICS come first, as they are. Cells of the others that a spreadsheet would
    calculate begin with a '.
    """
    settings = load_settings()
    kept = read_operator_topics(settings)
    content = topics_csv(kept, _wordings(settings, examples), number).encode()
    if output is None:
        sys.stdout.buffer.write(content)
        return
    if output.exists() and not force:
        raise CommandError(f"{output} exists: --force replaces it.")
    with replacement(output, OWNER_ONLY) as file:
        file.write(content)
    show(f"{output}: edit it, and set TG_TOPICS to it.")
    warn("The file holds what people wrote: read it before you share it.")


def _wordings(settings: Settings, examples: int) -> list[tuple[str, str]]:
    """Return the topics, each with its wordings, marked for spreadsheets."""
    # DuckDB takes a quarter of a second to import: only this command needs it.
    from tg_pipeline.query.session import QueryError, open_session  # noqa: PLC0415
    from tg_pipeline.query.spreadsheet_cells import marked  # noqa: PLC0415

    lake = open_stored_lake(settings)
    try:
        with open_session(lake, settings.timezone) as session:
            [statement] = session.statements(WORDINGS.format(examples=examples))
            rows = session.ask(statement, lambda found: found.fetchall())
    except QueryError as error:
        raise CommandError(str(error)) from None
    return [(marked(name), marked(wording)) for name, wording in rows]
