"""Worms of networks and memory sticks."""

from tests.windows_families.family import Family, program
from tests.windows_families.recipe import (
    AUTORUN_TRAIT,
    FILE_TRAIT,
    FIREWALL_TRAIT,
    ONLY_TRAIT,
    RUN_TRAIT,
    SAFE_BOOT_TRAIT,
    SERVICE_TRAIT,
    SERVICES_OFF_TRAIT,
    STARTUP_TRAIT,
    TASK_TRAIT,
    off,
    value,
)

from quetsach.packs.specimen.formats import build_job, build_shortcut
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ
from quetsach.packs.specimen.neighbours import CV, FIREWALL, HOSTS, NT, PAGE, SERVICES, STARTUP, SVCHOST, USER_CV
from quetsach.packs.specimen.windows import FILES, RUN

_RECYCLER = "RECYCLER/S-5-3-42-2819952290-8240758988-879315005-3665/jwgkvsq.vmx"
CONFICKER = Family(
    "conficker",
    FILE_TRAIT
    + SERVICE_TRAIT
    + TASK_TRAIT
    + AUTORUN_TRAIT
    + RUN_TRAIT
    + SERVICES_OFF_TRAIT
    + SAFE_BOOT_TRAIT
    + value(
        "hidden", "hidden-files-setting", "restore-default", "match.data = '^0$'", "match.key = 'SHOWALL$'", ONLY_TRAIT
    )
    + """
[[trait]]
id = "hosts"
kind = "setting-line"
match.place = "^hosts$"
match.line = 'avast\\.example\\.test'
only_with = ["program"]
action = "remove-line"
""",
    {"program": 2, "service": 1, "task": 1, "autorun": 2, "run": 1, "service-off": 3, "hidden": 1, "hosts": 1},
    software={
        rf"{NT}\Svchost": {"netsvcs": (MULTI_SZ, ["BITS", "vcdrlxeu", "Schedule", "wuauserv"])},
        rf"{CV}\Explorer\Advanced\Folder\Hidden\SHOWALL": {
            "CheckedValue": (DWORD, 0),
            "DefaultValue": (DWORD, 2),
            "Type": (SZ, "radio"),
        },
    },
    system={
        rf"{SERVICES}\vcdrlxeu": {
            "DisplayName": (SZ, "Monitor Update"),
            "ImagePath": (EXPAND_SZ, SVCHOST),
            "Start": (DWORD, 2),
            "Type": (DWORD, 0x20),
        },
        rf"{SERVICES}\vcdrlxeu\Parameters": {"ServiceDll": (EXPAND_SZ, r"%SystemRoot%\system32\kgbwnr.dll")},
        **off("wuauserv", "BITS", "WinDefend"),
    },
    users={"An": {rf"{USER_CV}\Run": {"bnkxc": (SZ, r'rundll32.exe "C:\Windows\system32\kgbwnr.dll",ydmmgvos')}}},
    files={
        "Windows/System32/kgbwnr.dll": program("conficker"),
        "Windows/Tasks/At1.job": build_job("rundll32.exe", "kgbwnr.dll,ydmmgvos"),
        _RECYCLER: program("conficker"),
        "autorun.inf": b"\x01\xfe;junk\r\n[aUTorUN]\r\n;\x80\x81\r\nAcTIon=Open folder to view files\r\n"
        b"icon =%syStEmrOot%\\sySTEM32\\sHELL32.Dll ,4\r\n"
        b"OpEn=RunDll32.EXE .\\RECYCLER\\S-5-3-42-2819952290-8240758988-879315005-3665\\jwgkvsq.vmx,ahaezedrn\r\n"
        b"sHEllExEcUTe=RuNdLl32.EXE .\\RECYCLER\\S-5-3-42-2819952290-8240758988-879315005-3665\\jwgkvsq.vmx,ahaezedrn"
        b"\r\nuSEAuTopLAY=1\r\n",
        HOSTS: FILES[HOSTS] + b"0.0.0.0 avast.example.test\r\n192.0.2.7 may-in.example.test\r\n",
    },
)

