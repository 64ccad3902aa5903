"""On which disks the state of a file tells whether its content changed."""

import os
from pathlib import Path

import pytest

from quetsach.endpoint.host.posix.mounts import SETTLED_SECONDS, LastingDisks

NOW = 10_000 * 1_000_000_000
OLD = NOW - (SETTLED_SECONDS + 1) * 1_000_000_000


def _blocks(root: Path) -> Path:
    """Make a small /sys: a built-in disk with a partition, a stick, an image, and volumes on each."""
    devices = {
        "8:0": "pci0/ata1/block/sda",
        "8:1": "pci0/ata1/block/sda/sda1",
        "8:16": "pci0/usb2/block/sdb",
        "7:0": "virtual/block/loop0",
        "8:32": "pci0/mmc/block/card",
        "8:33": "pci0/mmc/block/card/card1",
        "253:0": "virtual/block/dm-0",
        "253:1": "virtual/block/dm-1",
        "253:2": "virtual/block/dm-2",
    }
    for number, place in devices.items():
        (root / "devices" / place).mkdir(parents=True, exist_ok=True)
        (root / "dev").mkdir(exist_ok=True)
        (root / "dev" / number).symlink_to(root / "devices" / place)
    (root / "devices" / devices["8:0"] / "removable").write_text("0\n")
    (root / "devices" / devices["8:32"] / "removable").write_text("1\n")
    for upper, lower in (("253:0", "8:1"), ("253:1", "8:16"), ("253:2", "253:1")):
        slaves = root / "devices" / devices[upper] / "slaves"
        slaves.mkdir()
        (slaves / "below").symlink_to(root / "devices" / devices[lower])
    return root / "dev"


def _lasts(tmp_path: Path, mounts: str, number: str, path: bytes = b"/file", ctime_ns: int = OLD) -> bool:
    disks = LastingDisks(mounts.encode(), b"/mnt/disk/", clock=lambda: NOW, blocks=_blocks(tmp_path))
    return disks(os.makedev(*map(int, number.split(":"))), path, ctime_ns)


def _mount(number: str, kind: str, place: str = "/mnt/disk", source: str = "/dev/sda1") -> str:
    return f"20 1 {number} / {place} rw shared:1 - {kind} {source} rw\n"


@pytest.mark.parametrize("kind", ["ext4", "xfs", "f2fs"])
@pytest.mark.parametrize("number", ["8:1", "253:0"], ids=["partition", "encrypted partition"])
def test_a_built_in_disk_of_the_system_lasts(tmp_path: Path, kind: str, number: str) -> None:
    assert _lasts(tmp_path, _mount(number, kind), number)


@pytest.mark.parametrize("kind", ["tmpfs", "vfat", "exfat", "fuseblk", "fuse.ext4", "nfs4", "overlay", "9p", "ntfs3"])
def test_a_file_system_whose_times_can_be_set_does_not(tmp_path: Path, kind: str) -> None:
    assert not _lasts(tmp_path, _mount("8:1", kind), "8:1")


@pytest.mark.parametrize("number", ["8:16", "7:0", "8:32", "8:33", "253:1", "253:2"])
def test_a_disk_that_can_be_pulled_out_or_is_a_file_does_not_whatever_lies_between(tmp_path: Path, number: str) -> None:
    assert not _lasts(tmp_path, _mount(number, "ext4"), number)


def test_a_device_that_is_not_mounted_or_unknown_does_not(tmp_path: Path) -> None:
    assert not _lasts(tmp_path / "a", "", "8:1")
    assert not _lasts(tmp_path / "b", _mount("9:9", "ext4"), "9:9")
    assert not _lasts(tmp_path / "c", "nonsense\n\n - \n20 1 8:1 / /\n", "8:1")


def test_a_file_changed_a_moment_ago_or_in_the_future_does_not(tmp_path: Path) -> None:
    assert not _lasts(tmp_path / "a", _mount("8:1", "ext4"), "8:1", ctime_ns=NOW - 1_000_000_000)
    assert not _lasts(tmp_path / "b", _mount("8:1", "ext4"), "8:1", ctime_ns=NOW + 1)


def test_a_subvolume_is_known_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "quetsach.endpoint.host.posix.mounts._number_of", {b"/dev/sda1": "8:1", b"/dev/sdb": "8:16"}.get
    )
    inner = _mount("0:50", "btrfs", "/mnt/disk") + _mount("0:51", "btrfs", "/mnt/disk/with\\040stick", "/dev/sdb")
    assert _lasts(tmp_path / "a", inner, "0:99")
    assert not _lasts(tmp_path / "b", inner, "0:99", b"/with stick/file")
    assert not _lasts(tmp_path / "c", inner + _mount("0:52", "fuse", "/mnt/disk"), "0:99")
    assert not _lasts(tmp_path / "d", _mount("0:50", "ext4", "/mnt/disk"), "0:99")
