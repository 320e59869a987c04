"""`tg-pipeline athena`: the lake's tables and questions, made known to Athena."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tg_pipeline.athena.tables import declared_tables, statements
from tg_pipeline.cli.console import out
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import load_settings

if TYPE_CHECKING:
    from tg_pipeline.athena.glue import Diff

Check = Annotated[bool, typer.Option("--check", help="Only tell what is not as declared.")]


def ddl() -> None:
    """Print the statements that make the tables in Athena."""
    settings = load_settings()
    tables = declared_tables(settings)
    sys.stdout.write("\n".join(statements(settings.athena.database, tables)))


def register(check: Check = False) -> None:
    """Make the database, the tables and the saved queries, or bring them up to date.

    What is as declared is left alone. Region and credentials are AWS's standard ones.
    """
    # boto3 takes most of a second to import: only a command that needs it waits for it.
    from tg_pipeline.athena.register import diff, sync  # noqa: PLC0415

    drifted = 0
    for finding in (diff if check else sync)(load_settings()):
        drifted += finding.is_drift
        out.print(_told(finding, check=check), markup=False, soft_wrap=True)
    if check and drifted:
        raise CommandError(f"{drifted} not as declared: tg-pipeline athena register mends that.")


def _told(finding: "Diff", *, check: bool) -> str:
    state = finding.state.value if check or not finding.is_drift else finding.state.mended
    return f"{finding.what}: {state}" + "".join(f"\n  {each}" for each in finding.differences)


athena = typer.Typer(
    help="The lake in Athena: print or make its tables, and save its questions.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
athena.command("ddl")(ddl)
athena.command("register")(register)
