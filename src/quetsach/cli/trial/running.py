"""A running system in a folder: the processes whose program or script lies there, as if the folder were the root.

So what a specimen runs is found, suspended and ended as on a real machine, and nothing else on this one is seen.
"""

import os
from dataclasses import replace
from pathlib import Path

from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import LinuxHost
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Process


def running_host(root: Path) -> LinuxHost:
    """Return the Linux system below a folder with what runs of it."""
    return LinuxHost(PosixTree(root), ProcessesBelow(root), None)


class ProcessesBelow(LinuxProcesses):
    """Those processes only that run something below a folder; their paths are told inside it."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = os.fsencode(root.resolve())

    def read(self, pid: int) -> Process | None:
        """Return one process, or ``None`` when there is none of that number, or it runs nothing of the folder."""
        process = super().read(pid)
        if process is None or pid == os.getpid():
            return None
        below = self._root + b"/"
        if not any(part.startswith(below) for part in (process.executable, *process.arguments)):
            return None
        return replace(
            process,
            anchor=replace(process.anchor, executable=self._inside(process.executable)),
            arguments=tuple(map(self._inside, process.arguments)),
            cwd=self._inside(process.cwd),
        )

    def _inside(self, text: bytes) -> bytes:
        return text.removeprefix(self._root) if text.startswith(self._root + b"/") else text
