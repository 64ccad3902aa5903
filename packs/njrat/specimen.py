"""Plants a harmless infection by njRAT: its copies, a memory stick's shortcut, its entries, and what it switched off.

The programs only return; they hold the words that the rule looks for. Addresses and key strokes are made up.
"""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.hive import DWORD, SZ
from quetsach.packs.specimen.innocent import FIREWALL, NT, STARTUP, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN

_ID = "5cd8f17f4086744065eb0992a09e05a2"
_PROGRAM = r"C:\Users\An\AppData\Local\Temp\server.exe"
_WORDS = (
    'netsh firewall add allowedprogram "',
    'netsh firewall delete allowedprogram "',
    "SEE_MASK_NOZONECHECKS",
    'cmd.exe /c ping 0 -n 2 & del "',
    "[kl]",
    "[TAP]",
    "[ENTER]",
    "|'|'|",
)
_CLIENT = build_pe(sections={".rsrc": b"mscoree.dll\0" + "\0".join(_WORDS).encode("utf-16-le")})
_FILES = {
    "Users/An/AppData/Local/Temp/server.exe": _CLIENT,
    f"Users/An/{STARTUP}/{_ID}.exe": _CLIENT,
    "server.exe": _CLIENT,
}
_PACKED_ID, _PACKED = "0c3a7f5be1d24960b7f8e3a1c5d29b46", "Users/An/AppData/Roaming/wmiapx.exe"
_PACKED_PROGRAM = build_pe(sections={"UPX0": b"\xd0\x0d\x5e\xc3" * 300})
_SHORTCUT = "KINGSTON.lnk"
_OLD_RULE = rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List"


def build(root: Path) -> list[Planted]:
    """Plant it on a drive of Windows that is a memory stick's too: the shortcut lies at its root."""
    entry = (SZ, f'"{_PROGRAM}" ..')
    rule = f"v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|App={_PROGRAM.lower()}|Name=server.exe|"
    plant_infected(
        root,
        software={RUN: {_ID: entry}, rf"{NT}\SystemRestore": {"DisableSR": (DWORD, 1)}},
        system={
            rf"{FIREWALL}\FirewallRules": {
                "TCP Query User{1}": (SZ, rule),
                "CoreNet": (SZ, r"v2.30|Action=Allow|Active=TRUE|Dir=In|App=%SystemRoot%\system32\svchost.exe|"),
            },
            _OLD_RULE: {_PROGRAM: (SZ, f"{_PROGRAM}:*:Enabled:server.exe")},
        },
        users={
            "An": {
                rf"{USER_CV}\Run": {
                    _ID: entry,
                    _PACKED_ID: (SZ, r'"C:\Users\An\AppData\Roaming\wmiapx.exe" ..'),
                    "Lich": (SZ, r'"C:\Users\An\AppData\Roaming\lich.exe" ..'),
                },
                rf"{USER_CV}\Policies\System": {"DisableTaskMgr": (DWORD, 1), "DisableRegistryTools": (DWORD, 1)},
                "Environment": {"SEE_MASK_NOZONECHECKS": (SZ, "1")},
                rf"Software\{_ID}": {"[kl]": (SZ, "[ENTER] specimen"), "US": (SZ, "!")},
            }
        },
        files={
            **_FILES,
            _PACKED: _PACKED_PROGRAM,
            "Users/An/AppData/Roaming/lich.exe": _PACKED_PROGRAM,
            _SHORTCUT: build_shortcut(
                local_path=r"C:\Windows\System32\cmd.exe", arguments="/c start server.exe & start explorer & exit"
            ),
        },
    )
    return _planted()


def _planted() -> list[Planted]:
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    firewall = FIREWALL.removeprefix(r"ControlSet001\Services")
    policies = rf"HKU\An\{USER_CV}\Policies\System"
    return [
        *(Planted("file", f"/{path}") for path in (*_FILES, _PACKED)),
        Planted("startup-file", f"/Users/An/{STARTUP}/{_ID}.exe"),
        Planted("startup-file", f"/{_SHORTCUT}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{RUN}\{_ID}"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\{_ID}"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\{_PACKED_ID}"),
        Planted("registry-value", rf"{services}{firewall}\FirewallRules\TCP Query User{{1}}"),
        Planted("registry-value", rf"{services}{firewall}\StandardProfile\AuthorizedApplications\List\{_PROGRAM}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{NT}\SystemRestore\DisableSR"),
        Planted("registry-value", rf"{policies}\DisableTaskMgr"),
        Planted("registry-value", rf"{policies}\DisableRegistryTools"),
        Planted("registry-value", r"HKU\An\Environment\SEE_MASK_NOZONECHECKS", "1"),
        Planted("registry-key", rf"HKU\An\Software\{_ID}"),
    ]
