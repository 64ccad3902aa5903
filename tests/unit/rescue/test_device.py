"""A stick is written to only where it cannot be a disk that somebody needs."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from quetsach.rescue import RescueError
from quetsach.rescue.device import Device, Kernel, device_of, devices, look_at, opened, refusal

STICK = Device(
    name="sdb",
    size_bytes=16 << 30,
    model="SanDisk Ultra",
    serial="4C530001",
    is_removable=True,
    is_read_only=False,
    is_partition=False,
    uses=(),
)


class Machine:
    """Folders as the kernel has them in /sys and /proc."""

    def __init__(self, folder: Path) -> None:
        self.kernel = Kernel(folder / "sys", folder / "proc")
        self._write("proc/self/mountinfo", "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n")
        self._write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition 1 0 -2\n")
        (folder / "sys" / "block").mkdir(parents=True)
        (folder / "sys" / "dev" / "block").mkdir(parents=True)
        self.folder = folder

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name if hasattr(self, "folder") else self.kernel.sys.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def mount(self, line: str) -> None:
        with (self.folder / "proc/self/mountinfo").open("a") as file:
            file.write(line + "\n")

    def disk(self, name: str, number: str, above: str = "pci0/ata1", parts: int = 0, **told: str) -> Path:
        place = f"sys/devices/{above}/block/{name}"
        told = {"size": str((16 << 30) // 512), "ro": "0", "removable": "0", "dev": number} | told
        for key, text in told.items():
            self._write(f"{place}/{key.replace('__', '/')}", text + "\n")
        self._link(name, number, place)
        major, minor = number.split(":")
        for part in range(1, parts + 1):
            self._write(f"{place}/{name}{part}/partition", str(part))
            self._write(f"{place}/{name}{part}/size", "2048")
            self._write(f"{place}/{name}{part}/dev", f"{major}:{int(minor) + part}")
            self._link("", f"{major}:{int(minor) + part}", f"{place}/{name}{part}")
        return self.folder / place

    def _link(self, name: str, number: str, place: str) -> None:
        (self.kernel.sys / "dev/block" / number).symlink_to(self.folder / place)
        if name:
            (self.kernel.sys / "block" / name).symlink_to(self.folder / place)

    def stick(self, parts: int = 1, **told: str) -> Path:
        self._write("sys/devices/pci0/usb1/1-2/serial", "4C530001\n")
        self._write("sys/devices/pci0/usb1/1-2/idVendor", "0781\n")
        told = {"removable": "1", "device__vendor": "SanDisk ", "device__model": "Ultra"} | told
        return self.disk("sdb", "8:16", above="pci0/usb1/1-2/1-2:1.0/host6", parts=parts, **told)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def found(machine: Machine, name: str) -> Device:
    return next(device for device in devices(machine.kernel) if device.name == name)


def why(machine: Machine, name: str) -> str:
    error = refusal(found(machine, name), 1 << 30)
    return str(error.what) if error else ""


def test_a_stick_is_known_by_the_serial_number_of_its_usb_device(machine: Machine) -> None:
    machine.stick()
    assert found(machine, "sdb") == STICK
    assert refusal(STICK, 1 << 30) is None
    assert STICK.mark == "4C530001"


def test_a_stick_without_serial_number_is_known_by_its_size() -> None:
    assert replace(STICK, serial="").mark == str(16 << 30)


def test_what_a_stick_says_of_itself_cannot_steer_a_terminal(machine: Machine) -> None:
    machine.stick(device__model="Ul\x1b[2Jtra\u202e")
    assert found(machine, "sdb").model == "SanDisk Ul [2Jtra"


def test_the_disk_of_the_system_is_refused(machine: Machine) -> None:
    machine.disk("sda", "8:0", parts=2, removable="1")
    assert why(machine, "sda") == "the disk is in use: /, swap"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("30 1 8:17 / /media/usb rw - vfat /dev/sdb1 rw", "/media/usb"),
        ("30 1 8:16 / /mnt rw,relatime shared:3 master:1 - iso9660 /dev/sdb ro", "/mnt"),
        ("30 1 0:44 /@ /media/btrfs rw - btrfs /dev/sdb1 rw", "/media/btrfs"),
    ],
)
def test_a_stick_that_is_mounted_is_refused(machine: Machine, line: str, place: str) -> None:
    machine.stick()
    machine.mount(line)
    assert why(machine, "sdb") == f"the disk is in use: {place}"


def test_a_stick_that_something_else_lies_on_is_refused(machine: Machine) -> None:
    folder = machine.stick()
    (folder / "sdb1" / "holders" / "dm-0").mkdir(parents=True)
    assert why(machine, "sdb") == "the disk is in use: dm-0"


def test_a_disk_inside_is_refused_also_where_nothing_of_it_is_used(machine: Machine) -> None:
    machine.disk("nvme0n1", "259:0", device__serial="S5GX", device__model="Samsung SSD")
    assert found(machine, "nvme0n1").serial == "S5GX"
    assert why(machine, "nvme0n1").startswith("the disk is built in")


def test_memory_inside_is_told_from_a_card(machine: Machine) -> None:
    machine.disk("mmcblk0", "179:0", device__type="MMC", device__name="DF4064")
    machine.disk("mmcblk1", "179:96", device__type="SD", device__name="SC64G", device__serial="0x1234")
    assert why(machine, "mmcblk0").startswith("the disk is built in")
    assert not why(machine, "mmcblk1")


def test_a_disk_on_usb_that_does_not_call_itself_removable_is_taken(machine: Machine) -> None:
    machine.stick(removable="0")
    assert not why(machine, "sdb")


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        (replace(STICK, is_partition=True), "this is a partition"),
        (replace(STICK, is_read_only=True), "the stick is write-protected"),
        (replace(STICK, size_bytes=1 << 28), "the stick is too small"),
        (replace(STICK, size_bytes=3 << 40), "the disk is larger than 2 TiB"),
    ],
)
def test_what_no_stick_can_be_written_to_is_refused(device: Device, reason: str) -> None:
    error = refusal(device, 1 << 30)
    assert error is not None
    assert str(error.what).startswith(reason)


def test_a_partition_is_seen_as_one(machine: Machine) -> None:
    machine.stick()
    partition = device_of(os.makedev(8, 17), machine.kernel)
    assert partition.is_partition
    assert partition.is_removable


def test_a_number_that_the_kernel_does_not_know_is_refused(machine: Machine) -> None:
    with pytest.raises(RescueError, match="knows no such disk"):
        device_of(os.makedev(8, 160), machine.kernel)


def test_loop_devices_and_empty_readers_are_not_listed(machine: Machine) -> None:
    machine.stick()
    machine.disk("loop0", "7:0")
    machine.disk("sdc", "8:32", size="0")
    assert [device.name for device in devices(machine.kernel)] == ["sdb"]


def test_a_file_is_no_disk(tmp_path: Path) -> None:
    file = tmp_path / "disk"
    file.write_bytes(b"mine")
    with pytest.raises(RescueError, match="this is no disk"):
        look_at(file)
    with pytest.raises(RescueError, match="there is no such disk"):
        look_at(tmp_path / "none")
    with pytest.raises(RescueError, match="another disk has this name now"), opened(file, STICK):
        pass
    assert file.read_bytes() == b"mine"
