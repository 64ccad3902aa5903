"""Plants a harmless infection by Pykspa: copies in the system and on a memory stick, its entries, and what it blocked.

The programs only return; they hold the words that the rule looks for. Addresses are from the documentation range.
"""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_task
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ
from quetsach.packs.specimen.innocent import CV, FIREWALL, HOSTS, NT, SERVICES, STARTUP, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import FILES, RUN

_WORM = build_pe(
    sections={
        ".data": b"SkypeControlAPIAttach\0SkypeControlAPIDiscover\0SET USERSTATUS DND\0SEARCH FRIENDS\0"
        b"%d.%d.%d.%d download%d.avast.com\0mshtmldat32.exe\0Software\\RMX\\\0you skype version is old\0"
    }
)
_TEMPORARY = "Users/An/AppData/Local/Temp/zkrbvqslfj.exe"
_FILES = {
    "Windows/System32/mshtmldat32.exe": _WORM,
    "Windows/System32/wndrivs32.exe": build_pe(sections={".data": b"specimen that the rule does not know"}),
    "Windows/System32/Invisible002.dll": build_pe(dll=True),
    "Windows/System32/Skype.exe": build_pe(sections={".data": b"specimen that the rule does not know"}),
    _TEMPORARY: _WORM,
    f"Users/An/{STARTUP}/zkrbvqslfj.exe": _WORM,
    "game.exe": _WORM,
}
_BROWSER_PART = rf"{CV}\Explorer\Browser Helper Objects\{{7FB39839-665D-4D47-873C-D3FD9009FC3B}}"
_BLOCKED = ("192.0.2.66 download1.avast.com", "192.0.2.66 u3.eset.com")
_INNOCENT = "192.0.2.7 may-in.example.test"
_AUTORUN = (r"open=game.exe", r"shell\open\command=game.exe")


def build(root: Path) -> list[Planted]:
    """Plant it on a drive of Windows that is a memory stick's too: ``autorun.inf`` lies at its root."""
    temporary = "C:\\" + _TEMPORARY.replace("/", "\\")
    plant_infected(
        root,
        software={
            RUN: {"SkypeStartup": (SZ, r"C:\Windows\System32\Skype.exe")},
            rf"{CV}\RunOnce": {"mshtml": (SZ, r"C:\Windows\System32\mshtmldat32.exe")},
            rf"{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe {temporary}"), "Taskman": (SZ, temporary)},
            _BROWSER_PART: {},
            rf"{CV}\Policies\System": {"EnableLUA": (DWORD, 0)},
            "RMX": {"n": (SZ, "specimen")},
        },
        system={
            rf"{SERVICES}\wscsvc": {"Start": (DWORD, 4)},
            rf"{SERVICES}\zkrbvqslfj": {
                "ImagePath": (EXPAND_SZ, r"C:\Windows\System32\mshtmldat32.exe"),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x10),
            },
            rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {
                temporary: (SZ, f"{temporary}:*:Enabled:zkrbvqslfj")
            },
        },
        users={
            "An": {
                rf"{USER_CV}\Run": {"zkrbvqslfj": (SZ, temporary)},
                rf"{USER_CV}\Policies\Explorer\Run": {"1": (SZ, f'"{temporary}" .')},
                rf"{USER_CV}\Policies\System": {"DisableRegistryTools": (DWORD, 1)},
                rf"Software\{NT}\Winlogon": {"Shell": (SZ, temporary)},
                r"Software\SkypeWorm": {"n": (SZ, "specimen")},
            }
        },
        files={
            **_FILES,
            "autorun.inf": "\r\n".join(["[autorun]", *_AUTORUN, "label=USB", ""]).encode(),
            "Windows/System32/Tasks/zkrbvqslfj": build_task(temporary),
            HOSTS: FILES[HOSTS] + "".join(f"{line}\r\n" for line in (*_BLOCKED, _INNOCENT)).encode(),
        },
    )
    return _planted(temporary)


def _planted(temporary: str) -> list[Planted]:
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    firewall = FIREWALL.removeprefix(r"ControlSet001\Services")
    return [
        *(Planted("file", f"/{path}") for path in _FILES),
        Planted("startup-file", f"/Users/An/{STARTUP}/zkrbvqslfj.exe"),
        *(Planted("setting-line", "/autorun.inf", f"{line}\r") for line in _AUTORUN),
        *(Planted("setting-line", f"/{HOSTS}", f"{line}\r") for line in _BLOCKED),
        Planted("scheduled-task", "/Windows/System32/Tasks/zkrbvqslfj"),
        Planted("service", rf"{services}\zkrbvqslfj"),
        Planted("registry-value", rf"{services}\wscsvc\Start"),
        Planted("registry-value", rf"{services}{firewall}\StandardProfile\AuthorizedApplications\List\{temporary}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{RUN}\SkypeStartup"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{CV}\RunOnce\mshtml"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{NT}\Winlogon\Shell", f"explorer.exe {temporary}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{NT}\Winlogon\Taskman"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{CV}\Policies\System\EnableLUA"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\zkrbvqslfj"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Policies\Explorer\Run\1"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Policies\System\DisableRegistryTools"),
        Planted("registry-value", rf"HKU\An\Software\{NT}\Winlogon\Shell", temporary),
        Planted("registry-key", rf"HKLM\SOFTWARE\{_BROWSER_PART}"),
        Planted("registry-key", r"HKLM\SOFTWARE\RMX"),
        Planted("registry-key", r"HKU\An\Software\SkypeWorm"),
    ]
