r"""Plants what Sality leaves on a Windows drive, harmlessly.

Programs only return. The copy at the top of the drive and the program of somebody else end with a section of fixed,
meaningless bytes where the virus would have its own.
"""

import random
import struct
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys, build_hive
from quetsach.packs.specimen.innocent import (
    CV,
    FIREWALL,
    NEIGHBOURS_FILES,
    NEIGHBOURS_SYSTEM,
    SERVICES,
    USER_CV,
    plant_infected,
)
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import CONFIG, SYSTEM, merged, write

DRIVER = "Windows/System32/drivers/hlmlog.sys"
DROPPED = "Users/An/AppData/Local/Temp/winqkxe.exe"
PACKED = "Users/An/AppData/Local/Temp/winbvtq.exe"
COPY = "nkdb.pif"
LIBRARY = "Windows/System32/wmdrtc32.dll"
INFECTED = ("Program Files/UniKey/setup.exe", "Users/An/Desktop/game.exe")
SYSTEM_INI = "Windows/system.ini"
AUTORUN = "autorun.inf"

_APPENDED_BYTES = 57_344
_APPENDED = random.Random("sality").randbytes(_APPENDED_BYTES)
BODY = b"\0".join(
    [
        b"%s:*:Enabled:ipsec",
        b"purity_control_90833",
        b"hh8geqpHJTkdns0",
        b"Op1mutx9",
        b"MCIDRV_VER",
        b"DEVICEMB",
        b"kukutrusted!.",
    ]
)
_NATIVE_SUBSYSTEM = 1
_SUBSYSTEM_AT = 0x5C
_PROGRAM_OF_SALITY = r"C:\Users\An\AppData\Local\Temp\winqkxe.exe"
_PACKED_OF_SALITY = r"C:\Users\An\AppData\Local\Temp\winbvtq.exe"
_WARNINGS = ("AntiVirusOverride", "AntiVirusDisableNotify", "FirewallDisableNotify", "FirewallOverride")
_MORE_WARNINGS = ("UpdatesDisableNotify", "UacDisableNotify")


def build(root: Path) -> list[Planted]:
    """Plant the infection on a drive of Windows and return what was planted."""
    of_firewall = rf"{FIREWALL}\StandardProfile"
    system: Keys = {
        rf"{SERVICES}\amsint32": {
            "ImagePath": (EXPAND_SZ, r"\??\C:\Windows\system32\drivers\hlmlog.sys"),
            "Start": (DWORD, 3),
            "Type": (DWORD, 1),
        },
        of_firewall: {
            "EnableFirewall": (DWORD, 0),
            "DoNotAllowExceptions": (DWORD, 0),
            "DisableNotifications": (DWORD, 1),
        },
        rf"{of_firewall}\AuthorizedApplications\List": {
            r"C:\Windows\explorer.exe": (SZ, r"C:\Windows\explorer.exe:*:Enabled:ipsec"),
            _PROGRAM_OF_SALITY: (SZ, f"{_PROGRAM_OF_SALITY}:*:Enabled:ipsec"),
            _PACKED_OF_SALITY: (SZ, f"{_PACKED_OF_SALITY}:*:Enabled:ipsec"),
        },
    }
    warnings = dict.fromkeys((*_WARNINGS, *_MORE_WARNINGS), (DWORD, 1))
    tools = {"DisableTaskMgr": (DWORD, 1), "DisableRegistryTools": (DWORD, 1)}
    plant_infected(
        root,
        software={
            rf"{CV}\Policies\System": {"EnableLUA": (DWORD, 0)},
            r"Microsoft\Security Center": warnings,
            r"Microsoft\Security Center\Svc": warnings,
        },
        system=system,
        users={"An": {rf"{USER_CV}\Policies\System": tools}},
        files=_files(),
    )
    _take_safe_mode_away(root, system)
    return _planted()


def infected_program() -> bytes:
    """Return a program of somebody else with a section at its end as Sality appends one."""
    return build_pe(sections={".data": b"a program", ".reloc": _APPENDED})


