"""Keeps a large mapped file from filling the memory of the process that looks at it.

The match engine maps a file and reads it from end to end; pages that were read stay with the process until they are
needed elsewhere. A thread gives them back meanwhile: they stay in the system's cache, and one that is read again comes
from there. What else the process holds comes back in the same way.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from quetsach.endpoint.host.nt.job_calls import JobCalls

MOST_RESIDENT_BYTES = 32 << 20

_LOOK_SECONDS = 0.02


@contextmanager
def little_resident(calls: JobCalls) -> Iterator[None]:
    """Give back the pages of this process while the body runs, whenever they are many more than before."""
    most = calls.resident_bytes() + MOST_RESIDENT_BYTES
    done = threading.Event()

    def give_back() -> None:
        while not done.wait(_LOOK_SECONDS):
            if calls.resident_bytes() > most:
                calls.give_back_pages()

    thread = threading.Thread(target=give_back, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
