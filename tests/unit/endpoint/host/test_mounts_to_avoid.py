"""Which mounted file systems a scan stays out of."""

import os
from pathlib import Path

from quetsach.endpoint.host.posix.mounts import devices_to_avoid, parse_mountinfo
from quetsach.endpoint.scan_issue import Reason

LINES = b"""22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 27 0:50 / /mnt/with\\040space rw - nfs4 server:/share rw
damaged
40 27 9:x / /x rw - proc proc rw
41 27 0:60 / /y rw - """


def test_virtual_and_network_file_systems_are_told_by_device() -> None:
    assert parse_mountinfo(LINES) == {os.makedev(0, 21): Reason.VIRTUAL, os.makedev(0, 50): Reason.NETWORK}


def test_the_proc_of_this_system_is_among_them() -> None:
    assert devices_to_avoid()[Path("/proc").stat().st_dev] is Reason.VIRTUAL
