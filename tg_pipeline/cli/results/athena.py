"""`tg-pipeline athena`: register the lake's tables and saved queries in Athena."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tg_pipeline.athena.tables import declared_tables, statements
from tg_pipeline.cli.console import out
from tg_pipeline.exceptions import CommandError
from tg_pipeline.settings import load_settings

if TYPE_CHECKING:
    from tg_pipeline.athena.glue import Diff

Check = Annotated[bool, typer.Option("--check", help="Only print what is not as declared.")]


def ddl() -> None:
    """Print the statements that create the tables in Athena."""
    settings = load_settings()
    tables = declared_tables(settings)
    sys.stdout.write("\n".join(statements(settings.athena.database, tables)))


def register(check: Check = False) -> None:
    """Create the database, the tables and the saved queries, or update them.

    Whatever is as declared stays unchanged. Region and credentials are AWS's standard ones.
    """
    # The import of boto3 takes most of a second, and other commands don't need it.
    from tg_pipeline.athena.register import diff, sync  # noqa: PLC0415

    different = 0
    for each in (diff if check else sync)(load_settings()):
        different += each.needs_change
        out.print(_line(each, check=check), soft_wrap=True)
    if check and different:
        raise CommandError(f"{different} not as declared: tg-pipeline athena register fixes that.")


def _line(diff: "Diff", *, check: bool) -> str:
    state = diff.state.value if check else diff.state.applied
    return f"{diff.what}: {state}" + "".join(f"\n  {each}" for each in diff.differences)


athena = typer.Typer(
    help="The lake in Athena: print or create its tables, and save its queries.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
athena.command("ddl")(ddl)
athena.command("register")(register)
