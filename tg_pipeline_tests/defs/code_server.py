"""A code server on loopback that answers as Dagster's, and does nothing."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
from dagster._grpc.__generated__ import dagster_api_pb2 as wire
from dagster._grpc.__generated__.dagster_api_pb2_grpc import (
    DagsterApiServicer,
    add_DagsterApiServicer_to_server,
)
from dagster._grpc.types import CanCancelExecutionResult, CancelExecutionResult
from dagster._serdes import serialize_value

from tg_pipeline.defs.run_health import CODE_SERVER_TAG


@dataclass
class CodeServer(DagsterApiServicer):
    """What it is asked, it answers as it is told to here."""

    knows_it: bool
    before_it_answers: Callable[[], object] = lambda: None
    port: int = field(init=False)

    @property
    def tags(self) -> dict[str, str]:
        """What Dagster's launcher tags a run with that is started here."""
        return {CODE_SERVER_TAG: json.dumps({"host": "127.0.0.1", "port": self.port})}

    def CanCancelExecution(self, *_: Any) -> Any:  # noqa: N802 - Dagster's name
        self.before_it_answers()
        result = CanCancelExecutionResult(can_cancel=self.knows_it)
        return wire.CanCancelExecutionReply(
            serialized_can_cancel_execution_result=serialize_value(result)
        )

    def CancelExecution(self, *_: Any) -> Any:  # noqa: N802 - Dagster's name
        result = CancelExecutionResult(
            success=self.knows_it, message=None, serializable_error_info=None
        )
        return wire.CancelExecutionReply(serialized_cancel_execution_result=serialize_value(result))


@contextmanager
def code_server(*, knows_it: bool) -> Iterator[CodeServer]:
    """Start one, which knows of whatever run it is asked for, or of none."""
    answers, server = CodeServer(knows_it), grpc.server(ThreadPoolExecutor(2))
    add_DagsterApiServicer_to_server(answers, server)  # type: ignore[no-untyped-call]
    answers.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield answers
    finally:
        server.stop(None).wait()
