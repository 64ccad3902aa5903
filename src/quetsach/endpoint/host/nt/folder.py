"""Folders by handle: what happens in one happens there, whatever its path says, and no link is followed."""

import errno
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Self

from quetsach.endpoint.host.files import OF_FAT, OF_NTFS, Entry, FileState, FolderMarks
from quetsach.endpoint.host.nt import files
from quetsach.endpoint.host.nt.file_calls import (
    ADD_FILE,
    CREATE,
    DELETE,
    DIRECTORY,
    EVERYTHING,
    FOLDER,
    ITSELF,
    LIST,
    NO_FOLDER,
    NO_RECALL,
    NORMAL,
    NOT_HERE,
    READ_ATTRIBUTES,
    READ_CONTROL,
    READ_DATA,
    RECALL,
    REPARSE,
    SHARE_READ,
    WRITE_ATTRIBUTES,
    WRITE_THROUGH,
    Disk,
    FileCalls,
    FileInformation,
    filetime_of,
    flushed,
    is_link,
    opened,
    stat_of,
)
from quetsach.endpoint.host.nt.files import attributes_given, state_by_handle
from quetsach.endpoint.host.nt.names import bytes_of, plain_text_of, text_of
from quetsach.endpoint.host.windows_path import ATTRIBUTE, target_of

_TO_READ = READ_DATA | READ_ATTRIBUTES | READ_CONTROL
_TO_REMOVE = DELETE | READ_ATTRIBUTES, ITSELF | WRITE_THROUGH
"""Access and options of a handle by which a name goes or becomes another."""
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ASIDE = ".old"
"""What the name ends with that a file has while another gets its own in two steps."""
_UNTOUCHED = -1
"""As a time of access: what is done by this handle does not change it."""


