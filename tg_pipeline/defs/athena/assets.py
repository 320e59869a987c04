"""Athena's tables and saved queries, kept up to date if TG_ATHENA_REGISTER=yes."""

from typing import Final

import dagster as dg

from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.defs.automation import FOLLOW_INPUTS
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.updates.assets import OWNERS
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.settings import load_settings

NAME: Final = "athena_tables"


@dg.asset(
    name=NAME,
    deps=[table.folder for table in ATHENA_TABLES],
    group_name="athena",
    owners=OWNERS,
    kinds={"glue", "athena"},
    description="The lake's tables in the Glue catalog, and saved queries about them.",
    automation_condition=FOLLOW_INPUTS,
)
def athena_tables() -> dg.MaterializeResult[None]:
    """Create what is missing in Athena, and restore what differs from its declaration."""
    # boto3 takes most of a second to import, and no other part of Dagster needs it.
    from tg_pipeline.athena.register import sync  # noqa: PLC0415

    try:
        findings = list(sync(load_settings()))
    except AthenaError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    changed = [finding.what for finding in findings if finding.needs_change]
    return dg.MaterializeResult(
        metadata={"looked_at": len(findings), "changed": ", ".join(changed) or "nothing"}
    )


athena_job = dg.define_asset_job(
    "athena_job",
    selection=[athena_tables],
    description="Updates Athena's tables and saved queries.",
)


def definitions(*, registers: bool) -> dg.Definitions:
    """Return the asset and its job; nothing unless Athena's tables are to be registered."""
    if not registers:
        return dg.Definitions()
    return dg.Definitions(assets=[athena_tables], jobs=[athena_job])


defs = definitions(registers=SETTINGS.athena.registers)
