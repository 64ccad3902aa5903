"""Plants a harmless infection by Gamut: the bot, what starts it, and the hole in the firewall.

The program only returns; it holds the words that the rule looks for.
"""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_shortcut, build_task
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ
from quetsach.packs.specimen.innocent import FIREWALL, NT, SERVICES, STARTUP, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN

_BOT = build_pe(
    sections={".data": b"count_threads\0efficiency_limit\0mail.ru\0hotmail.com\0MAIL FROM:<%s>\r\n\0RCPT TO:<%s>\r\n\0"}
)
_FILE = "Users/An/AppData/Roaming/wmsprov/wmsprov.exe"
_EXCLUSIONS = r"Microsoft\Windows Defender\Exclusions\Processes"


def build(root: Path) -> list[Planted]:
    """Plant it on a drive of Windows."""
    bot = "C:\\" + _FILE.replace("/", "\\")
    start = (SZ, f'"{bot}"')
    plant_infected(
        root,
        software={
            RUN: {"wmsprov": start},
            rf"{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe,{bot}")},
            _EXCLUSIONS: {"wmsprov.exe": (DWORD, 0)},
        },
        system={
            rf"{SERVICES}\wmsprov": {
                "ImagePath": (EXPAND_SZ, f'"{bot}" -s'),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x10),
                "ObjectName": (SZ, "LocalSystem"),
            },
            rf"{FIREWALL}\FirewallRules": {
                "{A1}": (SZ, f"v2.10|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|App={bot}|Name=wmsprov|"),
            },
        },
        users={
            "An": {
                rf"{USER_CV}\Run": {"wmsprov": start},
                rf"Software\{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe,{bot}")},
            }
        },
        files={
            _FILE: _BOT,
            f"Users/An/{STARTUP}/wmsprov.lnk": build_shortcut(local_path=bot),
            "Windows/System32/Tasks/wmsprov": build_task(bot),
        },
    )
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    firewall = FIREWALL.removeprefix(r"ControlSet001\Services")
    return [
        Planted("file", f"/{_FILE}"),
        Planted("startup-file", f"/Users/An/{STARTUP}/wmsprov.lnk"),
        Planted("scheduled-task", "/Windows/System32/Tasks/wmsprov"),
        Planted("service", rf"{services}\wmsprov"),
        Planted("registry-value", rf"{services}{firewall}\FirewallRules\{{A1}}"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{RUN}\wmsprov"),
        Planted("registry-value", rf"HKLM\SOFTWARE\{NT}\Winlogon\Shell", bot),
        Planted("registry-value", rf"HKLM\SOFTWARE\{_EXCLUSIONS}\wmsprov.exe"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\wmsprov"),
        Planted("registry-value", rf"HKU\An\Software\{NT}\Winlogon\Shell", bot),
    ]
