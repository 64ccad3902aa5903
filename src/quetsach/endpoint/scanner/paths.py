"""Which files a scan goes through, and what a scan of paths tells of."""

import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from quetsach.endpoint.artefact import (
    Artefact,
    FileAnchor,
    LineAnchor,
    MemberAnchor,
    NameAnchor,
    ProcessAnchor,
    RegistryAnchor,
)
from quetsach.endpoint.collect.drop_paths import DropPath
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of
from quetsach.endpoint.scanner.match import Observation
from quetsach.endpoint.scanner.walk import DEEPEST, Candidate, identity_of, met, walk

# Which files a scan goes through: everything below some paths, or where malware is usually found.

_NEIGHBOURS = 1_000
"""A quick scan also looks at what lies beside a found file, if there are no more names than this."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one tree. No folder is walked twice by the same ``Places``."""

    tree: Tree
    avoid: Mapping[int, Reason]
    entered: set[int] = field(default_factory=set)

    def below(self, paths: Iterable[bytes], *, deepest: int = DEEPEST) -> Iterator[Candidate | ScanIssue]:
        """Yield every file at or below the paths."""
        for path in paths:
            yield from walk(self.tree, path, avoid=self.avoid, entered=self.entered, deepest=deepest)

    def named(self, observations: Iterable[Observation]) -> Iterator[Candidate]:
        """Yield the files that what was seen names: the program of a line, of a unit, of a process."""
        for path in sorted({path for observation in observations for path in observation.artefact.refers_to}):
            if (candidate := file_at(self.tree, path)) is not None:
                yield candidate

    def usual(self, drops: Iterable[DropPath]) -> Iterator[Candidate | ScanIssue]:
        """Yield what lies where malware usually lands, as far as it was not walked before."""
        for drop in drops:
            if self._was_met(drop.path):
                continue
            for item in self.below([drop.path], deepest=DEEPEST if drop.levels is None else drop.levels):
                is_deeper = isinstance(item, ScanIssue) and item.reason is Reason.TOO_DEEP
                if drop.levels is None or not is_deeper:  # deeper is for a full scan
                    yield item

    def neighbours(self, observations: Iterable[Observation]) -> Iterator[Candidate | ScanIssue]:
        """Yield what lies beside the files that matched: a miner's settings, its library, its second copy."""
        anchors = [observation.artefact.anchor for observation in observations if observation.hits]
        for folder in sorted({posixpath.dirname(a.path) for a in anchors if isinstance(a, FileAnchor)}):
            if self._was_entered(folder):
                continue
            try:
                names = [join(folder, entry.name) for entry in self.tree.scandir(folder)]
            except OSError as error:
                yield ScanIssue(folder, reason_of(error))
                continue
            if len(names) <= _NEIGHBOURS:
                yield from (c for name in sorted(names) if (c := file_at(self.tree, name)) is not None)

    def _was_met(self, path: bytes) -> bool:
        """Return whether a path is a file in a folder that was walked."""
        try:
            is_folder = stat.S_ISDIR(self.tree.stat(path).st_mode)
        except OSError:
            return False  # walking it names the reason
        return not is_folder and self._was_entered(posixpath.dirname(path))

    def _was_entered(self, folder: bytes) -> bool:
        try:
            return identity_of(self.tree.stat(folder)) in self.entered
        except OSError:
            return False


def file_at(tree: Tree, path: bytes) -> Candidate | None:
    """Return the regular file at a path, ``None`` where there is none that can be looked at."""
    try:
        real = tree.resolve(path)
        state = tree.lstat(real)
    except OSError:
        return None
    item = met(real, state) if stat.S_ISREG(state.st_mode) else None
    return item if isinstance(item, Candidate) else None


# What a scan of paths tells of: what lies below them, wherever the signs that give it away were seen.

_ROOT = b"/"


@dataclass(frozen=True, slots=True)
class Within:
    """The paths that a scan was asked for, without trailing slashes; the root stands for everything."""

    host: Host | None
    paths: tuple[bytes, ...]
    is_everything: bool

    @classmethod
    def everything(cls) -> "Within":
        """Return the whole system."""
        return cls(None, (_ROOT,), is_everything=True)

    @classmethod
    def of(cls, host: Host, paths: Iterable[bytes]) -> "Within":
        """Return what lies at and below paths inside the root, also as they are called where links lead to them."""
        named = (name for path in paths for name in (path, _resolved(host, path)))
        plain = tuple(dict.fromkeys(name.rstrip(b"/") or _ROOT for name in named))
        return cls(host, plain, is_everything=_ROOT in plain)

    def holds(self, path: bytes) -> bool:
        """Return whether a path lies at or below one of them."""
        return self.is_everything or any(path == one or path.startswith(one + b"/") for one in self.paths)

    def has(self, artefact: Artefact) -> bool:
        """Return whether an artefact lies in a file at or below one of them."""
        if self.is_everything:
            return True
        match artefact.anchor:
            case FileAnchor(path):
                return self.holds(path)
            case LineAnchor(file) | MemberAnchor(file):
                return self.holds(file.path)
            case RegistryAnchor(key):
                registry = self.host.registry if self.host is not None else None
                hive = registry.hive_path(key) if registry is not None else None
                return hive is not None and self.holds(hive)
            case ProcessAnchor() | NameAnchor():
                return False

    def concerned(self, artefact: Artefact) -> Iterator[bytes]:
        """Yield the files below the paths that an artefact is or names."""
        anchor = artefact.anchor
        if isinstance(anchor, FileAnchor) and self.holds(anchor.path):
            yield anchor.path
        if isinstance(anchor, LineAnchor | MemberAnchor) and self.holds(anchor.file.path):
            yield anchor.file.path
        yield from (path for path in artefact.refers_to if self.holds(path))


def _resolved(host: Host, path: bytes) -> bytes:
    try:
        return host.tree.resolve(path)
    except OSError:
        return path