class NtFolder:
    """An open folder, whose handle it owns; satisfies ``Folder``."""

    __slots__ = ("_calls", "_guard", "disk", "handle", "path")

    def __init__(self, calls: FileCalls, handle: int, path: bytes, disk: Disk, guard: bytes) -> None:
        self._calls = calls
        self._guard = guard
        self.disk = disk
        self.handle = handle
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.close(self.handle)

    def join(self, name: bytes) -> bytes:
        """Return the path of a name in this folder."""
        return self.path.rstrip(b"/") + b"/" + name

    def entries(self, unseen: list[tuple[bytes, OSError]] | None = None) -> Iterator[Entry]:
        """Yield what the folder holds, streams after their file; what is kept in a cloud is added to ``unseen``."""
        with self._opened(b".", LIST | READ_ATTRIBUTES, FOLDER) as listing:
            for text, found in self._calls.entries(listing, self.disk):
                name = bytes_of(text)
                if found.attributes & RECALL:
                    if unseen is not None:
                        unseen.append((name, OSError(errno.EREMOTE, NOT_HERE)))
                    continue
                yield Entry(name, self._seen(name, found))
                if self.disk.keeps_streams:
                    yield from self._streams(name, found)

    def lstat(self, name: bytes) -> os.stat_result:
        """Return the state of a name, of the link itself when it is one."""
        with self._opened(name, READ_ATTRIBUTES) as handle:
            return stat_of(_content_of(name, self._calls.information(handle, self.disk)))

    def readlink(self, name: bytes) -> bytes:
        """Return the target of a symbolic link or junction as it is written."""
        target = target_of(self.link_record(name))
        if target is None:
            raise OSError(errno.EINVAL, "not a link that leads to a path")
        return target

    def link_record(self, name: bytes) -> bytes:
        """Return the record of a link."""
        with self._opened(name, READ_ATTRIBUTES) as handle:
            return self._calls.reparse(handle)

    def link_state(self, name: bytes) -> FileState:
        """Return what makes a link again: its record, its form, its times."""
        with self._opened(name, READ_ATTRIBUTES | READ_CONTROL) as handle:
            state = state_by_handle(self._calls, handle, self.disk)
            return replace(state, xattrs={**state.xattrs, ATTRIBUTE: self._calls.reparse(handle)})

    def folder(self, name: bytes) -> "NtFolder":
        """Open a folder in this one, itself for ``.``; a link is refused (``ELOOP``)."""
        handle = self._calls.open(self.handle, plain_text_of(name), READ_ATTRIBUTES, FOLDER | ITSELF)
        try:
            _refuse_link(*self._calls.tag(handle))
        except BaseException:
            self._calls.close(handle)
            raise
        return self._below(handle, name)

    def open_read(self, name: bytes) -> int:
        """Open a regular file for reading, without following a link and without touching its time of access."""
        handle = self._open_quietly(name)
        try:
            attributes, tag = self._calls.tag(handle)
            _refuse_link(attributes, tag)
            _refuse_absent(attributes, is_folder=bool(attributes & DIRECTORY) and b":" not in name)
            if attributes & REPARSE:
                seen = self._through_filter(handle)
                self._calls.close(handle)
                handle = seen
            return self._calls.descriptor(handle)
        except BaseException:
            self._calls.close(handle)
            raise

    def state(self) -> FileState:
        """Return the state of the folder itself."""
        with self._opened(b".", READ_ATTRIBUTES | READ_CONTROL, FOLDER) as handle:
            return state_by_handle(self._calls, handle, self.disk)

    def create(self, temporary: bytes) -> int:
        """Make an empty file that only we can read and open it; nobody can rename or remove it while it is open."""
        handle = self._calls.open(
            self.handle,
            plain_text_of(temporary),
            EVERYTHING,
            NO_FOLDER | ITSELF | WRITE_THROUGH,
            share=SHARE_READ,
            disposition=CREATE,
            attributes=NORMAL,
            security=self._guard if self.disk.keeps_security else None,
        )
        return self._calls.descriptor(handle, writable=True)

    def remove(self, name: bytes, descriptor: int | None = None) -> None:
        """Remove a file or a link; with an open file given, only if the name is that file (``ESTALE``).

        What is removed is what was opened and looked at. Afterwards the name is gone, or leads to something else.
        """
        with opened(self._calls, self.handle, plain_text_of(name), *_TO_REMOVE) as handle:
            found = self._calls.information(handle, self.disk)
            if descriptor is not None:
                self._require_same(found, descriptor)
            if found.attributes & DIRECTORY and not is_link(found.attributes, found.tag):
                raise IsADirectoryError(errno.EISDIR, "Is a directory")
            self._calls.delete(handle)
        with suppress(FileNotFoundError):
            if self.lstat(name).st_ino == found.identity:
                raise OSError(errno.EBUSY, "another program keeps it from being removed")

    def _require_same(self, found: FileInformation, descriptor: int) -> None:
        other = self._calls.information(self._calls.handle(descriptor))
        if (found.volume, found.identity) != (other.volume, other.identity):
            raise OSError(errno.ESTALE, "the file was exchanged while it was removed")

    def replace(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name in one step, in place of the file that has it.

        In two where that one is open and the file system, such as FAT, cannot do it at once.
        """
        made, text = self._calls.handle(descriptor), plain_text_of(name)
        try:
            self._calls.give_name(made, self.handle, text, over=True)
        except PermissionError:
            self._replace_open(made, plain_text_of(temporary) + _ASIDE, text)

    def _replace_open(self, made: int, aside: str, text: str) -> None:
        """Move a file aside, give its name to another, and remove it; whoever replaces has sealed it before."""
        with opened(self._calls, self.handle, text, *_TO_REMOVE) as former:
            if self._calls.tag(former)[0] & DIRECTORY:
                raise IsADirectoryError(errno.EISDIR, "Is a directory")
            self._calls.give_name(former, self.handle, aside, over=True)
            try:
                self._calls.give_name(made, self.handle, text, over=False)
            except BaseException:
                self._calls.give_name(former, self.handle, text, over=False)
                raise
            self._calls.delete(former)

    def settle(self, temporary: bytes, name: bytes, is_former: Callable[[int], bool]) -> None:
        """Give a file that was moved aside its name back, or remove it if another has the name by now."""
        text, options = plain_text_of(temporary) + _ASIDE, NO_FOLDER | ITSELF | WRITE_THROUGH
        try:
            handle = self._calls.open(self.handle, text, READ_DATA | READ_ATTRIBUTES | DELETE, options)
        except FileNotFoundError:
            return
        descriptor = self._calls.descriptor(handle)
        try:
            if is_link(*self._calls.tag(handle)) or not is_former(descriptor):
                return
            try:
                self._calls.give_name(handle, self.handle, plain_text_of(name), over=False)
            except FileExistsError:
                self._calls.delete(handle)
        finally:
            os.close(descriptor)

    def place(self, descriptor: int, temporary: bytes, name: bytes) -> None:  # noqa: ARG002
        """Give a file that ``create`` made its name, never over another one: ``FileExistsError`` when it is taken."""
        self._calls.give_name(self._calls.handle(descriptor), self.handle, plain_text_of(name), over=False)

    def link(self, descriptor: int, name: bytes) -> None:
        """Give an open file, whichever folder it is in, a further name in this one (a hard link)."""
        self._calls.link(self._calls.handle(descriptor), self.handle, plain_text_of(name))

    def symlink(self, name: bytes, target: bytes, state: FileState) -> None:
        """Make a link with what was recorded of it, or give it to the one that is there.

        Raises:
            OSError: ``ESTALE`` when something else has the name by then; it is left as it is.
        """
        record = files.of_state(state) or files.symbolic(target)
        kind = FOLDER if files.is_of_folder(state) else NO_FOLDER
        with self._made_link(name, kind, record) as handle:
            if self._calls.reparse(handle) != record:
                raise OSError(errno.ESTALE, "the link was exchanged while it was made")
            self._calls.set_basic(handle, accessed=filetime_of(state.atime_ns), written=filetime_of(state.mtime_ns))

    @contextmanager
    def _made_link(self, name: bytes, kind: int, record: bytes) -> Iterator[int]:
        text, access = plain_text_of(name), READ_ATTRIBUTES | WRITE_ATTRIBUTES
        try:
            handle = self._calls.open(
                self.handle,
                text,
                EVERYTHING,
                kind | ITSELF | WRITE_THROUGH,
                share=SHARE_READ,
                disposition=CREATE,
                attributes=NORMAL,
            )
        except FileExistsError:
            handle = self._calls.open(self.handle, text, access, kind | ITSELF)
        else:
            try:
                self._calls.set_reparse(handle, record)
            except BaseException:
                self._calls.delete(handle)
                self._calls.close(handle)
                raise
        try:
            yield handle
        finally:
            self._calls.close(handle)

    def set_times(self, atime_ns: int, mtime_ns: int) -> None:
        """Give the folder itself these times."""
        with self._opened(b".", WRITE_ATTRIBUTES, FOLDER) as handle:
            self._calls.set_basic(handle, accessed=filetime_of(atime_ns), written=filetime_of(mtime_ns))

    def marks(self) -> FolderMarks | None:
        """Return the marks of the folder itself, in the form that the file system keeps."""
        attributes, _ = self._calls.tag(self.handle)
        if self.disk.is_fat:
            return FolderMarks(OF_FAT, attributes.to_bytes(4, "little"))
        return FolderMarks(OF_NTFS, struct.pack(">I", attributes))

    def set_marks(self, marks: FolderMarks) -> None:
        """Give the folder itself these marks; its times stay."""
        with self._opened(b".", WRITE_ATTRIBUTES | READ_ATTRIBUTES, FOLDER) as handle:
            attributes_given(self._calls, handle, marks.number)

    @contextmanager
    def unlocked(self, before: FileState) -> Iterator[None]:  # noqa: ARG002  (marks of a folder keep no name from changing)
        """Let names be changed; afterwards the folder is on disk."""
        yield
        with self._opened(b".", ADD_FILE, FOLDER) as handle:
            flushed(self._calls, handle)

    def written(self, name: bytes) -> bytes:
        """Return a name as it is on the disk, long for a short one; as it was asked for when there is none like it.

        The content of a file itself, ``name::$DATA``, is ``name``.

        Raises:
            FileNotFoundError: it names what no file has: the list of a folder, or the map of its clusters.
        """
        base, _, stream = name.partition(b":")
        if stream.upper().endswith(b":$DATA"):
            stream = stream[: -len(b":$DATA")]
        if b":" in stream:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        with suppress(OSError), self._opened(base, READ_ATTRIBUTES) as handle:
            base = bytes_of(self._calls.name(handle).rpartition("\\")[2]) or base
        return base + b":" + stream if stream else base

    def _seen(self, name: bytes, found: FileInformation) -> os.stat_result:  # noqa: ARG002  (for folders where volumes are mounted)
        return stat_of(found)

    def _streams(self, name: bytes, found: FileInformation) -> Iterator[Entry]:
        """Yield the streams of a file or folder. Where it cannot be opened for that, it cannot be read either."""
        streams = []
        if not is_link(found.attributes, found.tag):
            with suppress(OSError), self._opened(name, READ_ATTRIBUTES) as handle:
                streams = self._calls.streams(handle)
        for stream in streams:
            full = name + b":" + bytes_of(stream.name)
            yield Entry(full, stat_of(_content_of(full, found._replace(size=stream.size))))

    def _open_quietly(self, name: bytes) -> int:
        """Open for reading and, where allowed, for setting attributes: once its name is gone, nothing else can be."""
        text, options = text_of(name), ITSELF | NO_RECALL
        try:
            handle = self._calls.open(self.handle, text, _TO_READ | WRITE_ATTRIBUTES, options)
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            return self._calls.open(self.handle, text, _TO_READ, options)
        if self._calls.updates_access:
            self._calls.set_basic(handle, accessed=_UNTOUCHED)
        return handle

    def _through_filter(self, handle: int) -> int:
        """Open the same file as programs see it, where it is kept in another form: deduplicated, or back from a cloud.

        It is opened by its handle, and is compared, for it could have been made a link meanwhile.
        """
        known = self._calls.information(handle, self.disk)
        seen = self._calls.open(handle, "", _TO_READ, NO_RECALL | NO_FOLDER)
        if self._calls.information(seen, self.disk)[2:4] != known[2:4]:
            self._calls.close(seen)
            raise OSError(errno.ESTALE, "the file was exchanged while it was opened")
        return seen

    def _below(self, handle: int, name: bytes) -> "NtFolder":
        path = self.path if name == b"." else self.join(name)
        return NtFolder(self._calls, handle, path, self.disk, self._guard)

    def _opened(self, name: bytes, access: int, options: int = 0) -> "opened":
        return opened(self._calls, self.handle, text_of(name), access, options | ITSELF)


def _content_of(name: bytes, found: FileInformation) -> FileInformation:
    """Return what is known of a name: a stream of a folder is a content, and no folder."""
    return found._replace(attributes=found.attributes & ~DIRECTORY or NORMAL) if b":" in name else found


def _refuse_link(attributes: int, tag: int) -> None:
    if is_link(attributes, tag):
        raise OSError(errno.ELOOP, "not a regular file")


def _refuse_absent(attributes: int, *, is_folder: bool) -> None:
    """Refuse what has no content here: a folder, or what would first be fetched from a cloud."""
    if is_folder:
        raise OSError(errno.EINVAL, "not a regular file")
    if attributes & RECALL:
        raise OSError(errno.EREMOTE, NOT_HERE)
