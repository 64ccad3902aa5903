"""Places at which a file system is seen, and by which other paths a file is reached."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Mount(NamedTuple):
    """A folder ``top`` of the file system on ``device`` (``major:minor``), to be seen at ``place``."""

    device: bytes
    top: bytes
    place: bytes


def other_paths(path: bytes, mounts: Iterable[Mount]) -> Iterator[bytes]:
    """Yield the other paths that lead to the file at an absolute path without links, through other mounts."""
    known = tuple(mounts)
    holding = [mount for mount in known if _below(path, mount.place) is not None]
    if not holding:
        return
    own = max(reversed(holding), key=lambda mount: len(mount.place))
    inner = own.top + path[len(own.place) :]
    for mount in known:
        rest = _below(inner, mount.top) if mount.device == own.device else None
        if rest is not None and mount.place + rest != path:
            yield mount.place + rest


def _below(path: bytes, folder: bytes) -> bytes | None:
    """Return what follows a folder in a path, with its slash; ``None`` when the path is not in the folder."""
    rest = path[len(folder) :]
    return rest if path.startswith(folder) and rest[:1] in (b"", b"/") else None
