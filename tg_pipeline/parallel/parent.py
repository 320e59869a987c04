"""What a worker process does about its parent."""

import multiprocessing
import os
import signal
from threading import Thread


def follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
