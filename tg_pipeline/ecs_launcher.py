"""The run launcher on ECS: runs are tasks whose image, command and roles no launch can choose.

Dagster's own launcher obeys tags of a run, which everyone who launches it writes.
https://docs.dagster.io/deployment/oss/deployment-options/aws#customizing-the-ecs-run-task
"""

from typing import Any, Final

from dagster_aws.ecs import EcsRunLauncher

from tg_pipeline.exceptions import CommandError

TAG_PREFIX: Final = "ecs/"

LAUNCHED: Final = frozenset({"ecs/task_arn", "ecs/cluster"})
"""Tags that the launcher itself sets, and that a retry copies from the run that failed."""


class TagRefusingEcsRunLauncher(EcsRunLauncher[Any]):
    """Dagster's launcher, without the tags that set a task's command, role, environment or size."""

    def launch_run(self, context: Any) -> None:
        """Launch a run; raises CommandError if it has such a tag."""
        _check_tags(context.dagster_run.tags)
        super().launch_run(context)

    def resume_run(self, context: Any) -> None:
        """Continue a run whose task is gone; raises CommandError if it has such a tag."""
        _check_tags(context.dagster_run.tags)
        super().resume_run(context)


def _check_tags(tags: dict[str, str]) -> None:
    refused = sorted(
        tag for tag in tags if tag.lower().startswith(TAG_PREFIX) and tag not in LAUNCHED
    )
    if refused:
        raise CommandError(f"A launch can't set {', '.join(refused)}: see docs/deployment.md.")
