"""The back ends that the contract is for, each with a folder that is the test's own."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fake_host import FakeFolder, FakeHost, FakeNode, FakeTree
from tests.ntfs import make_image, mounted

from quetsach.endpoint.act.replacement import clear
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.linux import live_host, mounted_host

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

    def path(self, name: bytes | str) -> bytes:
        return self.base + b"/" + (name.encode() if isinstance(name, str) else name)

    def folder(self, name: bytes | str = b".") -> None:
        """Make a folder with those above it; the port has no act for that, because the tool makes none."""
        if isinstance(self.host.tree, FakeTree):
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
        if isinstance(self.host.tree, FakeTree):
            with self.host.tree.parent(self.path(name), follow=False) as (folder, last):
                assert isinstance(folder, FakeFolder)
                assert folder.node.names is not None
                folder.node.names[last] = self.host.tree.new(FakeNode(target=target))
        else:
            os.symlink(target, self._real(name))  # noqa: PTH211  (names are bytes)

    def _real(self, name: bytes | str) -> bytes:
        return os.fsencode(self.host.tree.root) + self.path(name)


@pytest.fixture(scope="session")
def ntfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A mounted NTFS file system, one for all tests of a process."""
    folder = tmp_path_factory.mktemp("ntfs")
    make_image(folder / "image")
    with mounted(folder / "image", folder / "disk") as disk:
        yield disk


@pytest.fixture(params=["fake", "linux-live", "linux-mounted", "windows-copy", "windows-ntfs"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """One back end with an empty folder."""
    host: Host
    base = b"/work"
    match request.param:
        case "fake":
            host = FakeHost(FakeTree(tmp_path), platform="linux")
        case "linux-live":
            host, base = live_host(), os.fsencode(tmp_path)
        case "linux-mounted":
            host = mounted_host(tmp_path)
        case "windows-copy":
            host = mounted_windows(tmp_path)
        case _:
            host, base = mounted_windows(request.getfixturevalue("ntfs")), f"/work{next(_NUMBERS)}".encode()
    made = Machine(request.param, host, base)
    made.folder()
    return made
