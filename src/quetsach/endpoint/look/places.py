"""Which files a scan goes through: everything below some paths, or where malware is usually found."""

import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from quetsach.endpoint.artefact import FileAnchor
from quetsach.endpoint.collect.drop_places import DropPlace
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.look.match import Observation
from quetsach.endpoint.look.walk import DEEPEST, Candidate, identity_of, met, walk
from quetsach.endpoint.trouble import Reason, Trouble, reason_of

_NEIGHBOURS = 1_000
"""A quick scan also looks at what lies beside a found file, if there are no more names than this."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one tree. No folder is walked twice by the same ``Places``."""

    tree: Tree
    avoid: Mapping[int, Reason]
    entered: set[int] = field(default_factory=set)

    def below(self, paths: Iterable[bytes], *, deepest: int = DEEPEST) -> Iterator[Candidate | Trouble]:
        """Yield every file at or below the paths."""
        for path in paths:
            yield from walk(self.tree, path, avoid=self.avoid, entered=self.entered, deepest=deepest)

    def named(self, observations: Iterable[Observation]) -> Iterator[Candidate]:
        """Yield the files that what was seen names: the program of a line, of a unit, of a process."""
        for path in sorted({path for observation in observations for path in observation.artefact.refers_to}):
            if (candidate := file_at(self.tree, path)) is not None:
                yield candidate

    def usual(self, drops: Iterable[DropPlace]) -> Iterator[Candidate | Trouble]:
        """Yield what lies where malware usually lands, as far as it was not walked before."""
        for drop in drops:
            if self._was_met(drop.path):
                continue
            for item in self.below([drop.path], deepest=DEEPEST if drop.levels is None else drop.levels):
                is_deeper = isinstance(item, Trouble) and item.reason is Reason.TOO_DEEP
                if drop.levels is None or not is_deeper:  # deeper is for a full scan
                    yield item

    def neighbours(self, observations: Iterable[Observation]) -> Iterator[Candidate | Trouble]:
        """Yield what lies beside the files that matched: a miner's settings, its library, its second copy."""
        anchors = [observation.artefact.anchor for observation in observations if observation.hits]
        for folder in sorted({posixpath.dirname(a.path) for a in anchors if isinstance(a, FileAnchor)}):
            if self._was_entered(folder):
                continue
            try:
                names = [join(folder, entry.name) for entry in self.tree.scandir(folder)]
            except OSError as error:
                yield Trouble(folder, reason_of(error))
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
