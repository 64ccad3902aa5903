"""What one collector reads of one machine, and how much it may: a hostile disk must not hold a scan up.

Whatever is left out, because of a limit or because a folder cannot be read, is named among ``troubles``.
"""

import fnmatch
import hashlib
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from quetsach.endpoint.artefact import FileAnchor, anchor_of
from quetsach.endpoint.collect.accounts import User, accounts_of, system_account
from quetsach.endpoint.collect.named_files import (
    LONGEST_COMMAND_BYTES,
    SEARCH_PATH,
    Removed,
    named_files,
    resolve_files,
)
from quetsach.endpoint.collect.places import Place
from quetsach.endpoint.collect.text import MOST_NAMES, TextFile, names_in, read_text
from quetsach.endpoint.collect.windows.commands import WindowsNames
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of

MOST_ARTEFACTS = 20_000
MOST_FILES = 20_000
MOST_TEXT_BYTES = 8 << 20
MOST_NAMED = 20_000
"""Of one collector: artefacts, files opened, text read, paths that its commands are the first to name."""

MOST_NAMED_IN_FILE = 4_000

MOST_COMMAND_CHARACTERS = 4 << 20
"""Of the commands of Windows that one collector reads."""

LARGEST_FILE_BYTES = 64 << 20
MOST_HASHED_BYTES = 1 << 30
"""Of files that start by lying where they lie: hashed of one, and of all those of one collector."""

_HEAD_BYTES = 1 << 20
_MOST_REMEMBERED = 100_000


class Surroundings:
    """What all collectors of one scan share: the machine, its accounts, and where paths lead."""

    def __init__(self, host: Host, removed: Removed | None = None) -> None:
        self.host = host
        self._removed = removed or Removed(host)
        self._homes: dict[bytes, frozenset[bytes] | None] = {}
        self._resolved: dict[bytes, tuple[bytes, ...]] = {}
        self._listed: dict[bytes, frozenset[bytes] | None] = {}

    @cached_property
    def accounts(self) -> tuple[User, ...]:
        """The accounts that have a home."""
        return accounts_of(self.host)

    @cached_property
    def names(self) -> WindowsNames:
        """What names mean, on a Windows."""
        return WindowsNames(self.host, self._removed)

    def is_in_home(self, home: bytes, name: bytes) -> bool:
        """Return whether a home may have something of this name, in any case; it is asked once, not for each path."""
        if home not in self._homes:
            try:
                self._homes[home] = frozenset(entry.name.lower() for entry in self.host.tree.scandir(home))
            except (FileNotFoundError, NotADirectoryError):
                self._homes[home] = frozenset()
            except OSError:
                self._homes[home] = None  # each path in it will say why
        names = self._homes[home]
        return names is None or name.lower() in names

    def may_hold(self, folder: bytes, name: bytes) -> bool:
        """Return whether a folder lists a name; it is read once, not asked for each. One that cannot be read may.

        On other systems than Linux a name may be written in another way than it is listed: any may be there.
        """
        if self.host.platform != "linux":
            return True
        if folder not in self._listed:
            try:
                self._listed[folder] = frozenset(entry.name for entry in self.host.tree.scandir(folder))
            except (FileNotFoundError, NotADirectoryError):
                self._listed[folder] = frozenset()
            except OSError:
                self._listed[folder] = None
        names = self._listed[folder]
        return names is None or b"/" in name or name in names

    def knows(self, path: bytes) -> bool:
        """Return whether it is known where a path leads."""
        return path in self._resolved

    def resolve(self, path: bytes) -> tuple[bytes, ...]:
        """Return a path and where links lead it (see ``resolve_files``)."""
        found = self._resolved.get(path)
        if found is None:
            if len(self._resolved) >= _MOST_REMEMBERED:
                self._resolved.clear()
            folder, _, name = path.rpartition(b"/")
            is_searched = folder in SEARCH_PATH and not self.may_hold(folder, name)
            found = () if is_searched else resolve_files(self.host.tree, (path,))
            found = found or ((path,) if path in self._removed else ())
            self._resolved[path] = found
        return found


