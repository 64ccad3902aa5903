"""Ends a worker whose main process is gone: nobody would renew signatures, send letters or stop it any more."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import wait

LAST_ANSWERS_SECONDS = 3
_logger = logging.getLogger("quetsach.center")


def follow_parent() -> None:
    """Watch the pipe that the main process holds open for as long as it lives, however it ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), name="follow-parent", daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    _logger.error("the main process is gone: this worker ends")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_ANSWERS_SECONDS)
    os._exit(1)
