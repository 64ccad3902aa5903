"""Files of a running Windows: what is recorded of them and given back, in the forms of a mounted NTFS.

So a session of either can be undone by the other. ntfs-3g gives security descriptor, attributes, time of making and
short name as attributes (``offline.windows``), and further contents, streams, as ``user.`` and their name.
"""

import errno
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from quetsach.endpoint.host.disk import sync, write_all
from quetsach.endpoint.host.files import OF_FAT, OF_NTFS, TIME_MADE, FileState
from quetsach.endpoint.host.nt.file_calls import (
    DACL,
    DELETE,
    DIRECTORY,
    ENCRYPTED,
    GROUP,
    ITSELF,
    LABEL,
    NORMAL,
    OPEN_OR_CREATE,
    OWNER,
    READ_ATTRIBUTES,
    READ_CONTROL,
    READ_DATA,
    READ_ONLY,
    SETTABLE,
    SYMLINK,
    WRITE_ATTRIBUTES,
    WRITE_DAC,
    WRITE_DATA,
    WRITE_OWNER,
    Disk,
    FileCalls,
    FileInformation,
    filetime_of,
    opened,
    stat_of,
)
from quetsach.endpoint.host.nt.names import bytes_of, text_of
from quetsach.endpoint.host.nt.security import Descriptor, is_same, to_give
from quetsach.endpoint.host.offline.short_name import SHORT_NAME
from quetsach.endpoint.host.windows_path import ATTRIBUTE

SECURITY, STREAM = "system.ntfs_acl", "user."
LARGEST_STREAM = 64 << 10
"""Linux keeps no larger attribute, so none is taken that a mounted disk could not be given back."""

