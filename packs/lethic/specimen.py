"""Plants a harmless infection by Lethic: three copies, two of them packed, what starts them, and what it switched off.

The programs only return; they hold the words that the rules look for.
"""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.hive import DWORD, SZ
from quetsach.packs.specimen.innocent import CV, FIREWALL, NT, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN

_RECYCLER = "RECYCLER/S-1-5-21-0243336031-4052116379-881863308-0850"
_PROGRAM = build_pe(
    sections={
        ".data": b"iamnothere.cn\0port5.alwaysproxy.info\0silinuggahxx4576\0"
        b"C:\\RECYCLER\\S-1-5-21-0243336031-4052116379-881863308-0850\0"
    }
)
_PACKED = build_pe(sections={"UPX0": b"\xd0\x0d\x5e\xc3" * 300})
_LATER = build_pe(
    sections={
        ".data": b"powershell.exe Add-MpPreference -ExclusionPath\0"
        b"76487-337-8429955-22614\0" + b"76487-644-3177037-23510\0" + b"55274-640-2673064-23950\0"
    }
)
_FILES = {
    f"{_RECYCLER}/vsbntlo.exe": _PROGRAM,
    f"{_RECYCLER}/qvxnrt.exe": _PACKED,
    f"{_RECYCLER}/shelldm.exe": build_pe(sections={"UPX0": b"\x5e\xd0" * 300}),
    "ProgramData/ctfmon/xnrvb.exe": _LATER,
}
_SET_UP = r"Microsoft\Active Setup\Installed Components\{12CFG914-K641-26SF-N31P}"
_EXCLUSIONS = r"Microsoft\Windows Defender\Exclusions\Paths"
_LIST = r"SharedAccess\Parameters\FirewallPolicy\StandardProfile\AuthorizedApplications\List"


def build(root: Path) -> list[Planted]:
    """Plant it on a drive of Windows."""
    known = "C:\\" + f"{_RECYCLER}/vsbntlo.exe".replace("/", "\\")
    packed = "C:\\" + f"{_RECYCLER}/qvxnrt.exe".replace("/", "\\")
    options = rf"{NT}\Image File Execution Options"
    plant_infected(
        root,
        software={
            rf"{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe, {known}"), "Taskman": (SZ, known)},
            _SET_UP: {"StubPath": (SZ, packed)},
            RUN: {"shelldm": (SZ, packed)},
            _EXCLUSIONS: {known: (DWORD, 0), r"C:\ProgramData\ctfmon": (DWORD, 0)},
            rf"{options}\msmpeng.exe": {"Debugger": (SZ, r"C:\Windows\System32\svchost.exe")},
            rf"{CV}\Policies\Explorer\DisallowRun": {"1": (SZ, "msmpeng.exe")},
        },
        system={rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {known: (SZ, f"{known}:*:Enabled:lt")}},
        users={
            "An": {
                rf"Software\{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe,{known}")},
                rf"Software\{NT}\Windows": {"Load": (SZ, known)},
                rf"{USER_CV}\Internet Settings": {"ProxyEnable": (DWORD, 1), "ProxyServer": (SZ, "127.0.0.1:8118")},
            },
            "Bình": {rf"Software\{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe,{packed}")}},
        },
        files={**_FILES, "RECYCLER/S-1-5-21-1000000000-2000000000-3000000000-1001/Dc1.exe": _PACKED},
    )
    return _planted(known, packed)


def _planted(known: str, packed: str) -> list[Planted]:
    options = rf"{NT}\Image File Execution Options"
    return [
        *(Planted("file", f"/{path}") for path in _FILES),
        Planted("registry-value", rf"HKLM\SOFTWARE\{NT}\Winlogon\Shell", known),
        Planted("registry-value", rf"HKLM\SOFTWARE\{NT}\Winlogon\Taskman"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{_SET_UP}\StubPath"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{RUN}\shelldm"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{_EXCLUSIONS}\{known}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{_EXCLUSIONS}\C:\ProgramData\ctfmon"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{options}\msmpeng.exe\Debugger"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{CV}\Policies\Explorer\DisallowRun\1"),
        Planted("registry-value", rf"HKLM\SYSTEM\CurrentControlSet\Services\{_LIST}\{known}"),
        Planted("registry-value", rf"HKU\An\Software\{NT}\Winlogon\Shell", known),
        Planted("registry-value", rf"HKU\An\Software\{NT}\Windows\Load", known),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Internet Settings\ProxyServer"),
        Planted("registry-value", rf"HKU\Bình\Software\{NT}\Winlogon\Shell", packed),
    ]
