"""What is mounted where, what a scan stays out of, and on which disks a file cannot change without telling so."""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from quetsach.endpoint.host.tree import Mount
from quetsach.endpoint.scan_issue import Reason

# What is mounted where, and what a scan stays out of.
#
# Source: Linux, ``proc_pid_mountinfo(5)``. Other systems do not say it in this way, and then nothing is known.

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


# Disks on which a file cannot change without its time of status change telling so (Linux: ``proc_pid_mountinfo(5)``).
#
# Left out, because someone who is not the administrator could change a file and leave no trace: tmpfs, where writing
# through a mapping changes no time; FAT, exFAT, NTFS and whatever else FUSE serves, where times can be set or come from
# a user's program; network and host-shared file systems, whose other end sets the times; disks that can be pulled out
# and written elsewhere, loop devices, whose image is a file; overlays, which may lie on any of these.

SETTLED_SECONDS = 600
"""A file changed more lately is read again next time.

Times of files are coarse (a clock tick, on old disks a second), and a page that is still to be written back can be
changed through a mapping without a new time of change; the kernel writes back after half a minute (``vm(5)``:
``dirty_expire_centisecs``).
"""

_LASTING_KINDS = frozenset({b"ext2", b"ext3", b"ext4", b"xfs", b"btrfs", b"f2fs", b"bcachefs"})
_OWN_NUMBERS = frozenset({b"btrfs"})
"""File systems whose files have device numbers that the list of mounts does not know: one for each subvolume."""

_NOT_FIXED = ("/usb", "/block/loop", "/block/nbd", "/block/zram", "/block/ram", "/fw")
_BLOCKS = Path("/sys/dev/block")
_DEEPEST = 8


class LastingDisks:
    """Says of a file whether it is settled on a disk of the kind above.

    Args:
        mountinfo: ``/proc/self/mountinfo``.
        root: the folder that paths start at.
        clock: the time now, in nanoseconds since the epoch.
        blocks: the kernel's block devices by number (``/sys/dev/block``).
    """

    def __init__(
        self,
        mountinfo: bytes,
        root: bytes,
        *,
        clock: Callable[[], int] = time.time_ns,
        blocks: Path = _BLOCKS,
    ) -> None:
        self._mounts = [mount for line in mountinfo.split(b"\n") if (mount := _mount(line))]
        self._root = root.rstrip(b"/")
        self._clock = clock
        self._blocks = blocks
        self._known: dict[int, bool] = {}

    def __call__(self, device: int, path: bytes, ctime_ns: int) -> bool:
        """Return whether the state of a file tells when its content changes."""
        lasts = self._known.get(device)
        if lasts is None:
            lasts = self._known[device] = self._lasts(device, path)
        return lasts and ctime_ns < self._clock() - SETTLED_SECONDS * 1_000_000_000

    def _lasts(self, device: int, path: bytes) -> bool:
        number = b"%d:%d" % (os.major(device), os.minor(device))
        for its, _, kind, _ in self._mounts:
            if its == number:
                return kind in _LASTING_KINDS and self._is_fixed(self._blocks / number.decode())
        path = self._root + path
        over = [mount for mount in self._mounts if path.startswith(mount[1].rstrip(b"/") + b"/")]
        if not over:
            return False
        _, _, kind, source = max(reversed(over), key=lambda mount: len(mount[1]))  # of several at one place the last
        return kind in _OWN_NUMBERS and self._is_fixed(self._blocks / _number_of(source))

    def _is_fixed(self, device: Path, depth: int = 0) -> bool:
        """Return whether a block device, and what it lies on, is built in."""
        try:
            block = device.resolve(strict=True)
        except OSError:
            return False
        if depth > _DEEPEST or any(part in str(block) for part in _NOT_FIXED):
            return False
        if any(_says_one(place / "removable") for place in (block, block.parent)):
            return False
        return all(self._is_fixed(below, depth + 1) for below in (block / "slaves").glob("*"))


def lasting_disks(root: Path | None) -> LastingDisks:
    """Return the disks as they are mounted now; ``root`` is where a mounted system lies, ``None`` for this one."""
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        mounts = b""
    return LastingDisks(mounts, bytes(root.resolve()) if root else b"")


def _mount(line: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Return device number, place, kind and source of a mount; ``None`` for a line of another form."""
    mount, _, file_system = line.partition(b" - ")
    fields, kind = mount.split(b" "), file_system.split(b" ")
    if len(fields) < 6 or len(kind) < 2:
        return None
    place = fields[4]
    for raw in (b" ", b"\t", b"\n", b"\\"):
        place = place.replace(b"\\%03o" % ord(raw), raw)
    return fields[2], place, kind[0], kind[1]


def _number_of(source: bytes) -> str:
    """Return the number of a block device by its path; one that does not exist when it has none."""
    try:
        device = os.stat(source).st_rdev
    except OSError:
        return "none"
    return f"{os.major(device)}:{os.minor(device)}"


def _says_one(path: Path) -> bool:
    try:
        return path.read_bytes().strip() == b"1"
    except OSError:
        return False


# Paths of the running system as its tree has them, which on POSIX systems are the same.


def tree_path(path: str | Path) -> bytes:
    """Return a path of this system, a relative one from the current folder on, as a path of the running tree."""
    return os.fsencode(Path.cwd() / path)


def real_path(path: bytes) -> bytes:
    """Return where a path of the running tree leads, links followed, in a form that can be compared."""
    return os.path.realpath(path)


def inside_path(text: str) -> bytes:
    """Return what a person wrote of a mounted disk as a path of its tree: it starts at the root."""
    return os.fsencode(Path("/" + text.lstrip("/")))
