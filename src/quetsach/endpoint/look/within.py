"""What a scan of paths tells of: what lies below them, wherever the signs that give it away were seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quetsach.endpoint.artefact import (
    Artefact,
    FileAnchor,
    LineAnchor,
    MemberAnchor,
    NameAnchor,
    ProcessAnchor,
    RegistryAnchor,
)
from quetsach.endpoint.host.port import Host

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
