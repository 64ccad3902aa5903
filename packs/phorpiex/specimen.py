r"""Plants a harmless infection by Phorpiex: programs that only return, the owner's data hidden on a stick.

Four programs: one of the kind that spreads on sticks and one of the older Trik, both unpacked, and two packed ones,
known only by the entry that starts the one and by the hole in the firewall for the other. The root is
machine and memory stick at once.
"""

import os
import random
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import DWORD, SZ
from quetsach.packs.specimen.innocent import FIREWALL, NT, SERVICES, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN

_COMMAND = r"/c start __ & __\DriveMgr.exe & exit"
_SPREADS = build_pe(sections={".rdata": f"{_COMMAND}\0AntiVirusDisableNotify\0%ls:*:Enabled:%s\0".encode("utf-16-le")})
_TRIK = build_pe(sections={".rdata": b"C:\\x\\Trik v1.7\\Release\\Trik.pdb\0%s:*:Enabled:%s\0PRIVMSG\0"})
_PACKED = build_pe(sections={"UPX0": random.Random("phorpiex").randbytes(2048)})

_SPREADING = r"C:\Windows\4950606094303050\winsvcs.exe"
_OLD = r"C:\Users\An\M-50504503224255244048500220524542045\winmgr.exe"
_HIDING = r"C:\Windows\60400504030430\svchost.exe"
_LET_IN = r"C:\Users\Bình\M-7057040250320570\winsvc.exe"
_LIST = rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List"
_CENTER = r"Microsoft\Security Center"
_POLICY = r"Policies\Microsoft\Windows Defender"
_RESTORE = rf"{NT}\SystemRestore"


def build(root: Path) -> list[Planted]:
    """Write the drive and return what was planted."""
    plant_infected(
        root,
        software={
            RUN: {"Microsoft Windows Services": (SZ, _SPREADING), "Host Process": (SZ, _HIDING)},
            _CENTER: {"AntiVirusOverride": (DWORD, 1), "FirewallDisableNotify": (DWORD, 1)},
            _POLICY: {"DisableAntiSpyware": (DWORD, 1)},
            rf"{_POLICY}\Real-Time Protection": {"DisableScanOnRealtimeEnable": (DWORD, 1)},
            _RESTORE: {"DisableSR": (DWORD, 1)},
        },
        system={
            _LIST: {
                program: (SZ, f"{program}:*:Enabled:Microsoft Windows Services")
                for program in (_SPREADING, _OLD, _HIDING, _LET_IN)
            },
            rf"{SERVICES}\WinDefend": {"Start": (DWORD, 4)},
        },
        users={
            "An": {rf"{USER_CV}\Run": {"Microsoft Windows Manager": (SZ, _OLD)}},
            "Bình": {rf"{USER_CV}\Run": {"Microsoft Windows Services": (SZ, _SPREADING)}},
        },
        files={
            _file(_SPREADING): _SPREADS,
            _file(_OLD): _TRIK,
            _file(_HIDING): _PACKED,
            _file(_LET_IN): _PACKED,
            "Users/Bình/20261125093000/setup.exe": build_pe(sections={".data": b"an installer"}),
            "Users/An/AppData/Roaming/winsvcs.txt": b"\r\n",
            "__/DriveMgr.exe": _PACKED,
            "__/ảnh.jpg": b"\xff\xd8\xff\xe0 a photograph",
            "USB (16GB).lnk": build_shortcut(local_path=r"C:\Windows\System32\cmd.exe", arguments=_COMMAND),
            "autorun.inf": b"[AUtoRuN]\r\nShEllExECUte=__\\DriveMgr.exe\r\nUseAUtoPlAY=1\r\n",
        },
    )
    return [*planted(), *_hide(root / "__")]


def planted() -> list[Planted]:
    """Return what ``build`` plants, but for the hidden folder."""
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    holes = rf"{services}\SharedAccess\Parameters\FirewallPolicy\StandardProfile\AuthorizedApplications\List"
    values = [
        rf"HKLM\SOFTWARE\{RUN}\Microsoft Windows Services",
        rf"HKLM\SOFTWARE\{RUN}\Host Process",
        rf"HKU\An\{USER_CV}\Run\Microsoft Windows Manager",
        rf"HKU\Bình\{USER_CV}\Run\Microsoft Windows Services",
        *(rf"{holes}\{program}" for program in (_SPREADING, _OLD, _HIDING, _LET_IN)),
        rf"HKLM\SOFTWARE\{_CENTER}\AntiVirusOverride",
        rf"HKLM\SOFTWARE\{_CENTER}\FirewallDisableNotify",
        rf"HKLM\SOFTWARE\{_POLICY}\DisableAntiSpyware",
        rf"HKLM\SOFTWARE\{_POLICY}\Real-Time Protection\DisableScanOnRealtimeEnable",
        rf"HKLM\SOFTWARE\{_RESTORE}\DisableSR",
        rf"{services}\WinDefend\Start",
    ]
    programs = (_SPREADING, _OLD, _HIDING, _LET_IN)
    files = [*map(_file, programs), "Users/An/AppData/Roaming/winsvcs.txt", "__/DriveMgr.exe"]
    return [
        *(Planted("file", f"/{path}") for path in files),
        Planted("startup-file", "/USB (16GB).lnk"),
        Planted("setting-line", "/autorun.inf", "ShEllExECUte=__\\DriveMgr.exe\r"),
        *(Planted("registry-value", value) for value in values),
    ]


def _file(path: str) -> str:
    return path.removeprefix("C:\\").replace("\\", "/")


def _hide(folder: Path) -> list[Planted]:
    """Mark a folder as hidden and as the system's own; return it if the file system keeps such marks."""
    try:
        os.setxattr(folder, "user.DOSATTRIB", b"0x16")
    except OSError:
        return []
    return [Planted("hidden-folder", f"/{folder.name}")]