class Reading:
    """The work of one collector: its place, the machine, and what is left of its limits."""

    def __init__(self, place: Place, surroundings: Surroundings) -> None:
        self.place = place
        self.host = surroundings.host
        self.troubles: dict[bytes, ScanIssue] = {}
        self._surroundings = surroundings
        self._seen: set[bytes] = set()
        self._files = MOST_FILES
        self._bytes = MOST_TEXT_BYTES
        self._hashed = MOST_HASHED_BYTES
        self._named = MOST_NAMED
        self._characters = MOST_COMMAND_CHARACTERS
        self._named_in: tuple[bytes, int] = (b"", 0)

    @property
    def tree(self) -> Tree:
        """The files of the machine."""
        return self.host.tree

    @property
    def accounts(self) -> tuple[User, ...]:
        """The accounts that have a home."""
        return self._surroundings.accounts

    def stop_at(self, path: bytes) -> None:
        """Say that something at this path was left out because of a limit."""
        self.troubles.setdefault(path, ScanIssue(path, Reason.OVERFULL))

    def may_read(self, file: TextFile) -> bool:
        """Return whether the text of a file that starts may still be read for what it runs."""
        self._bytes -= len(file.content)
        if self._bytes < 0:
            self.stop_at(file.anchor.path)
        return self._bytes >= 0

    def names(self, folder: bytes) -> tuple[list[bytes], list[bytes]]:
        """Return the paths of the files (and links) and of the folders in a folder, sorted; empty if there is none."""
        try:
            files, folders = names_in(self.tree, folder)
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        except OSError as error:
            self.troubles.setdefault(folder, ScanIssue(folder, reason_of(error)))
            return [], []
        if len(files) + len(folders) >= MOST_NAMES:
            self.stop_at(folder)
        return files, folders

    def paths(self) -> Iterator[tuple[User, bytes]]:
        """Yield the paths of the place with the account they belong to; without a ``*`` they need not exist."""
        for pattern in self.place.paths:
            if "{home}" in pattern:
                tail = pattern.removeprefix("{home}").encode()
                first = tail.split(b"/", 2)[1]
                for user in self.accounts:
                    if b"*" in first or self._surroundings.is_in_home(user.home, first):
                        for path in self._expanded(user.home, tail):
                            yield user, path
            else:
                is_of_each_drive = pattern.count("/") == 1  # what lies on the root of one lies so on a stick
                for top in (b"", *(self.tree.other_drives() if is_of_each_drive else ())):
                    for path in self._expanded(top, pattern.encode()):
                        yield system_account(self.host.platform), path

    def _expanded(self, start: bytes, pattern: bytes) -> Iterator[bytes]:
        """Yield what a pattern names below a folder: existing names where it has a ``*``, the path itself where not."""
        paths = [start]
        components = [part for part in pattern.split(b"/") if part]
        for number, component in enumerate(components, 1):
            if b"*" not in component:
                paths = [path + b"/" + component for path in paths]
                continue
            below: list[bytes] = []
            for path in paths:
                files, folders = self.names(path or b"/")
                # a link may lead to a folder
                below += _matching(component, files if number == len(components) else [*files, *folders])
                if len(below) > MOST_FILES:
                    self.stop_at(path)
                    break
            paths = below[:MOST_FILES]
        yield from paths

    def texts(self) -> Iterator[tuple[User, TextFile | ScanIssue]]:
        """Yield the text files of the place, each once even if two paths lead to it."""
        for user, path in self.paths():
            file = self.text(path)
            if file is not None:
                yield user, file

    def text(self, path: bytes) -> TextFile | ScanIssue | None:
        """Read a text file; ``None`` when there is none, when it was read before, and at the limit."""
        if self._files <= 0 or self._bytes <= 0:
            return None
        file = read_text(self.tree, path)
        if file is None:
            return None
        self._files -= 1
        if isinstance(file, TextFile):
            if file.anchor.path in self._seen:
                return None
            self._seen.add(file.anchor.path)
            self._bytes -= len(file.content)
        if self._files <= 0 or self._bytes <= 0:
            self.stop_at(path)
        return file

    def files(self) -> Iterator[tuple[User, bytes, TextFile | ScanIssue]]:
        """Yield the files of the place, whatever they hold: account, path as written, anchor and first MiB of content.

        What is no regular file is passed over: a folder beside the files is none of them.
        """
        for user, path in self.paths():
            file = _read_file(self.tree, path)
            if file is None or (isinstance(file, TextFile) and file.anchor.path in self._seen):
                continue
            self._files -= 1
            if isinstance(file, TextFile):
                self._seen.add(file.anchor.path)
                self._hashed -= file.anchor.size_bytes
            if self._files < 0 or self._hashed < 0:
                self.stop_at(path)
                return
            yield user, path, file

    def named(self, command: bytes, home: bytes, anchor: FileAnchor) -> tuple[bytes, ...]:
        """Return the files that a command in a file names, and where links lead them."""
        if self.host.platform == "windows":
            return self.meant(command.decode("utf-8", "replace"), home, anchor.path)
        if not command:
            return ()
        if len(command) > LONGEST_COMMAND_BYTES:
            self.stop_at(anchor.path)
        return self.resolved(chain(self._searched(command), named_files(command, home=home)), anchor)

    def meant(self, command: str, home: bytes, file: bytes) -> tuple[bytes, ...]:
        """Return the files that a command of Windows names; ``file`` (a text, a hive) is what has the command."""
        if not command:
            return ()
        self._characters -= len(command)
        if self._characters < 0:
            self.stop_at(file)
            return ()
        return self._resolved(self._surroundings.names.files(command, home), file)

    def _searched(self, command: bytes) -> Iterator[bytes]:
        """Yield where the folders of the place have what a command names first, if that is without a folder."""
        if not self.place.search:
            return
        firsts = (part.split(None, 1)[0] for part in command.split(b"; ") if part.strip())
        for name in dict.fromkeys(first for first in firsts if b"/" not in first and b"\0" not in first):
            listed = (folder for folder in self._folders if self._surroundings.may_hold(folder, name))
            yield from (path for folder in listed if self.tree.exists(path := folder + b"/" + name))

    @cached_property
    def _folders(self) -> tuple[bytes, ...]:
        return tuple(path for folder in self.place.search for path in self._expanded(b"", folder.encode()))

    def resolved(self, paths: Iterator[bytes], anchor: FileAnchor) -> tuple[bytes, ...]:
        """Return the paths, and where links lead them, each once; as many as the limits leave."""
        return self._resolved(paths, anchor.path)

    def _resolved(self, paths: Iterable[bytes], file: bytes) -> tuple[bytes, ...]:
        before, count = self._named_in
        if file != before:
            count = 0
        found: dict[bytes, None] = {}
        for path in paths:
            count += 1
            self._named -= not self._surroundings.knows(path)
            if count > MOST_NAMED_IN_FILE or self._named < 0:
                self.stop_at(file)
                break
            found |= dict.fromkeys(self._surroundings.resolve(path))
        self._named_in = (file, count)
        return tuple(found)


