"""What could not be looked at, and why. Nothing is passed over in silence: a scan counts and names it."""

import errno
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something was not looked at."""

    SPECIAL = "special"
    """A device, pipe or socket: it has no content of its own."""
    VIRTUAL = "virtual"
    """On a file system that the kernel makes up, such as /proc."""
    NETWORK = "network"
    """On another machine's disk; scan it there, or name its path."""
    CLOUD = "cloud"
    """Kept by a cloud service and not on this disk: looking at it would fetch it."""
    MEMORY = "memory"
    """What Windows keeps of its memory on a disk: it lets nobody read it while it runs, or it is over 4 GiB."""
    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    UNREADABLE = "unreadable"
    """Permission is missing, or the disk gave an error."""
    CHANGED = "changed"
    """It was written to or exchanged while it was read."""
    VANISHED = "vanished"
    """It was gone when it was to be read."""
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"
    """Matching it ended the worker process."""
    ENCRYPTED = "encrypted"
    """A member of an archive that only opens with a password."""
    NOT_OPENED = "not-opened"
    """Packed in a way that this tool, on this machine, does not open; the packed bytes themselves were looked at."""
    LIMIT = "limit"
    """A limit on depth, number, size or time of an archive was reached; the rest of it was not looked at."""
    OVERFULL = "overfull"
    """A place of settings, a hive or the memory of a process holds more than is read: malware can hide behind that."""
    DAMAGED = "damaged"
    """An archive, hive or the like whose structure does not hold; the bytes themselves were looked at."""
    STALE = "stale"
    """A hive that Windows did not close cleanly, and whose logs do not follow on it: what is newest may be missing."""
    MISSING = "missing"
    """A file that every system of this kind has, such as a hive of Windows: what stands in it was not seen."""
    UNSETTLED = "unsettled"
    """It shows a sign that counts only beside surer ones, which only a scan of the whole system that it belongs to
    looks for."""
    OWN = "own"
    """The memory of what looks like another run of this tool: it holds the rules, so they would all match there."""
    NOT_REACHED = "not-reached"
    """The scan was ended, or its time was up, before it came there."""

    @property
    def is_intended(self) -> bool:
        """Whether it was skipped by rule, not because something failed."""
        return self in _INTENDED


_INTENDED = frozenset(
    {
        *(Reason.SPECIAL, Reason.VIRTUAL, Reason.NETWORK, Reason.CLOUD, Reason.TOO_LARGE, Reason.TOO_DEEP),
        *(Reason.MEMORY, Reason.ENCRYPTED, Reason.NOT_OPENED, Reason.LIMIT, Reason.OWN),
    }
)


@dataclass(frozen=True, slots=True)
class ScanIssue:
    """One path, inside the root, that was skipped or failed."""

    path: bytes
    reason: Reason


def reason_of(error: OSError) -> Reason:
    """Return the reason that an error of the system stands for."""
    if isinstance(error, FileNotFoundError | NotADirectoryError | ProcessLookupError):
        return Reason.VANISHED
    return _BY_NUMBER.get(error.errno or 0, Reason.UNREADABLE)


_BY_NUMBER = {
    errno.EINVAL: Reason.SPECIAL,  # the tree opens regular files only
    errno.EFBIG: Reason.TOO_LARGE,
    errno.ELOOP: Reason.CHANGED,  # it became a link meanwhile
    errno.EREMOTE: Reason.CLOUD,
    errno.ESTALE: Reason.CHANGED,  # it was exchanged
    errno.EOPNOTSUPP: Reason.NOT_OPENED,  # its file system keeps it in a way that this machine does not read
}
