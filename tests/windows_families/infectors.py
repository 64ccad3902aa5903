"""What writes itself into the programs of others: its own traces go, the programs are reported."""

from tests.windows_families.family import Family, program
from tests.windows_families.recipe import (
    AUTORUN_TRAIT,
    FILE_TRAIT,
    FIREWALL_TRAIT,
    ONLY_TRAIT,
    SAFE_BOOT_TRAIT,
    SERVICE_TRAIT,
    TOOLS_TRAIT,
    value,
)

from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ
from quetsach.packs.specimen.neighbours import CV, FIREWALL, HOSTS, NEIGHBOURS_FILES, PAGE, SERVICES, USER_CV
from quetsach.packs.specimen.windows import FILES

SALITY = Family(
    "sality",
    FILE_TRAIT
    + SERVICE_TRAIT
    + AUTORUN_TRAIT
    + TOOLS_TRAIT
    + SAFE_BOOT_TRAIT
    + FIREWALL_TRAIT
    + r"""
[[trait]]
id = "infected"
kind = "file"
rule = "infected"
action = "report"

[[trait]]
id = "ini"
kind = "setting-line"
match.place = "^ini-files$"
match.line = '^(\[MCIDRV_VER\]|DEVICEMB=\d+)$'
only_with = ["program"]
action = "remove-line"
"""
    + value("opened", "firewall-programs", "remove-value", "match.data = ':\\*:Enabled:ipsec$'", ONLY_TRAIT)
    + value(
        "firewall-off",
        "firewall",
        "restore-default",
        "match.name = '^EnableFirewall$'",
        "match.data = '^0$'",
        ONLY_TRAIT,
    )
    + value("warnings", "security-center", "restore-default", "match.data = '^1$'", ONLY_TRAIT)
    + value(
        "uac", "user-account-control", "restore-default", "match.name = '^EnableLUA$'", "match.data = '^0$'", ONLY_TRAIT
    ),
    {
        "program": 2,
        "service": 1,
        "autorun": 1,
        "tools": 2,
        "infected": 2,
        "ini": 2,
        "opened": 1,
        "firewall-off": 1,
        "warnings": 3,
        "uac": 1,
    },
    rules="""
rule infected { strings: $appended = "QUETSACH-SALITY-APPENDED" condition: uint16(0) == 0x5a4d and $appended }
""",
    software={
        rf"{CV}\Policies\System": {"EnableLUA": (DWORD, 0)},
        r"Microsoft\Security Center": {"AntiVirusOverride": (DWORD, 1), "UacDisableNotify": (DWORD, 1)},
        r"Microsoft\Security Center\Svc": {"AntiVirusOverride": (DWORD, 1)},
    },
    system={
        rf"{SERVICES}\amsint32": {
            "ImagePath": (EXPAND_SZ, r"\??\C:\Windows\system32\drivers\hlmlog.sys"),
            "Start": (DWORD, 3),
            "Type": (DWORD, 1),
        },
        rf"{FIREWALL}\StandardProfile": {"EnableFirewall": (DWORD, 0)},
        rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {
            r"C:\Windows\explorer.exe": (SZ, r"C:\Windows\explorer.exe:*:Enabled:ipsec")
        },
    },
    users={
        "An": {rf"{USER_CV}\Policies\System": {"DisableTaskMgr": (DWORD, 1), "DisableRegistryTools": (DWORD, 1)}},
    },
    files={
        "Windows/System32/drivers/hlmlog.sys": program("sality"),
        "nkdb.pif": program("sality"),
        "autorun.inf": b"[AutoRun]\r\n;jdkXJ kd\r\nshELL\\oPen\\coMMand= nkdb.pif\r\nlabel=USB\r\n",
        "Program Files/UniKey/setup.exe": b"MZ setup".ljust(200, b"\0") + b"QUETSACH-SALITY-APPENDED",
        "Users/An/Desktop/game.exe": b"MZ game".ljust(200, b"\0") + b"QUETSACH-SALITY-APPENDED",
        "Windows/system.ini": NEIGHBOURS_FILES["Windows/system.ini"] + b"[MCIDRV_VER]\r\nDEVICEMB=509102504668\r\n",
    },
    reported=frozenset({"infected"}),
)

_FRAME = b'<iframe src="http://zief.example.test/rc/" width=1 height=1 style="border:0"></iframe>'
VIRUT = Family(
    "virut",
    r"""
[[trait]]
id = "infected"
kind = "file"
rule = "infected"
action = "report"

[[trait]]
id = "page"
kind = "file"
rule = "frame"
action = "report"

[[trait]]
id = "hosts"
kind = "setting-line"
match.place = "^hosts$"
match.line = 'zief\.example\.test'
action = "remove-line"
"""
    + value("opened", "firewall-programs", "remove-value", "match.data = 'winlogon\\.exe:\\*:enabled:@shell32'"),
    {"infected": 1, "page": 1, "hosts": 1, "opened": 1},
    rules="""
rule infected { strings: $appended = "QUETSACH-VIRUT-APPENDED" condition: uint16(0) == 0x5a4d and $appended }
rule frame { strings: $frame = "<iframe src=\\"http://zief.example.test/rc/" condition: $frame }
""",
    system={
        rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {
            r"\??\C:\WINDOWS\system32\winlogon.exe": (
                SZ,
                r"\??\C:\WINDOWS\system32\winlogon.exe:*:enabled:@shell32.dll,-1",
            )
        },
    },
    files={
        "Windows/System32/winlogon.exe": b"MZ winlogon",
        "Users/An/Desktop/game.exe": b"MZ game".ljust(200, b"\0") + b"QUETSACH-VIRUT-APPENDED",
        "Users/An/Desktop/bai-tap.html": PAGE.replace(b"</html>", _FRAME + b"</html>"),
        HOSTS: FILES[HOSTS] + b"127.0.0.1 zief.example.test\r\n",
    },
    reported=frozenset({"infected", "page"}),
)
