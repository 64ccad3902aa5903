"""The process that looks at files for the scan: gets batches, sends back what each file showed.

Run as ``python -m quetsach.endpoint.look.worker``: hostile content is matched here, so that a crash costs one file.
It speaks with ``endpoint.look.workers`` over its standard input and output.
"""

import os
import sys
from multiprocessing.connection import Connection

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.look.look import look_at
from quetsach.endpoint.look.recognise import Recogniser


def main() -> None:
    """Receive tree and signatures, answer ``None`` when ready, then a list of looks for each list of candidates."""
    orders = Connection(os.dup(0), writable=False)
    answers = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # nothing that a library prints may get between the answers
    os.nice(5)
    try:
        tree, signatures = orders.recv()
        recogniser = Recogniser(BorealEngine(), signatures)
        answers.send(None)
        while True:
            answers.send([look_at(tree, candidate, recogniser) for candidate in orders.recv()])
    except (EOFError, BrokenPipeError):
        sys.exit(0)


if __name__ == "__main__":
    main()
