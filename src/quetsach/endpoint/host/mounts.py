"""Which mounted file systems a scan stays out of, by their device number (Linux: ``proc_pid_mountinfo(5)``)."""

import os
from collections.abc import Mapping
from pathlib import Path

from quetsach.endpoint.trouble import Reason

_KINDS: Mapping[Reason, str] = {
    Reason.VIRTUAL: """autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl hugetlbfs mqueue
        nfsd nsfs proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs""",
    Reason.NETWORK: "afs beegfs ceph cifs fuse.sshfs glusterfs gpfs lustre ncpfs nfs nfs4 smb3 smbfs",
}
_REASON_OF = {name.encode(): reason for reason, names in _KINDS.items() for name in names.split()}


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