def _matching(pattern: bytes, paths: list[bytes]) -> list[bytes]:
    """Return the paths whose last name the pattern names; in the order of the bytes."""
    matches = re.compile(fnmatch.translate(os.fsdecode(pattern))).match
    return sorted(path for path in paths if matches(os.fsdecode(posixpath.basename(path))))


def _read_file(tree: Tree, path: bytes) -> TextFile | ScanIssue | None:
    """Read and hash a regular file; ``None`` if there is none."""
    try:
        real = tree.resolve(path)
        descriptor = tree.open_read(real)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        reason = reason_of(error)
        return None if reason is Reason.SPECIAL else ScanIssue(path, reason)
    try:
        before = fstat(descriptor)
        if before.st_size > LARGEST_FILE_BYTES:
            return ScanIssue(real, Reason.OVERFULL)
        digest, head = hashlib.sha256(), b""
        while chunk := os.read(descriptor, _HEAD_BYTES):
            head = head or chunk
            digest.update(chunk)
            if os.lseek(descriptor, 0, os.SEEK_CUR) > LARGEST_FILE_BYTES:
                return ScanIssue(real, Reason.CHANGED)
        return TextFile(anchor_of(real, before, digest.hexdigest()), head)
    except OSError as error:
        return ScanIssue(path, reason_of(error))
    finally:
        os.close(descriptor)
