"""The back ends that the contract is for, each with a folder that is the test's own.

On Windows the same tests run inside it (``tests/windows/inside``): there the back ends are those of Windows.
"""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.fake_host import FakeFolder, FakeHost, FakeNode, FakeTree
from tests.nt_machine import FakeWindows, fake_windows, symbolic

from quetsach.endpoint.act.act import clear
from quetsach.endpoint.host.live import live_host, open_mounted, tree_path
from quetsach.endpoint.host.nt.file_calls import filetime_of
from quetsach.endpoint.host.port import Host

_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Machine:
    """A back end, and the path inside its root of a folder where a test may do as it likes."""

    kind: str
    host: Host
    base: bytes

    @property
    def ignores_case(self) -> bool:
        return self.kind.startswith("windows")

    @property
    def is_ntfs(self) -> bool:
        """Whether names cannot hold what Windows forbids in them."""
        return self.kind not in ("fake", "linux-live", "linux-mounted", "windows-copy")

    def path(self, name: bytes | str) -> bytes:
        return self.base + b"/" + (name.encode() if isinstance(name, str) else name)

    def folder(self, name: bytes | str = b".") -> None:
        """Make a folder with those above it; the port has no act for that, because the tool makes none."""
        if isinstance(self.host, FakeWindows):
            self.host.calls.folder(self.path(name).decode().replace("/./", "/").removesuffix("/."))
        elif isinstance(self.host.tree, FakeTree):
            node = self.host.tree.top
            for part in self.path(name).split(b"/"):
                if part not in (b"", b"."):
                    assert node.names is not None
                    node = node.names.setdefault(part, self.host.tree.new(FakeNode(names={})))
        else:
            os.makedirs(self._real(name), exist_ok=True)  # noqa: PTH103  (names are bytes)

    def write(self, name: bytes | str, content: bytes = b"") -> None:
        with self.host.tree.parent(self.path(name), follow=False) as (folder, last):
            descriptor = folder.create(b".made")
            try:
                os.write(descriptor, content)
                folder.place(descriptor, b".made", last)
            finally:
                os.close(descriptor)
                clear(folder, b".made")

    def link(self, name: bytes | str, target: bytes) -> None:
        if isinstance(self.host, FakeWindows):
            record = symbolic(target.decode().replace("/", "\\"))
            self.host.calls.reparse_at(self.path(name).decode(), record, is_folder=False)
        elif isinstance(self.host.tree, FakeTree):
            with self.host.tree.parent(self.path(name), follow=False) as (folder, last):
                assert isinstance(folder, FakeFolder)
                assert folder.node.names is not None
                folder.node.names[last] = self.host.tree.new(FakeNode(target=target))
        else:
            os.symlink(target, self._real(name))  # noqa: PTH211  (names are bytes)

    def age(self, descriptor: int, nanoseconds: int) -> None:
        """Give an open file times of access and writing."""
        if isinstance(self.host, FakeWindows):
            calls: Any = self.host.calls
        elif sys.platform == "win32":
            from quetsach.endpoint.host.nt.ffi.files import NtFileCalls

            calls = NtFileCalls()
        else:
            os.utime(descriptor, ns=(nanoseconds, nanoseconds))
            return
        again = calls.open(calls.handle(descriptor), "", 0x180)
        calls.set_basic(again, accessed=filetime_of(nanoseconds), written=filetime_of(nanoseconds))
        calls.close(again)

    def _real(self, name: bytes | str) -> bytes:
        return os.fsencode(self.host.tree.root) + self.path(name)


def _fake(tmp_path: Path, _: pytest.FixtureRequest) -> tuple[Host, bytes]:
    return FakeHost(FakeTree(tmp_path), platform="linux"), b"/work"


def _calls(tmp_path: Path, _: pytest.FixtureRequest) -> tuple[Host, bytes]:
    return fake_windows(tmp_path / "disk"), b"/work"


def _live(tmp_path: Path, _: pytest.FixtureRequest) -> tuple[Host, bytes]:
    return live_host(), tree_path(tmp_path)


def _windows_drive(tmp_path: Path, _: pytest.FixtureRequest) -> tuple[Host, bytes]:
    return open_mounted(tmp_path, system="windows"), b"/work"


BACK_ENDS: dict[str, Callable[[Path, pytest.FixtureRequest], tuple[Host, bytes]]]
if sys.platform == "win32":
    BACK_ENDS = {"windows-live": _live, "windows-drive": _windows_drive}
    LINKING: tuple[str, ...] = ()  # Wine makes none; the calls in memory stand for Windows there
else:
    from tests.ntfs import make_image, mounted

    @pytest.fixture(scope="session")
    def ntfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
        """A mounted NTFS file system, one for all tests of a process."""
        folder = tmp_path_factory.mktemp("ntfs")
        make_image(folder / "image")
        with mounted(folder / "image", folder / "disk") as disk:
            yield disk

    def _linux_mounted(tmp_path: Path, _: pytest.FixtureRequest) -> tuple[Host, bytes]:
        return open_mounted(tmp_path, system="linux"), b"/work"

    def _windows_ntfs(_: Path, request: pytest.FixtureRequest) -> tuple[Host, bytes]:
        return open_mounted(request.getfixturevalue("ntfs"), system="windows"), f"/work{next(_NUMBERS)}".encode()

    BACK_ENDS = {
        "fake": _fake,
        "linux-live": _live,
        "linux-mounted": _linux_mounted,
        "windows-copy": _windows_drive,
        "windows-ntfs": _windows_ntfs,
        "windows-calls": _calls,
    }
    LINKING = tuple(BACK_ENDS)


@pytest.fixture(params=BACK_ENDS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """One back end with an empty folder."""
    return _made(request, tmp_path)


@pytest.fixture(params=LINKING)
def linking(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """One back end whose disk takes links, with an empty folder."""
    return _made(request, tmp_path)


def _made(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    made = Machine(request.param, *BACK_ENDS[request.param](tmp_path, request))
    made.folder()
    return made
