"""One innocent drive for each platform: on it no pack may find anything."""

from collections.abc import Callable, Mapping
from pathlib import Path

from quetsach.packs.specimen import linux
from quetsach.packs.specimen.neighbours import plant_infected

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


def plant_mac(root: Path) -> None:
    """Write a small macOS system below ``root``, an existing folder."""
    for path, content in _MAC_FILES.items():
        there = root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content)


def _plant_linux(root: Path) -> None:
    linux.plant(root)


def _plant_windows(root: Path) -> None:
    plant_infected(root)


INNOCENT: Mapping[str, Callable[[Path], None]] = {
    "linux": _plant_linux,
    "macos": plant_mac,
    "windows": _plant_windows,
}
"""Platform -> what writes its innocent drive below an existing folder."""
