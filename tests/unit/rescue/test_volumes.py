"""Which drives of a machine are looked at."""

import json
from typing import Any

import pytest

from quetsach.rescue import RescueError
from quetsach.rescue.volumes import Volume, read_volumes


def row(path: str, fstype: str | None = None, **more: Any) -> dict[str, Any]:
    empty = {"label": None, "uuid": None, "size": 1 << 30, "model": None, "pkname": None, "hotplug": False}
    return {"path": path, "type": "part", "fstype": fstype} | empty | more


MACHINE = [
    row("/dev/sda", model="Samsung  SSD 870 "),
    row("/dev/sda1", "vfat", label="SYSTEM", pkname="sda"),
    row("/dev/sda2", None, pkname="sda"),
    row("/dev/sda3", "ntfs", label="Windows", uuid="5E1C9A3B0F7D2684", pkname="sda"),
    row("/dev/sda4", "BitLocker", uuid="../../etc", pkname="sda"),
    row("/dev/sdb", "iso9660", hotplug=True, model="Stick"),
    row("/dev/sdb1", "iso9660", hotplug=True, pkname="sdb"),
    row("/dev/sdb2", "vfat", hotplug=True, pkname="sdb"),
    row("/dev/sdc1", "exfat", hotplug=True, uuid="1234-ABCD", pkname="sdc"),
    row("/dev/sdd", "ntfs", model="Old disk", uuid="0011223344556677"),
]


def test_windows_drives_and_plugged_in_sticks_are_found_and_the_rescue_stick_is_not() -> None:
    found = read_volumes(json.dumps({"blockdevices": MACHINE}), "sdb")
    assert found == (
        Volume("/dev/sda3", "ntfs", "Windows", "5E1C9A3B0F7D2684", 1 << 30, "Samsung SSD 870"),
        Volume("/dev/sda4", "bitlocker", "", "sda4", 1 << 30, "Samsung SSD 870"),
        Volume("/dev/sdc1", "exfat", "", "1234-ABCD", 1 << 30, ""),
        Volume("/dev/sdd", "ntfs", "", "0011223344556677", 1 << 30, "Old disk"),
    )
    assert [volume.is_locked for volume in found] == [False, True, False, False]


@pytest.mark.parametrize("listing", ["", "{}", '{"blockdevices": [{"path": 1}]}', '{"blockdevices": 3}'])
def test_a_listing_of_another_form_is_told(listing: str) -> None:
    with pytest.raises(RescueError, match="cannot be listed"):
        read_volumes(listing, "sdb")
