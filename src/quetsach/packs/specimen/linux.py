"""A small, innocent Linux system in a folder: what stands beside an infection, and must stay as it is."""

import os
from collections.abc import Mapping
from pathlib import Path

from quetsach.packs.specimen.program import build_elf

OLD_NS = 1_600_000_000_000_000_000
"""Times of all that is planted."""

FILES: Mapping[str, bytes] = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/bash\nlan:x:1000:1000:Lan:/home/lan:/bin/bash\n",
    "etc/crontab": b"17 * * * * root cd / && run-parts --report /etc/cron.hourly\n",
    "etc/cron.d/sysstat": b"5-55/10 * * * * root /usr/bin/sa1 1 1\n",
    "etc/hosts": b"127.0.0.1 localhost\n192.0.2.20 printer.example.test\n",
    "etc/profile.d/lang.sh": b"export LANG=vi_VN.UTF-8\n",
    "etc/rc.local": b"#!/bin/sh -e\n/usr/bin/true\nexit 0\n",
    "etc/systemd/system/backup.service": b"[Service]\nExecStart=/usr/local/bin/backup --nightly\n",
    "etc/systemd/system/backup.timer": b"[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n",
    "home/lan/.bashrc": b"alias ll='ls -l'\n",
    "home/lan/.config/autostart/notes.desktop": b"[Desktop Entry]\nType=Application\nExec=/usr/bin/notes\n",
    "home/lan/notes.txt": b"donate-level and rig-id are words of miners; so is --donate-level\n",
    "root/.ssh/authorized_keys": b"ssh-ed25519 " + b"A" * 68 + b" lan\n",
    "usr/bin/notes": build_elf(b"Notes: write down what must not be forgotten"),
    "usr/lib/systemd/system/ssh.service": b"[Service]\nExecStart=/usr/sbin/sshd -D\n",
    "usr/local/bin/backup": b"#!/bin/sh\n# tftp and wget are honest words, too\ntar -C / -cf /srv/b.tar home\n",
    "var/spool/cron/crontabs/root": b"0 3 * * * /usr/local/bin/backup\n",
}

_PRIVATE = frozenset({"root/.ssh/authorized_keys", "var/spool/cron/crontabs/root"})
_PROGRAMS = ("etc/rc.local", "usr/bin/", "usr/local/bin/")


def plant(root: Path, files: Mapping[str, bytes] | None = None) -> None:
    """Write the system below ``root``, an existing folder, and what is given beside it."""
    for path, content in {**FILES, **(files or {})}.items():
        there = root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content)
        there.chmod(0o600 if path in _PRIVATE else 0o755 if path.startswith(_PROGRAMS) else 0o644)
    for below, _, names in root.walk(top_down=False):
        for there in [*(below / name for name in names), below]:
            os.utime(there, ns=(OLD_NS, OLD_NS), follow_symlinks=False)
