r"""What lies honestly beside an infection on a Windows drive, and must be as it was after every clean-up."""

from collections.abc import Mapping
from pathlib import Path

from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN, merged, plant

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


def plant_infected(
    root: Path,
    *,
    software: Keys | None = None,
    system: Keys | None = None,
    users: Mapping[str, Keys] | None = None,
    classes: Mapping[str, Keys] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a drive as ``plant`` does, with the neighbours; what is given wins over them."""
    plant(
        root,
        software=merged(NEIGHBOURS_SOFTWARE, software),
        system=merged(NEIGHBOURS_SYSTEM, system),
        users=users,
        classes=classes,
        files={**NEIGHBOURS_FILES, **(files or {})},
    )