_PARTS = OWNER | GROUP | DACL | LABEL
_GIVEN = frozenset({SECURITY, OF_NTFS, OF_FAT, TIME_MADE, SHORT_NAME, ATTRIBUTE})
_COARSEST = 20_000_000
"""FAT keeps times of writing to two seconds."""
_WRITABLE = WRITE_DATA | READ_DATA | READ_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class NtFiles:
    """What is recorded of open files and given back to them; satisfies ``Files``.

    Args:
        calls: the calls of Windows.
        user: whose files can be put back by one who may not give files to others.
        can_give_all: whether this process may give files to anyone.
    """

    calls: FileCalls
    user: bytes
    can_give_all: bool

    def state(self, descriptor: int) -> FileState:
        """Return all that is put back with a file besides its content.

        Raises:
            OSError: ``EOPNOTSUPP``: it has what could not be put back.
        """
        handle = self.calls.handle(descriptor)
        disk = self.calls.disk(handle)
        state = state_by_handle(self.calls, handle, disk)
        extra = dict(self._streams(handle)) if disk.keeps_streams else {}
        if short := self._short_name(handle):
            extra[SHORT_NAME] = bytes_of(short)
        return replace(state, xattrs={**state.xattrs, **extra})

    def can_give(self, state: FileState) -> bool:
        """Return whether this user could give a file its owner, group and attributes back."""
        raw = state.xattrs.get(SECURITY)
        return self.can_give_all or raw is None or Descriptor.of(raw).owner == self.user

    def give_state(self, descriptor: int, state: FileState, *, with_times: bool) -> None:
        """Give an open file streams, security, attributes and, if asked, times, where they differ, and look at them.

        Raises:
            OSError: it did not take them, whatever the calls returned.
        """
        handle = self.calls.handle(descriptor)
        disk = self.calls.disk(handle)
        if strange := [name for name in state.xattrs if name not in _GIVEN and not name.startswith(STREAM)]:
            raise OSError(errno.EOPNOTSUPP, f"Windows keeps nothing like {strange[0]} with a file")
        if disk.keeps_streams or any(name.startswith(STREAM) for name in state.xattrs):
            self._give_streams(handle, state.xattrs)
        if (raw := state.xattrs.get(SECURITY)) is not None:
            self._give_security(handle, raw)
        with self._settable(handle) as setting:
            if (number := attributes_of(state)) is not None:
                attributes_given(self.calls, setting, number & ~READ_ONLY)
            times_given(self.calls, setting, state, with_times=with_times)

    def unlock(self, descriptor: int) -> None:
        """Take the mark off that keeps a file from being changed or removed."""
        handle = self.calls.handle(descriptor)
        attributes, _ = self.calls.tag(handle)
        if attributes & READ_ONLY:
            with self._settable(handle) as setting:
                self.calls.set_basic(setting, attributes=attributes & SETTABLE & ~READ_ONLY or NORMAL)
                if self.calls.tag(setting)[0] & READ_ONLY:
                    raise OSError(errno.EACCES, "the file stays read-only")

    def lock(self, descriptor: int, state: FileState) -> None:
        """Give an open file that has its name again its short name and then its mark, which would forbid that."""
        handle = self.calls.handle(descriptor)
        wanted, now = state.xattrs.get(SHORT_NAME), self._short_name(handle)
        if wanted is not None and now is not None and bytes_of(now).upper() != wanted.upper():
            with suppress(
                FileExistsError
            ):  # another file has it by now, as where the file came back beside a newer one
                self._give_short_name(handle, text_of(wanted))
        number = attributes_of(state)
        if number is not None and (self.calls.tag(handle)[0] ^ number) & READ_ONLY:
            with self._settable(handle) as setting:
                attributes_given(self.calls, setting, number)

    @contextmanager
    def _settable(self, handle: int) -> Iterator[int]:
        """Give a handle by which attributes can be set: itself, for a file whose name is gone has no other."""
        try:
            self.calls.set_basic(handle)
        except PermissionError:
            with opened(self.calls, handle, "", READ_ATTRIBUTES | WRITE_ATTRIBUTES, ITSELF) as setting:
                yield setting
        else:
            yield handle

    def _short_name(self, handle: int) -> str | None:
        """Return the 8.3 name of a file, empty when it has none besides its name; ``None`` when its name is gone."""
        try:
            short = self.calls.short_name(handle)
            name = self.calls.name(handle).rpartition("\\")[2]
        except FileNotFoundError:
            return None
        return "" if short.casefold() == name.casefold() else short

    def _give_short_name(self, handle: int, name: str) -> None:
        try:
            self.calls.set_short_name(handle, name)
        except PermissionError:  # it was opened for reading only
            with opened(self.calls, handle, "", _WRITABLE | DELETE, ITSELF) as setting:
                self.calls.set_short_name(setting, name)
        if (self._short_name(handle) or "").casefold() != name.casefold():
            raise OSError(errno.EIO, "the file did not get its short name back")

    def _give_security(self, handle: int, raw: bytes) -> None:
        access = READ_CONTROL | WRITE_DAC | WRITE_OWNER
        with opened(self.calls, handle, "", access, ITSELF) as setting:
            if not is_same(self.calls.security(setting, _PARTS), raw):
                self.calls.set_security(setting, Descriptor.of(raw).parts, to_give(raw))
                if not is_same(self.calls.security(setting, _PARTS), raw):
                    raise OSError(errno.EIO, "the file did not get its owner and access list back")

    def _streams(self, handle: int) -> Mapping[str, bytes]:
        found = {}
        for stream in self.calls.streams(handle):
            if stream.size > LARGEST_STREAM:
                raise OSError(errno.EOPNOTSUPP, "it has a stream that is too large to be put back")
            descriptor = self.calls.descriptor(self.calls.open(handle, f":{stream.name}", READ_DATA, ITSELF))
            with open(descriptor, "rb") as file:
                content = file.read(LARGEST_STREAM + 1)
            if len(content) != stream.size:
                raise OSError(errno.ESTALE, "a stream of it was changed while it was read")
            found[STREAM + stream.name] = content
        return found

    def _give_streams(self, handle: int, xattrs: Mapping[str, bytes]) -> None:
        wanted = {name: value for name, value in xattrs.items() if name.startswith(STREAM)}
        now = self._streams(handle)
        for name in now.keys() - wanted.keys():
            with opened(self.calls, handle, ":" + name.removeprefix(STREAM), DELETE, ITSELF) as stream:
                self.calls.delete(stream)
        for name, value in wanted.items():
            if now.get(name) != value:
                text = ":" + name.removeprefix(STREAM)
                stream = self.calls.open(handle, text, WRITE_DATA, ITSELF, disposition=OPEN_OR_CREATE)
                descriptor = self.calls.descriptor(stream, writable=True)
                try:
                    os.ftruncate(descriptor, 0)
                    write_all(descriptor, value)
                    sync(descriptor)
                finally:
                    os.close(descriptor)
        if self._streams(handle) != wanted:
            raise OSError(errno.EIO, "the file did not get its streams back")


