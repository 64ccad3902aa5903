"""What is mounted where, and what a scan stays out of.

Source: Linux, ``proc_pid_mountinfo(5)``. Other systems do not say it in this way, and then nothing is known.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from quetsach.endpoint.host.mount import Mount
from quetsach.endpoint.trouble import Reason

_KINDS: Mapping[Reason, str] = {
    Reason.VIRTUAL: """autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl hugetlbfs mqueue
        nfsd nsfs proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs""",
    Reason.NETWORK: "afs beegfs ceph cifs fuse.sshfs glusterfs gpfs lustre ncpfs nfs nfs4 smb3 smbfs",
}
_REASON_OF = {name.encode(): reason for reason, names in _KINDS.items() for name in names.split()}


_ESCAPED = re.compile(rb"\\([0-7]{3})")


def mounts_now() -> tuple[Mount, ...]:
    """Return what is mounted now, later mounts after those that they hide; empty where the system does not say."""
    try:
        return tuple(parse_mounts(Path("/proc/self/mountinfo").read_bytes()))
    except OSError:
        return ()


def parse_mounts(content: bytes) -> Iterator[Mount]:
    """Yield the mounts in the text of ``/proc/self/mountinfo``; lines of another form are left out."""
    for line in content.split(b"\n"):
        fields = line.split()
        if len(fields) > 4 and fields[3].startswith(b"/") and fields[4].startswith(b"/"):
            top, place = (_ESCAPED.sub(_unescaped, field) for field in fields[3:5])
            yield Mount(fields[2], top.rstrip(b"/"), place.rstrip(b"/"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 8) & 0xFF,))


def devices_to_avoid() -> dict[int, Reason]:
    """Return device number -> reason for what is mounted now; empty where the system does not say."""
    try:
        return parse_mountinfo(Path("/proc/self/mountinfo").read_bytes())
    except OSError:
        return {}


def parse_mountinfo(content: bytes) -> dict[int, Reason]:
    """Return device number -> reason from the text of ``/proc/self/mountinfo``; lines of another form are left out."""
    avoid: dict[int, Reason] = {}
    for line in content.split(b"\n"):
        mount, separator, file_system = line.partition(b" - ")
        fields = mount.split()
        if not separator or len(fields) < 3 or not file_system.strip():
            continue
        major, _, minor = fields[2].partition(b":")
        reason = _REASON_OF.get(file_system.split()[0])
        if reason and len(fields[2]) < 20 and major.isdigit() and minor.isdigit():
            avoid[os.makedev(int(major), int(minor))] = reason
    return avoid
