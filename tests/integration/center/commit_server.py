"""Starts committers in processes of their own, fast: it has imported everything and forks.

Answers each line ``data`` with the number of the process that takes in from the queue of that folder.
"""

import contextlib
import os
import signal
import sys

import pandas as pd  # noqa: F401  (pyarrow loads it at its first table, so each child would)

import quetsach.cli.center.queue  # noqa: F401  (as each child loads it)
from quetsach.cli.main import main


def serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                main(["center", "feeds", "commit", "--json", "--lang", "en", "--data", line.rstrip("\n")])
            os._exit(0)
        print(child, file=sys.stderr, flush=True)


if __name__ == "__main__":
    serve()
