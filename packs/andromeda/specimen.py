r"""Plants a harmless infection by Andromeda: a bot that only returns, a memory stick with the owner's data hidden.

The root is machine and memory stick at once. Where the file system keeps the marks of Windows the folder without a
name is hidden as the worm hides it.
"""

import os
import random
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import BINARY, DWORD, SZ
from quetsach.packs.specimen.innocent import CV, NT, SERVICES, STARTUP, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe

NAMELESS = "\u00a0"
"""A no-break space: Windows shows a folder without a name."""

PACKED_LIBRARY = f"{NAMELESS}/~$WKZQPMN.USB3"
"""A library under a name that is not listed: only the shortcut names it."""

BARE_LIBRARY = "~$WPKRTQ.FAT16"
"""One that lies beside the shortcut, which names it without a folder."""

_FORMS = b"id:%lu|bid:%lu|os:%lu|la:%lu|rg:%lu\0id:%lu|tid:%lu|err:%lu|w32:%lu\0"
_BOT = build_pe(sections={".data": _FORMS})
_NEWER_BOT = build_pe(sections={".data": b'{"id":%lu,"bid":%lu,"os":%lu,"la":%lu,"rg":%lu}\0'})
_POLICIES = rf"{CV}\Policies\Explorer"
_PACKED = build_pe(sections={"UPX0": random.Random("andromeda").randbytes(2048)})
_ALL_USERS = r"C:\ProgramData\Local Settings\Temp\msfwzv.com"


def build(root: Path) -> list[Planted]:
    """Write the drive and return what was planted."""
    library = "~$WQIXOGHK.FAT"
    plant_infected(
        root,
        software={
            rf"{_POLICIES}\Run": {"36412": (SZ, r"C:\PROGRA~3\msvkzmw.exe"), "41907": (SZ, _ALL_USERS)},
            _POLICIES: {"HideSCAHealth": (DWORD, 1)},
        },
        system={rf"{SERVICES}\wuauserv": {"Start": (DWORD, 4)}},
        users={
            "An": {
                rf"Software\{NT}\Windows": {"Load": (SZ, r"C:\ProgramData\msvkzmw.exe")},
                r"Software\e_magic": {"": (BINARY, bytes(range(64)))},
            },
            "Bình": {rf"{USER_CV}\Run": {"k": (SZ, r"C:\Users\Bình\AppData\Local\Temp\k.exe")}},
        },
        files={
            "ProgramData/msvkzmw.exe": _BOT,
            "ProgramData/Local Settings/Temp/msfwzv.com": _PACKED,
            "ProgramData/msphotos.exe": build_pe(sections={".data": b"photographs"}),
            "Users/Bình/AppData/Local/Temp/k.exe": _NEWER_BOT,
            f"Users/Bình/{STARTUP}/k.lnk": build_shortcut(wide_path=r"C:\Users\Bình\AppData\Local\Temp\k.exe"),
            f"Users/An/{STARTUP}/m.lnk": build_shortcut(local_path=r"C:\ProgramData\msvkzmw.exe"),
            f"{NAMELESS}/ảnh gia đình.jpg": b"\xff\xd8\xff\xe0 a photograph",
            library: build_pe(sections={"UPX1": bytes(32)}, dll=True),
            PACKED_LIBRARY: _PACKED,
            BARE_LIBRARY: _PACKED,
            "~$Wbaocao.docx": b"a person has this document open",
            "USB (4GB).lnk": build_shortcut(
                local_path=r"C:\Windows\System32\rundll32.exe", arguments=_windows(PACKED_LIBRARY) + ",kdlsf mwq"
            ),
            "DATA (2GB).lnk": build_shortcut(
                local_path=r"C:\Windows\System32\rundll32.exe", arguments=f'"{BARE_LIBRARY}",kdlsf mwq'
            ),
            "desktop.ini": bytes(range(256)) * 8,
            "KINGSTON (8GB).lnk": build_shortcut(
                local_path=r"C:\Windows\System32\rundll32.exe", arguments=f"{library},crys lsdfs"
            ),
        },
    )
    return [*planted(library), *_hide(root / NAMELESS)]


def planted(library: str) -> list[Planted]:
    """Return what ``build`` plants, but for the hidden folder."""
    machine = rf"HKLM\SOFTWARE\{_POLICIES}"
    return [
        Planted("file", "/ProgramData/msvkzmw.exe"),
        Planted("file", "/Users/Bình/AppData/Local/Temp/k.exe"),
        Planted("file", "/ProgramData/Local Settings/Temp/msfwzv.com"),
        Planted("file", f"/{library}"),
        Planted("file", f"/{PACKED_LIBRARY}"),
        Planted("file", f"/{BARE_LIBRARY}"),
        Planted("startup-file", "/USB (4GB).lnk"),
        Planted("startup-file", "/DATA (2GB).lnk"),
        Planted("file", "/desktop.ini"),
        Planted("startup-file", "/KINGSTON (8GB).lnk"),
        Planted("startup-file", f"/Users/An/{STARTUP}/m.lnk"),
        Planted("startup-file", f"/Users/Bình/{STARTUP}/k.lnk"),
        Planted("registry-value", rf"{machine}\Run\36412"),
        Planted("registry-value", rf"{machine}\Run\41907"),
        Planted("registry-value", rf"{machine}\HideSCAHealth"),
        Planted("registry-value", rf"HKU\An\Software\{NT}\Windows\Load", r"C:\ProgramData\msvkzmw.exe"),
        Planted("registry-value", rf"HKU\Bình\{USER_CV}\Run\k"),
        Planted("registry-value", r"HKLM\SYSTEM\CurrentControlSet\Services\wuauserv\Start"),
        Planted("registry-key", r"HKU\An\Software\e_magic"),
    ]


def _windows(path: str) -> str:
    return path.replace("/", "\\")


def _hide(folder: Path) -> list[Planted]:
    """Mark a folder as hidden and as the system's own; return it if the file system keeps such marks."""
    try:
        os.setxattr(folder, "user.DOSATTRIB", b"0x16")
    except OSError:
        return []
    return [Planted("hidden-folder", f"/{folder.name}")]
