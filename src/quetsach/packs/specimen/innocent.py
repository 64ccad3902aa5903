"""One innocent drive for each platform: on it no pack may find anything, and it must stay as it is.

On a Windows drive that is what lies honestly beside an infection.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys
from quetsach.packs.specimen.program import build_elf, build_pe
from quetsach.packs.specimen.windows import RUN, merged
from quetsach.packs.specimen.windows import plant as plant_drive

NT = r"Microsoft\Windows NT\CurrentVersion"
CV = r"Microsoft\Windows\CurrentVersion"
USER_CV = rf"Software\{CV}"
SERVICES = r"ControlSet001\Services"
FIREWALL = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
HOSTS = "Windows/System32/drivers/etc/hosts"
SVCHOST = r"%SystemRoot%\system32\svchost.exe -k netsvcs"
STARTUP = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
PAGE = b"<html>\r\n<p>\xe1\xba\xa3nh c\xc6\xb0\xe1\xbb\x9bi</p></html>\r\n"

NEIGHBOURS_SOFTWARE: Keys = {
    RUN: {"UniKey": (SZ, r"C:\Program Files\UniKey\UniKeyNT.exe")},
    rf"{CV}\Policies\Explorer": {"NoDriveTypeAutoRun": (DWORD, 0x91)},
    rf"{NT}\Image File Execution Options\taskmgr.exe": {"Debugger": (SZ, r'"C:\Program Files\PE\procexp64.exe"')},
    r"UniKey\Settings": {"Method": (DWORD, 1)},
}
NEIGHBOURS_SYSTEM: Keys = {
    rf"{SERVICES}\pci": {
        "ImagePath": (EXPAND_SZ, r"System32\drivers\pci.sys"),
        "Group": (SZ, "Boot Bus Extender"),
        "Start": (DWORD, 0),
        "Type": (DWORD, 1),
    },
    **{
        rf"{SERVICES}\{name}": {"ImagePath": (EXPAND_SZ, SVCHOST), "Start": (DWORD, start), "Type": (DWORD, 0x20)}
        for name, start in {"BITS": 3, "WinDefend": 2, "WerSvc": 3, "wscsvc": 2, "MpsSvc": 2, "BFE": 2}.items()
    },
    rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {
        r"C:\Program Files\UniKey\UniKeyNT.exe": (SZ, r"C:\Program Files\UniKey\UniKeyNT.exe:*:Enabled:UniKey")
    },
    r"ControlSet001\Control\SafeBoot\Network": {},
}
NEIGHBOURS_FILES: Mapping[str, bytes] = {
    "Program Files/UniKey/UniKeyNT.exe": build_pe(sections={".data": b"UniKey"}),
    "Users/An/Desktop/trang.html": PAGE,
    "Users/An/Desktop/UniKey.lnk": build_shortcut(local_path=r"C:\Program Files\UniKey\UniKeyNT.exe"),
    "Windows/system.ini": b"; for 16-bit app support\r\n[386Enh]\r\nwoafont=dosapp.fon\r\n",
}
# One innocent drive for each platform: on it no pack may find anything.

_VERSION = b"""<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>ProductName</key><string>macOS</string></dict></plist>
"""
_MAC_FILES: Mapping[str, bytes] = {
    "System/Library/CoreServices/SystemVersion.plist": _VERSION,
    "Library/LaunchDaemons/org.example.backup.plist": b"""<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>Label</key><string>org.example.backup</string>
<key>ProgramArguments</key><array><string>/usr/local/bin/backup</string></array></dict></plist>
""",
    "Users/lan/Documents/notes.txt": b"Buy rice and fish sauce.\n",
    "usr/local/bin/backup": b"#!/bin/sh\ntar -C / -cf /tmp/backup.tar Users\n",
}


def plant_infected(
    root: Path,
    *,
    software: Keys | None = None,
    system: Keys | None = None,
    users: Mapping[str, Keys] | None = None,
    classes: Mapping[str, Keys] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a drive with the neighbours; what is given wins over them."""
    plant_drive(
        root,
        software=merged(NEIGHBOURS_SOFTWARE, software),
        system=merged(NEIGHBOURS_SYSTEM, system),
        users=users,
        classes=classes,
        files={**NEIGHBOURS_FILES, **(files or {})},
    )


def plant_mac(root: Path) -> None:
    """Write a small macOS system below ``root``, an existing folder."""
    for path, content in _MAC_FILES.items():
        there = root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content)


def _plant_linux(root: Path) -> None:
    plant(root)


def _plant_windows(root: Path) -> None:
    plant_infected(root)


INNOCENT: Mapping[str, Callable[[Path], None]] = {
    "linux": _plant_linux,
    "macos": plant_mac,
    "windows": _plant_windows,
}
"""Platform -> what writes its innocent drive below an existing folder."""


# A small, innocent Linux system in a folder: what stands beside an infection, and must stay as it is.

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
