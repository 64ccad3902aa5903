"""How this process starts workers, and is one, on the running Windows."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

from contextlib import AbstractContextManager, suppress

from quetsach.endpoint.host.nt.ffi.processes import NativeProcesses
from quetsach.endpoint.host.nt.ffi.workers import NativeJobs, be_idle, is_idle, show_no_dialogs, standard_input
from quetsach.endpoint.host.nt.memory_bound import NtMemoryBound, OwnJob
from quetsach.endpoint.host.nt.resident import little_resident as little_resident_by
from quetsach.endpoint.host.nt.worker_process import Workers
from quetsach.endpoint.host.worker_process import Channel

show_no_dialogs()  # neither this process, which may ask a drive without a disk, nor its workers, which inherit it

start_worker = Workers(NativeProcesses(), NativeJobs()).start
_own_job = OwnJob(NativeJobs())


class MemoryBound(NtMemoryBound):
    """While entered, this process may hold so many bytes more than when the bound was made."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(size_bytes, NativeJobs(), _own_job.get)


def little_resident(_device: int, _inode: int) -> AbstractContextManager[None]:
    """Give back the pages of files that this process maps while the body runs, whenever they are many."""
    return little_resident_by(NativeJobs())


def starter() -> tuple[Channel, Channel]:
    """Return, in a worker, where its orders come from and where its answers go: one pipe for both."""
    if is_idle():  # as who started it; what that means for the disk, each process says for itself
        be_idle()
    channel = standard_input()
    return channel, channel


def give_way() -> None:
    """Run, with all workers, only when nobody else wants processor or disk."""
    with suppress(OSError):
        be_idle()
