"""Whether a run that Dagster takes to be under way still has a process."""

import json
import os
from pathlib import Path
from typing import Any, Final

import dagster as dg

from tg_pipeline.defs.run_process import RunProcess

CODE_SERVER_TAG: Final = ".dagster/grpc_info"
"""Where Dagster's launcher notes the code server that it has asked for the run."""

PROCFS: Final = Path("/proc")

SPAWNED: Final = b"multiprocessing"
"""What stands in the command of each process that a code server starts."""


def why_gone(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str | None:
    """Say why a run that is under way can't go on any more; None where it may."""
    return why_ended(instance, run) or _why_unknown(run)


def why_ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str | None:
    """Say how a run's process is seen to have ended; None where nobody here can see it."""
    if process := RunProcess.of(run.run_id, run.tags):
        return f"its process {process.pid} has ended" if process.has_ended else None
    return _why_gone_here(instance, run.run_id) if "socket" in _code_server(run) else None


def _code_server(run: dg.DagsterRun) -> dict[str, Any]:
    """Give where the code server is that starts a run: a socket, or host and port."""
    server: dict[str, Any] = json.loads(run.tags.get(CODE_SERVER_TAG, "{}"))
    return server


def _why_gone_here(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Look for a run's process on this machine: the code server of `dagster dev` is a local one."""
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    told = [event.get_dagster_event().engine_event_data.metadata for event in events]
    pids = [int(str(metadata["pid"].value)) for metadata in told if "pid" in metadata]
    return f"its process {pids[0]} is gone" if pids and not _may_be_run(pids[0]) else None


def _may_be_run(pid: int) -> bool:
    """Say whether a process lives, and is no other: a machine that starts anew counts from 1."""
    command = PROCFS / str(pid) / "cmdline"
    if PROCFS.is_dir():
        return command.exists() and SPAWNED in command.read_bytes()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _why_unknown(run: dg.DagsterRun) -> str | None:
    """Ask the code server, which itself reports a run that dies; started anew, it knows of none.

    Told to stop a run, it answers that it knows none, at work or not: such a run is left to
    `cancel_timeout_seconds` of Dagster's run monitoring.
    """
    server = _code_server(run)
    if "port" not in server or run.status is dg.DagsterRunStatus.CANCELING:
        return None
    return None if _is_known(server, run.run_id) else f"{_address(server)} does not run it"


def _address(server: dict[str, Any]) -> str:
    return f"{server['host']}:{server['port']}"


def _is_known(server: dict[str, Any], run_id: str) -> bool:
    """Say whether a code server knows of a run; one that can't be reached may."""
    # Dagster's client takes a moment to import: only who asks waits for it.
    from dagster._core.errors import DagsterUserCodeUnreachableError  # noqa: PLC0415
    from dagster._grpc.client import DagsterGrpcClient  # noqa: PLC0415
    from dagster._grpc.types import CanCancelExecutionRequest as Question  # noqa: PLC0415
    from dagster._grpc.types import CanCancelExecutionResult as Answer  # noqa: PLC0415
    from dagster._serdes import deserialize_value  # noqa: PLC0415

    client = DagsterGrpcClient(
        host=server["host"], port=server["port"], use_ssl=server.get("use_ssl", False)
    )
    try:
        answer = deserialize_value(client.can_cancel_execution(Question(run_id=run_id)), Answer)
    except DagsterUserCodeUnreachableError:
        return True
    return answer.can_cancel
