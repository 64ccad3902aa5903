"""Plants a harmless infection by WannaCry: programs, services and entries, and two files of a person "encrypted".

The programs only return; they hold the words that the rules look for. What looks encrypted is a mark and zeros.
"""

import struct
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ
from quetsach.packs.specimen.innocent import SERVICES, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN

_NAME = "xwjfzbtm432"
_FOLDER = f"ProgramData/{_NAME}"
_DESKTOP = "Users/An/Desktop"
_WORM = build_pe(
    sections={
        ".data": b"mssecsvc2.0\0Microsoft Security Center (2.0) Service\0%s -m security\0"
        b"C:\\%s\\qeriuwjhrf\0tasksche.exe\0"
    }
)
_ENCRYPTOR = build_pe(
    sections={
        ".data": b"attrib +h .\0icacls . /grant Everyone:F /T /C /Q\0WNcry@2ol7\0t.wnry\0tasksche.exe\0"
        b"Global\\MsWinZonesCacheCounterMutexA\0" + "Software\\WanaCrypt0r".encode("utf-16-le")
    }
)
_DECRYPTOR = build_pe(
    sections={
        ".data": b"/c vssadmin delete shadows /all /quiet & wmic shadowcopy delete\0"
        b"@WanaDecryptor@.exe\0c.wnry\0s.wnry\0",
        ".rsrc": "Wana Decrypt0r 2.0".encode("utf-16-le"),
    }
)
_ENCRYPTED = b"WANACRY!" + struct.pack("<I256xIQ", 256, 4, 32) + bytes(32)
_LINK = build_shortcut(local_path=rf"C:\ProgramData\{_NAME}\@WanaDecryptor@.exe")
_PACKED = build_pe(sections={"UPX0": b"\xd0\x0d\x5e\xc3" * 300})
_FILES = {
    "Windows/mssecsvc.exe": _WORM,
    "Windows/mssecsvr.exe": _PACKED,
    "Windows/tasksche.exe": _ENCRYPTOR,
    "Windows/qeriuwjhrf": _ENCRYPTOR,
    f"{_FOLDER}/tasksche.exe": _ENCRYPTOR,
    f"{_FOLDER}/@WanaDecryptor@.exe": _DECRYPTOR,
    f"{_FOLDER}/u.wnry": _DECRYPTOR,
    f"{_FOLDER}/taskdl.exe": build_pe(sections={".data": b"specimen of taskdl"}),
    f"{_FOLDER}/taskse.exe": build_pe(sections={".data": b"specimen of taskse"}),
    f"{_FOLDER}/TaskData/Tor/taskhsvc.exe": build_pe(sections={".data": b"specimen of taskhsvc"}),
    f"{_FOLDER}/@WanaDecryptor@.bmp": b"BM specimen",
    f"{_FOLDER}/t.wnry": b"WANACRY! specimen",
    f"{_FOLDER}/c.wnry": b"specimen of the settings",
    f"{_FOLDER}/00000000.eky": b"specimen of the key",
    f"{_FOLDER}/00000000.pky": b"specimen of the key",
    f"{_DESKTOP}/@WanaDecryptor@.exe": _DECRYPTOR,
    f"{_DESKTOP}/@WanaDecryptor@.exe.lnk": _LINK,
    f"{_DESKTOP}/@Please_Read_Me@.txt": b"specimen of the letter",
    f"{_DESKTOP}/bao-cao.docx.WNCRY": _ENCRYPTED,
    "Users/An/Documents/anh.jpg.WNCRY": _ENCRYPTED,
    "Users/An/Documents/@WanaDecryptor@.exe": _DECRYPTOR,
}


def build(root: Path) -> list[Planted]:
    """Plant it on a drive of Windows."""
    run = (SZ, rf'"C:\ProgramData\{_NAME}\tasksche.exe"')
    settings = {"wd": (SZ, rf"C:\ProgramData\{_NAME}")}
    plant_infected(
        root,
        software={
            RUN: {_NAME: run},
            "WanaCrypt0r": settings,
            r"WOW6432Node\WanaCrypt0r": settings,
        },
        system={
            rf"{SERVICES}\mssecsvc2.0": {
                "DisplayName": (SZ, "Microsoft Security Center (2.0) Service"),
                "ImagePath": (EXPAND_SZ, r"C:\WINDOWS\mssecsvc.exe -m security"),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x10),
                "ObjectName": (SZ, "LocalSystem"),
            },
            rf"{SERVICES}\mssecsvc2.1": {
                "DisplayName": (SZ, "Microsoft Security Center (2.1) Service"),
                "ImagePath": (EXPAND_SZ, r"C:\WINDOWS\mssecsvr.exe -m security"),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x10),
                "ObjectName": (SZ, "LocalSystem"),
            },
            rf"{SERVICES}\{_NAME}": {
                "DisplayName": (SZ, _NAME),
                "ImagePath": (EXPAND_SZ, rf'cmd.exe /c "C:\ProgramData\{_NAME}\tasksche.exe"'),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x10),
                "ObjectName": (SZ, "LocalSystem"),
            },
        },
        users={"An": {rf"{USER_CV}\Run": {_NAME: run}}},
        files={**_FILES, "Windows/msseces.exe": _PACKED},
    )
    return _planted()


def _planted() -> list[Planted]:
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    return [
        *(Planted("file", f"/{path}") for path in _FILES),
        Planted("startup-file", f"/{_DESKTOP}/@WanaDecryptor@.exe.lnk"),
        Planted("service", rf"{services}\mssecsvc2.0"),
        Planted("service", rf"{services}\mssecsvc2.1"),
        Planted("service", rf"{services}\{_NAME}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{RUN}\{_NAME}"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\{_NAME}"),
        Planted("registry-key", r"HKLM\SOFTWARE\WanaCrypt0r"),
        Planted("registry-key", r"HKLM\SOFTWARE\Wow6432Node\WanaCrypt0r"),
    ]
