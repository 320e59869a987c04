"""What became of telling each listener of a run, as tags of the run keep it."""

from typing import Final

import dagster as dg

TOLD: Final = "tg_pipeline/told_"
"""How the tags begin; a listener's name follows."""

BEGUN: Final = "begun"
SENT: Final = "sent"
NOT_SENT: Final = "not sent"


def is_told(run: dg.DagsterRun, listener: str) -> bool:
    """Tell whether a listener has been told of a run, or may have been.

    Only a tag that names the run counts: Re-execute in Dagster's UI copies those of the parent.
    """
    may_know = {_value(became, run.run_id) for became in (BEGUN, SENT)}
    return run.tags.get(f"{TOLD}{listener}") in may_know


def keep(instance: dg.DagsterInstance, run_id: str, listener: str, became: str) -> None:
    """Keep what became of it: BEGUN, SENT or NOT_SENT."""
    instance.add_run_tags(run_id, {f"{TOLD}{listener}": _value(became, run_id)})


def _value(became: str, run_id: str) -> str:
    return f"{became} {run_id}"
