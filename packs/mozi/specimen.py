"""Plants a harmless infection by Mozi, and runs its program with its file deleted.

Programs exit at once, or sleep; they carry only the words that the rules look for.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.linux_tree import Tree, running_deleted
from quetsach.packs.specimen.program import build_elf

COPY = "/usr/networks"
STRINGS = b"\0".join(
    (
        b"/usr/networks",
        b"/etc/rcS.d/S95baby.sh",
        b"iptables -I INPUT  -p tcp --destination-port 7547 -j DROP",
        b"cfgtool set /mnt/jffs2/hw_ctree.xml InternetGatewayDevice.ManagementServer ConnectionRequestPassword acsMozi",
        b"[ss]",
        b"[cpu]",
        b"[atk]",
        b"",
    )
)
_SPOILED_UPX = bytes(24) + b"UPX!" + b"\x0d\x17\0\0" + bytes(12)
_BACKUP = "#!/bin/sh\n" + "echo a script of the owner, longer than the one of the malware\n" * 20


def build(root: Path) -> list[Planted]:
    """Plant the program, its packed copies, its start scripts, and lines that it appended to scripts of others."""
    tree = Tree(root)
    tree.beside("/etc/init.d/ssh", "#!/bin/sh\n/usr/sbin/sshd\n", mode=0o755)
    tree.file(COPY, build_elf(STRINGS, machine=8, bits=32, big_endian=True), mode=0o755)
    tree.file("/user/networktmp", build_elf(_SPOILED_UPX, machine=40, bits=32), mode=0o755)
    tree.file("/tmp/Mozi.m", build_elf(_SPOILED_UPX, machine=8, bits=32), mode=0o755)
    for folder in ("rcS.d", "init.d", "rc.d"):
        tree.file(f"/etc/{folder}/S95Baby.sh", f"#!/bin/sh\n{COPY}&\n".encode(), mode=0o755)
    tree.line("rc-local-line", "/etc/rc.local", "/user/networktmp&", mode=0o755)
    tree.line("rc-local-line", "/etc/init.d/ssh", f"{COPY}&", mode=0o755)
    tree.file("/usr/local/bin/sao-luu.sh", f"{_BACKUP}{COPY}&\n".encode(), mode=0o755)
    return tree.planted


@contextlib.contextmanager
def processes(root: Path) -> Iterator[list[int]]:
    """Run the program below ``root``, deleted and under the name of a service; yield its number."""
    with running_deleted(root / "tmp/Mozi.a", STRINGS, called="sshd") as pid:
        yield [pid]
