"""Files that were removed, so that what still names one is found though the file is not there to be seen."""

import os
from collections.abc import Iterable
from typing import Self

from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import folded


class Removed:
    """Paths that led to removed files; a path is one of them when it would lead there, as the system compares it."""

    def __init__(self, host: Host, paths: Iterable[bytes] = ()) -> None:
        self._host = host
        self._paths = frozenset(map(self._comparable, paths))

    @classmethod
    def of(cls, host: Host, paths: Iterable[bytes]) -> Self:
        """Return those of the paths (inside the root, without links) that are gone."""
        return cls(host, (path for path in paths if not host.tree.exists(path)))

    def __bool__(self) -> bool:
        return bool(self._paths)

    def __contains__(self, path: bytes) -> bool:
        if not self._paths:
            return False
        try:
            real = self._host.tree.resolve(path)
        except OSError:
            real = os.path.normpath(path)
        return self._comparable(real) in self._paths

    def _comparable(self, path: bytes) -> bytes:
        """Return a path as it is compared: which case a name has is only told while the file is there."""
        if self._host.platform != "windows":
            return path
        return folded(path.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
