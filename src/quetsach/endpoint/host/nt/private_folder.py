"""Folders of the tool's own: who is trusted with them, and whether nobody else is let in.

Any user may make a folder in ``%ProgramData%``, where the tool keeps its state. One that somebody else made, or could
write into, is not used.
"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.endpoint.host.nt.file_calls import (
    CREATE,
    DACL,
    DIRECTORY,
    FOLDER,
    ITSELF,
    LIST,
    OWNER,
    READ_ATTRIBUTES,
    READ_CONTROL,
    WRITE_DAC,
    FileCalls,
    RightsCalls,
)
from quetsach.endpoint.host.nt.handles import opened
from quetsach.endpoint.host.nt.security import ADMINISTRATORS, SYSTEM_SID, Descriptor, openings, private
from quetsach.endpoint.host.nt.stat import is_link

LINK = "the state folder is a link or a file"
OTHERS = "the state folder belongs to another user"
OPEN_TO_OTHERS = "others may read or write the state folder"


def trusted_by(rights: RightsCalls) -> tuple[bytes, ...]:
    """Return the SIDs that an own folder may belong to and let in, the one first that new ones belong to.

    The user is not among them where the same person also runs programs without the rights of this process (UAC): one
    of those may be what is looked for.
    """
    if not rights.is_administrator():
        return rights.user(), SYSTEM_SID, ADMINISTRATORS
    return ADMINISTRATORS, SYSTEM_SID, *(() if rights.is_elevated_half() else (rights.user(),))


def guard_of(trusted: Sequence[bytes]) -> bytes:
    """Return the descriptor of what only the first of those who are trusted, and the system, may use."""
    return private(trusted[0], SYSTEM_SID)


@dataclass(frozen=True, slots=True)
class PrivateFolders:
    r"""Makes folders and looks at them. Paths are those of the system itself, ``\??\C:\x``."""

    calls: FileCalls
    trusted: Sequence[bytes]

    def make(self, path: str) -> None:
        """Make a folder that has its access list from the first moment on; nothing happens when it is there."""
        access, guard = READ_ATTRIBUTES, guard_of(self.trusted)
        try:
            handle = self.calls.open(0, path, access, FOLDER | ITSELF, disposition=CREATE, security=guard)
        except FileExistsError:
            return
        self.calls.close(handle)

    def fault(self, path: str) -> str:
        """Return what is wrong with a folder; empty when it is ours, and nobody else is or was let in.

        An empty folder that is ours is in order: nobody has put anything there, and ``close`` follows.
        """
        with opened(self.calls, 0, path, READ_ATTRIBUTES | READ_CONTROL | LIST, ITSELF) as handle:
            attributes, tag = self.calls.tag(handle)
            if is_link(attributes, tag) or not attributes & DIRECTORY:
                return LINK
            disk = self.calls.disk(handle)
            if not disk.keeps_security:
                return OPEN_TO_OTHERS
            raw = self.calls.security(handle, OWNER | DACL)
            if Descriptor.of(raw).owner not in self.trusted:
                return OTHERS
            is_used = next(iter(self.calls.entries(handle, disk)), None) is not None
            return OPEN_TO_OTHERS if is_used and openings(raw, self.trusted) else ""

    def close(self, path: str) -> None:
        """Give a folder that is ours an access list that lets nobody else in, and look at it.

        Raises:
            OSError: it did not take it.
        """
        with opened(self.calls, 0, path, READ_CONTROL, ITSELF) as handle:
            raw = self.calls.security(handle, OWNER | DACL)
            if Descriptor.of(raw).owner not in self.trusted or not openings(raw, self.trusted):
                return
        with opened(self.calls, 0, path, READ_CONTROL | WRITE_DAC, ITSELF) as handle:
            self.calls.set_security(handle, DACL, guard_of(self.trusted))
            if openings(self.calls.security(handle, OWNER | DACL), self.trusted):
                raise PermissionError(errno.EACCES, OPEN_TO_OTHERS)
