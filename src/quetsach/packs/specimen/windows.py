r"""A plausible system drive of Windows 10 in a folder: three people, hives, tasks, hosts. Add to it what a test needs.

``plant(root, software={r"Microsoft\…\Run": {"x": (SZ, "…")}}, users={"An": {…}})`` merges keys into what is there.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from quetsach.packs.specimen.hive import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ, Keys, build_hive

USERS = ("An", "Bình", "Public")
OLD_NS = 1_600_000_000_123_456_700
"""Times of all that is planted; NTFS counts in 100 nanoseconds."""

CONFIG = "Windows/System32/config"
RUN = r"Microsoft\Windows\CurrentVersion\Run"

SOFTWARE: Keys = {
    r"Microsoft\Windows NT\CurrentVersion": {
        "ProductName": (SZ, "Windows 10 Pro"),
        "CurrentBuild": (SZ, "19045"),
        "SystemRoot": (SZ, r"C:\Windows"),
    },
    r"Microsoft\Windows NT\CurrentVersion\Winlogon": {
        "Shell": (SZ, "explorer.exe"),
        "Userinit": (SZ, r"C:\Windows\system32\userinit.exe,"),
    },
    r"Microsoft\Windows NT\CurrentVersion\Svchost": {"netsvcs": (MULTI_SZ, ["BITS", "Schedule", "wuauserv"])},
    r"Microsoft\Windows NT\CurrentVersion\Image File Execution Options": {},
    r"Microsoft\Windows NT\CurrentVersion\ProfileList": {
        "ProfilesDirectory": (EXPAND_SZ, r"%SystemDrive%\Users"),
        "ProgramData": (EXPAND_SZ, r"%SystemDrive%\ProgramData"),
    },
    r"Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1001": {
        "ProfileImagePath": (EXPAND_SZ, r"C:\Users\An")
    },
    r"Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1002": {
        "ProfileImagePath": (EXPAND_SZ, r"C:\Users\Bình")
    },
    r"Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree": {},
    r"Microsoft\Windows NT\CurrentVersion\Windows": {"AppInit_DLLs": (SZ, ""), "LoadAppInit_DLLs": (DWORD, 0)},
    r"Microsoft\Cryptography": {"MachineGuid": (SZ, "00000000-1111-2222-3333-444444444444")},
    RUN: {"SecurityHealth": (EXPAND_SZ, r"%windir%\system32\SecurityHealthSystray.exe")},
    r"WOW6432Node\Microsoft\Windows\CurrentVersion\Run": {},
}
SYSTEM: Keys = {
    "Select": {"Current": (DWORD, 1), "Default": (DWORD, 1), "Failed": (DWORD, 0), "LastKnownGood": (DWORD, 1)},
    r"ControlSet001\Control\ComputerName\ComputerName": {"ComputerName": (SZ, "PC-XA-001")},
    r"ControlSet001\Control\Session Manager": {"BootExecute": (MULTI_SZ, ["autocheck autochk *"])},
    r"ControlSet001\Control\Session Manager\Environment": {
        "Path": (EXPAND_SZ, r"%SystemRoot%\system32;%SystemRoot%"),
        "windir": (EXPAND_SZ, "%SystemRoot%"),
    },
    r"ControlSet001\Control\SafeBoot\Minimal": {},
    r"ControlSet001\Services\Tcpip\Parameters": {
        "DataBasePath": (EXPAND_SZ, r"%SystemRoot%\System32\drivers\etc"),
        "NameServer": (SZ, ""),
    },
    r"ControlSet001\Services\Schedule": {
        "ImagePath": (EXPAND_SZ, r"%systemroot%\system32\svchost.exe -k netsvcs -p"),
        "Start": (DWORD, 2),
        "Type": (DWORD, 0x20),
        "ObjectName": (SZ, "LocalSystem"),
    },
    r"ControlSet001\Services\Schedule\Parameters": {"ServiceDll": (EXPAND_SZ, r"%systemroot%\system32\schedsvc.dll")},
    r"ControlSet001\Services\wuauserv": {
        "ImagePath": (EXPAND_SZ, r"%systemroot%\system32\svchost.exe -k netsvcs -p"),
        "Start": (DWORD, 3),
        "Type": (DWORD, 0x20),
    },
    r"ControlSet001\Services\disk": {
        "ImagePath": (EXPAND_SZ, r"System32\drivers\disk.sys"),
        "Start": (DWORD, 0),
        "Type": (DWORD, 1),
    },
}
USER: Keys = {
    RUN.replace("Microsoft", r"Software\Microsoft", 1): {
        "OneDrive": (SZ, r'"C:\Users\An\AppData\Local\Microsoft\OneDrive\OneDrive.exe" /background')
    },
    r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders": {
        "Startup": (EXPAND_SZ, r"%USERPROFILE%\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup")
    },
    "Environment": {"TEMP": (EXPAND_SZ, r"%USERPROFILE%\AppData\Local\Temp")},
    r"Control Panel\Desktop": {"WallPaper": (BINARY, b"\0")},
}
CLASSES: Keys = {"CLSID": {}}

FOLDERS = (
    "Program Files",
    "Program Files (x86)",
    "ProgramData/Microsoft/Windows/Start Menu/Programs/StartUp",
    "Windows/System32/Tasks/Microsoft/Windows",
    "Windows/System32/drivers/etc",
    "Windows/System32/wbem/Repository",
    "Windows/Tasks",
    "Windows/Temp",
    "$Recycle.Bin",
    *(
        f"Users/{user}/{below}"
        for user in USERS[:2]
        for below in (
            "AppData/Local/Temp",
            "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup",
            "Desktop",
        )
    ),
    "Users/Public/Desktop",
)
FILES: Mapping[str, bytes] = {
    "Windows/explorer.exe": b"MZ explorer",
    "Windows/System32/ntoskrnl.exe": b"MZ kernel",
    "Windows/System32/svchost.exe": b"MZ svchost",
    "Windows/System32/userinit.exe": b"MZ userinit",
    "Windows/System32/schedsvc.dll": b"MZ schedsvc",
    "Windows/System32/drivers/disk.sys": b"MZ disk",
    "Windows/System32/drivers/etc/hosts": b"# Copyright (c) 1993-2009 Microsoft Corp.\r\n127.0.0.1 localhost\r\n",
    "Users/An/Desktop/ảnh cưới.jpg": b"\xff\xd8\xff\xe0 a photograph",
}


def plant(
    root: Path,
    *,
    software: Keys | None = None,
    system: Keys | None = None,
    users: Mapping[str, Keys] | None = None,
    classes: Mapping[str, Keys] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Write the drive below ``root``, an existing folder. All keys are inside their hive; ``system`` has no links."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, content in {**FILES, **(files or {})}.items():
        write(root, path, content)
    for name, keys in {"SOFTWARE": merged(SOFTWARE, software), "SYSTEM": merged(SYSTEM, system)}.items():
        write(root, f"{CONFIG}/{name}", build_hive(keys, name=name))
    for name in ("SAM", "SECURITY", "DEFAULT"):
        write(root, f"{CONFIG}/{name}", build_hive({name: {}}, name=name))
    for user in USERS[:2]:
        home = f"Users/{user}"
        write(root, f"{home}/NTUSER.DAT", build_hive(merged(USER, (users or {}).get(user)), name="NTUSER.DAT"))
        of_user = merged(CLASSES, (classes or {}).get(user))
        write(root, f"{home}/AppData/Local/Microsoft/Windows/UsrClass.dat", build_hive(of_user, name="UsrClass.dat"))
    for below, _, _ in root.walk(top_down=False):
        os.utime(below, ns=(OLD_NS, OLD_NS))


def write(root: Path, path: str, content: bytes) -> None:
    """Write a file with old times, its folders with it."""
    there = root / path
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes(content)
    os.utime(there, ns=(OLD_NS, OLD_NS))


def merged(keys: Keys, more: Keys | None) -> Keys:
    """Return both; values of the second win."""
    more = more or {}
    return {path: {**keys.get(path, {}), **more.get(path, {})} for path in [*keys, *(p for p in more if p not in keys)]}