def state_by_handle(calls: FileCalls, handle: int, disk: Disk) -> FileState:
    """Return what is recorded of an open file or folder, without streams and short name.

    Raises:
        OSError: ``EOPNOTSUPP``: it is encrypted; only the key of its owner would make the same of its content.
    """
    found = calls.information(handle)
    if found.attributes & ENCRYPTED and not found.attributes & DIRECTORY:
        raise OSError(errno.EOPNOTSUPP, "it is encrypted for one user and could not be put back so")
    return FileState.of(stat_of(found), xattrs=recorded(calls, handle, found, disk))


def recorded(calls: FileCalls, handle: int, found: FileInformation, disk: Disk) -> dict[str, bytes]:
    """Return what is kept of an open file besides its state, by the names that a mounted disk has for it."""
    if disk.is_fat:
        return {OF_FAT: (found.attributes & ~NORMAL).to_bytes(4, "little")}
    kept = {OF_NTFS: struct.pack(">I", found.attributes or NORMAL), TIME_MADE: found.made.to_bytes(8, "big")}
    return kept | ({SECURITY: calls.security(handle, _PARTS)} if disk.keeps_security else {})


def attributes_of(state: FileState) -> int | None:
    """Return the attributes that are kept with a state."""
    if (raw := state.xattrs.get(OF_NTFS)) is not None:
        return int.from_bytes(raw, "big")
    raw = state.xattrs.get(OF_FAT)
    return None if raw is None else int.from_bytes(raw, "little")


def attributes_given(calls: FileCalls, handle: int, number: int) -> None:
    """Give an open file or folder the attributes that can be given, if they differ, and look at them.

    Raises:
        OSError: it did not take them.
    """
    wanted = number & SETTABLE & ~NORMAL
    if calls.tag(handle)[0] & SETTABLE & ~NORMAL == wanted:
        return
    calls.set_basic(handle, attributes=wanted or NORMAL)
    if (calls.tag(handle)[0] ^ wanted) & SETTABLE & ~NORMAL:
        raise OSError(errno.EIO, "the file did not get its attributes back")


def times_given(calls: FileCalls, handle: int, state: FileState, *, with_times: bool) -> None:
    """Give an open file its time of making, where that is kept, and, if asked, those of access and writing.

    Raises:
        OSError: it did not take the time of writing.
    """
    made = int.from_bytes(state.xattrs.get(TIME_MADE, b""), "big")
    accessed = filetime_of(state.atime_ns) if with_times else 0
    written = filetime_of(state.mtime_ns) if with_times else 0
    if not (made or with_times):
        return
    calls.set_basic(handle, made=made, accessed=accessed, written=written)
    if written and abs(calls.information(handle).written - written) > _COARSEST:
        raise OSError(errno.EIO, "the file did not get its times back")


# The record that makes a link of a file ([MS-FSCC] 2.1.2.4, 2.1.2.5).

_RELATIVE = 1


def of_state(state: FileState) -> bytes:
    """Return the record that is kept with a state; empty when none is."""
    return state.xattrs.get(ATTRIBUTE, b"")


def is_of_folder(state: FileState) -> bool:
    """Return whether a state is that of a link in the form of a folder, as all junctions are."""
    raw = state.xattrs.get("system.ntfs_attrib_be", b"")
    return bool(int.from_bytes(raw, "big") & DIRECTORY)


def symbolic(target: bytes) -> bytes:
    r"""Return the record of a symbolic link to a path as it is written: relative, or absolute, ``\??\C:\Users``."""
    text = target.decode("utf-8", "surrogatepass").replace("/", "\\")
    name = text.encode("utf-16-le", "surrogatepass")
    shown = text.removeprefix("\\??\\").encode("utf-16-le", "surrogatepass")
    flags = 0 if text.startswith("\\??\\") or text[1:2] == ":" else _RELATIVE
    body = struct.pack("<HHHHI", len(shown), len(name), 0, len(shown), flags) + shown + name
    return struct.pack("<IHH", SYMLINK, len(body), 0) + body