_BLOCK = b'<SCRIPT Language=VBScript><!--\nDropFileName = "svchost.exe"\nWriteData = "QUETSACH-RAMNIT"\n//--></SCRIPT>'
RAMNIT = Family(
    "ramnit",
    FILE_TRAIT
    + STARTUP_TRAIT
    + RUN_TRAIT
    + """
[[trait]]
id = "page"
kind = "file"
rule = "appended"
action = "truncate"

[[trait]]
id = "infected"
kind = "file"
rule = "infected"
action = "report"
"""
    + value("userinit", "winlogon-userinit", "remove-entry", 'refers_to = ["program"]'),
    {"program": 2, "startup": 1, "run": 1, "page": 1, "infected": 1, "userinit": 1},
    rules="""
rule appended { strings: $cut = "<SCRIPT Language=VBScript><!--\\nDropFileName = \\"svchost.exe\\"" condition: $cut }
rule infected { strings: $section = ".rmnet" condition: uint16(0) == 0x5a4d and $section }
""",
    software={
        rf"{NT}\Winlogon": {
            "Userinit": (SZ, r"c:\windows\system32\userinit.exe,,c:\program files\lkxvbc\qhwrsw.exe"),
        },
    },
    users={"An": {rf"{USER_CV}\Run": {"QhwRsw": (SZ, r"C:\Program Files\lkxvbc\qhwrsw.exe")}}},
    files={
        "Program Files/lkxvbc/qhwrsw.exe": program("ramnit"),
        f"Users/An/{STARTUP}/qhwrsw.exe": program("ramnit"),
        "Users/An/Desktop/bai-tap.html": PAGE + _BLOCK,
        "Users/An/Desktop/game.exe": b"MZ a game".ljust(200, b"\0") + b".rmnet\0\0",
    },
    reported=frozenset({"infected"}),
)

ANDROMEDA = Family(
    "andromeda",
    FILE_TRAIT + RUN_TRAIT + STARTUP_TRAIT,
    {"program": 2, "run": 1, "startup": 1},
    software={rf"{CV}\Policies\Explorer\Run": {"36412": (SZ, r"C:\PROGRA~3\msvkzmw.exe")}},
    files={
        "ProgramData/msvkzmw.exe": program("andromeda"),
        "\u00a0/~$WAJKLO.FAT32": program("andromeda"),
        "\u00a0/ảnh gia đình.jpg": b"\xff\xd8\xff\xe0 a photograph",
        "KINGSTON (8GB).lnk": build_shortcut(
            local_path=r"C:\Windows\System32\rundll32.exe", arguments="\u00a0\\~$WAJKLO.FAT32,crys lsdfs"
        ),
    },
)

_WINSVCS = r"C:\Windows\4950606094303050\winsvcs.exe"
PHORPIEX = Family(
    "phorpiex",
    FILE_TRAIT
    + RUN_TRAIT
    + STARTUP_TRAIT
    + FIREWALL_TRAIT
    + value("warnings", "security-center", "restore-default", "match.data = '^1$'", ONLY_TRAIT)
    + value("defender", "defender", "remove-value", "match.name = '^Disable'", "match.data = '^1$'", ONLY_TRAIT)
    + value("restore", "system-restore", "remove-value", "match.data = '^1$'", ONLY_TRAIT),
    {"program": 2, "run": 2, "startup": 1, "firewall": 1, "warnings": 2, "defender": 2, "restore": 1},
    software={
        RUN: {"Microsoft Windows Services": (SZ, _WINSVCS)},
        r"Microsoft\Security Center": {"AntiVirusOverride": (DWORD, 1), "FirewallOverride": (DWORD, 1)},
        r"Policies\Microsoft\Windows Defender": {"DisableAntiSpyware": (DWORD, 1)},
        r"Policies\Microsoft\Windows Defender\Real-Time Protection": {"DisableScanOnRealtimeEnable": (DWORD, 1)},
        rf"{NT}\SystemRestore": {"DisableSR": (DWORD, 1)},
    },
    system={
        rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {
            _WINSVCS: (SZ, f"{_WINSVCS}:*:Enabled:Microsoft Windows Services")
        }
    },
    users={"Bình": {rf"{USER_CV}\Run": {"Microsoft Windows Services": (SZ, _WINSVCS)}}},
    files={
        "Windows/4950606094303050/winsvcs.exe": program("phorpiex"),
        "__/DriveMgr.exe": program("phorpiex"),
        "__/ảnh.jpg": b"\xff\xd8\xff\xe0 a photograph",
        "USB.lnk": build_shortcut(
            local_path=r"C:\Windows\System32\cmd.exe", arguments=r"/c start __ & start __\DriveMgr.exe & exit"
        ),
    },
)