def driver() -> bytes:
    """Return a driver with the words that are in Sality's."""
    wide = "\\Device\\amsint32\0\\DosDevices\\amsint32\0\\Device\\IPFILTERDRIVER\0".encode("utf-16-le")
    program = bytearray(build_pe(sections={".rdata": wide + b"kaspersky\0virustotal.\0sality-remov\0"}))
    header = struct.unpack_from("<I", program, 0x3C)[0]
    struct.pack_into("<H", program, header + _SUBSYSTEM_AT, _NATIVE_SUBSYSTEM)
    return bytes(program)


def _files() -> dict[str, bytes]:
    commands = "[AutoRun]\r\n;jdkXJ kd\r\nOpEn= nkdb.pif\r\nshELL\\oPen\\coMMand= nkdb.pif\r\n;qxkd\r\nlabel=USB\r\n"
    return {
        DRIVER: driver(),
        DROPPED: build_pe(sections={".data": BODY}),
        PACKED: build_pe(sections={"UPX0": random.Random("packed").randbytes(2048)}),
        "Users/An/AppData/Local/Temp/winmerge.exe": build_pe(sections={".data": b"an installer"}),
        COPY: infected_program(),
        LIBRARY: build_pe(dll=True),
        **{path: infected_program() for path in INFECTED},
        AUTORUN: commands.encode(),
        SYSTEM_INI: NEIGHBOURS_FILES[SYSTEM_INI] + b"[MCIDRV_VER]\r\nDEVICEMB=509102504668\r\n",
    }


def _take_safe_mode_away(root: Path, system: Keys) -> None:
    """Write the hive again without the keys of safe mode, as they are gone on an infected machine."""
    keys = merged(merged(SYSTEM, NEIGHBOURS_SYSTEM), system)
    left = {path: values for path, values in keys.items() if r"\SafeBoot" not in path}
    write(root, f"{CONFIG}/SYSTEM", build_hive(left, name="SYSTEM"))


def _planted() -> list[Planted]:
    control = r"HKLM\SYSTEM\CurrentControlSet"
    center, firewall = r"HKLM\SOFTWARE\Microsoft\Security Center", rf"{control}\Services\SharedAccess\Parameters"
    profile = rf"{firewall}\FirewallPolicy\StandardProfile"
    tools = r"HKU\An\Software\Microsoft\Windows\CurrentVersion\Policies\System"
    values = [
        rf"HKLM\SOFTWARE\{CV}\Policies\System\EnableLUA",
        *(rf"{center}\{name}" for name in (*_WARNINGS, *_MORE_WARNINGS)),
        *(rf"{center}\Svc\{name}" for name in (*_WARNINGS, *_MORE_WARNINGS)),
        rf"{profile}\EnableFirewall",
        rf"{profile}\DisableNotifications",
        rf"{profile}\AuthorizedApplications\List\C:\Windows\explorer.exe",
        rf"{profile}\AuthorizedApplications\List\{_PROGRAM_OF_SALITY}",
        rf"{profile}\AuthorizedApplications\List\{_PACKED_OF_SALITY}",
        rf"{tools}\DisableTaskMgr",
        rf"{tools}\DisableRegistryTools",
    ]
    return [
        *(Planted("file", f"/{path}") for path in (DRIVER, DROPPED, PACKED, COPY, LIBRARY, *INFECTED)),
        Planted("service", rf"{control}\Services\amsint32"),
        Planted("setting-line", f"/{AUTORUN}", "OpEn= nkdb.pif\r"),
        Planted("setting-line", f"/{AUTORUN}", "shELL\\oPen\\coMMand= nkdb.pif\r"),
        Planted("setting-line", f"/{SYSTEM_INI}", "[MCIDRV_VER]\r"),
        Planted("setting-line", f"/{SYSTEM_INI}", "DEVICEMB=509102504668\r"),
        *(Planted("registry-value", value) for value in values),
        *(Planted("registry-key", rf"{control}\Control\SafeBoot\{mode}") for mode in ("Minimal", "Network")),
    ]
