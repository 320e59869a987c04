"""An HTTP server on loopback, in a process of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection


@contextmanager
def serve_in_process(serve: Callable[[Connection], None]) -> Iterator[str]:
    """Run a server until the context ends; yield its URL. `serve` sends the port that it has."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()
