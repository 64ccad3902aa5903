"""A Linux tree that remembers what is planted in it, and a harmless program that runs on after its file is deleted."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from quetsach.packs.specimen import Planted, set_immutable

LIFETIME_SECONDS = 60
_UNITS = "/etc/systemd/system"


class Tree:
    """Writes below a root; ``planted`` is what a specimen's ``build`` returns. Paths are those inside the root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.planted: list[Planted] = []

    def file(self, path: str, content: bytes, *, mode: int = 0o644, immutable: bool = False) -> None:
        """Plant a file; ``immutable`` sets that attribute where the system allows it."""
        there = self._place(path)
        there.write_bytes(content)
        there.chmod(mode)
        self.planted.append(Planted("file", path, immutable=immutable and set_immutable(there, on=True)))

    def line(self, kind: str, path: str, line: str, *, mode: int = 0o644, immutable: bool = False) -> None:
        """Plant a line behind what stands in the file already, before a last ``exit 0``."""
        there = self._place(path)
        before = there.read_text() if there.exists() else ""
        if before.rstrip().endswith("exit 0"):  # rc.local: what stands after it never runs
            head, _, tail = before.rpartition("exit 0")
            there.write_text(f"{head}{line}\nexit 0{tail}")
        else:
            there.write_text(f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n")
        if not before:
            there.chmod(mode)
        self.planted.append(Planted(kind, path, line, immutable=immutable and set_immutable(there, on=True)))

    def unit(self, name: str, content: str, *, wanted_by: str) -> None:
        """Plant a systemd unit that is switched on."""
        self._place(f"{_UNITS}/{name}").write_text(content)
        self._place(f"{_UNITS}/{wanted_by}.wants/{name}").symlink_to(f"{_UNITS}/{name}")
        self.planted.append(Planted("systemd-unit", f"{_UNITS}/{name}"))

    def beside(self, path: str, content: str, *, mode: int = 0o644) -> None:
        """Write what is innocent and must stay; a file that is there already is left alone."""
        there = self._place(path)
        if not there.exists():
            there.write_text(content)
            there.chmod(mode)

    def _place(self, path: str) -> Path:
        there = self._root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        return there


@contextlib.contextmanager
def running_deleted(path: Path, strings: bytes, *, called: str) -> Iterator[int]:
    """Run the system's own ``sleep`` with some bytes behind it, its file deleted; yield the number of the process.

    It ends with the context and in any case after ``LIFETIME_SECONDS``.

    Args:
        path: where the program lies while it is started; nothing may lie there.
        strings: what a rule looks for.
        called: the name that the process gives itself (``argv[0]``).
    """
    sleep = Path(shutil.which("sleep") or "/bin/sleep").resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sleep.read_bytes() + strings)
    path.chmod(0o755)
    process = subprocess.Popen(  # noqa: S603  (a copy of sleep)
        [called, str(LIFETIME_SECONDS)],
        executable=path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        path.unlink()
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)  # not waited for until here, so the number belongs to nobody else
        process.wait()
