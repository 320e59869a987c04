"""Athena brought up to date behind each run that succeeds, where TG_ATHENA_REGISTER=yes says so."""

from typing import Final

import dagster as dg

from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.schedules import updates_job
from tg_pipeline.defs.specs import OWNERS
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.settings import load_settings

REGISTERED: Final = "athena_tables"


@dg.asset(
    name=REGISTERED,
    deps=[table.folder for table in ATHENA_TABLES],
    group_name="athena",
    owners=OWNERS,
    kinds={"glue", "athena"},
    description="The lake's tables in the Glue catalog, and its questions as saved queries.",
)
def athena_tables() -> dg.MaterializeResult[None]:
    """Make what Athena lacks, and bring back what is not as declared."""
    # boto3 takes most of a second to import: only a run that needs it waits for it.
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
    description="Brings Athena's tables and saved queries up to date.",
)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[updates_job],
    request_job=athena_job,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers in Athena behind each run that succeeds.",
)
def athena_sensor(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Ask for the registration behind a run."""
    return dg.RunRequest(run_key=context.dagster_run.run_id)


def definitions(*, registers: bool) -> dg.Definitions:
    """Give the asset, its job and its sensor; nothing where Athena is not to be registered in."""
    if not registers:
        return dg.Definitions()
    return dg.Definitions(assets=[athena_tables], jobs=[athena_job], sensors=[athena_sensor])


defs = definitions(registers=SETTINGS.athena.registers)
