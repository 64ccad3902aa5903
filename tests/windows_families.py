r"""What real families leave on a Windows drive, planted harmlessly, and the recipes that know it.

Facts: Microsoft KB962007 and encyclopaedia entries, Symantec and F-Secure descriptions, CISA AA20-280A, CERT.be. Every
program is a line of text that starts with its mark. ``{mark}`` in a recipe's rule is that line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.hives import DWORD, EXPAND_SZ, MULTI_SZ, SZ, Keys
from tests.windows_disk import FILES, RUN, merged, plant

from quetsach.packs.specimen.formats import build_instance, build_job, build_repository, build_shortcut, build_task

NT = r"Microsoft\Windows NT\CurrentVersion"
CV = r"Microsoft\Windows\CurrentVersion"
USER_CV = rf"Software\{CV}"
SERVICES = r"ControlSet001\Services"
FIREWALL = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
HOSTS = "Windows/System32/drivers/etc/hosts"
SVCHOST = r"%SystemRoot%\system32\svchost.exe -k netsvcs"
STARTUP = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
USB = "usb"
PAGE = b"<html>\r\n<p>\xe1\xba\xa3nh c\xc6\xb0\xe1\xbb\x9bi</p></html>\r\n"


def program(family: str) -> bytes:
    """Return the harmless program of a family."""
    return f"QUETSACH-{family.upper()}-PROGRAM: {'harmless ' * 20}\n".encode()


# What must be as it was after every clean-up, whatever the family.
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
    "Program Files/UniKey/UniKeyNT.exe": b"MZ UniKey",
    "Users/An/Desktop/trang.html": PAGE,
    "Users/An/Desktop/UniKey.lnk": build_shortcut(local_path=r"C:\Program Files\UniKey\UniKeyNT.exe"),
    "Windows/system.ini": b"; for 16-bit app support\r\n[386Enh]\r\nwoafont=dosapp.fon\r\n",
}


@dataclass(frozen=True, slots=True)
class Family:
    """One family: what it plants, its recipe without the words for people, and how often each trait is found."""

    name: str
    recipe: str
    found: Mapping[str, int]
    rules: str = ""
    software: Keys = field(default_factory=dict)
    system: Keys = field(default_factory=dict)
    users: Mapping[str, Keys] = field(default_factory=dict)
    classes: Mapping[str, Keys] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    reported: frozenset[str] = frozenset()
    """Traits that are only reported."""

    def infect(self, root: Path) -> None:
        """Write the drive with the infection."""
        plant(
            root,
            software=merged(NEIGHBOURS_SOFTWARE, self.software),
            system=merged(NEIGHBOURS_SYSTEM, self.system),
            users=self.users,
            classes=self.classes,
            files={**NEIGHBOURS_FILES, **self.files},
        )

    def write_pack(self, folder: Path) -> None:
        """Write the pack folder."""
        folder.mkdir(parents=True)
        rule = f'rule program {{ strings: $mark = "QUETSACH-{self.name.upper()}-PROGRAM" condition: $mark at 0 }}\n'
        words = "\nwhy.vi = 'Dấu vết của mẫu thử.'\nwhy.en = 'A trace of the specimen.'\n"
        first, *traits = self.recipe.strip().split("[[trait]]\n")
        texts = {
            "pack.toml": f"""format = 1
family = "{self.name}"
version = "2026.11.25"
severity = "test"
platforms = ["windows"]
aliases = []
references = []
author = "Quét Sạch"
licence = "Apache-2.0"
name.vi = "Mẫu thử {self.name}"
name.en = "Specimen of {self.name}"
""",
            "recipe.toml": first + "".join(f"[[trait]]\n{trait.rstrip()}{words}\n" for trait in traits),
            "rules.yar": rule + self.rules,
            "guidance.vi.md": "# Mẫu\n\n## Là gì\n\n## Đã làm gì\n\n## Làm gì bây giờ\n",
            "guidance.en.md": "# Specimen\n\n## What it is\n\n## What it did\n\n## What to do now\n",
            "sources.md": "Made up for tests.\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text)


_FILE = """
[[trait]]
id = "program"
kind = "file"
rule = "program"
action = "quarantine"
"""
_SERVICE = """
[[trait]]
id = "service"
kind = "service"
refers_to = ["program"]
action = "remove-service"
"""
_TASK = """
[[trait]]
id = "task"
kind = "scheduled-task"
refers_to = ["program"]
action = "remove-task"
"""
_STARTUP = """
[[trait]]
id = "startup"
kind = "startup-file"
refers_to = ["program"]
action = "quarantine"
"""
_AUTORUN = """
[[trait]]
id = "autorun"
kind = "setting-line"
match.place = "^autorun-inf$"
refers_to = ["program"]
action = "remove-line"
"""


def _value(trait: str, place: str, action: str, *more: str) -> str:
    lines = [f'id = "{trait}"', 'kind = "registry-value"', f"match.place = '^({place})$'", f'action = "{action}"']
    return "\n[[trait]]\n" + "\n".join([*lines, *more]) + "\n"


_STARTS = ("run|run-policies|winlogon|startup-approved|com-hijacks|load-and-run", "remove-value")
_RUN = _value("run", *_STARTS, 'refers_to = ["program"]')
_FIREWALL = _value("firewall", "firewall-programs|firewall-rules", "remove-value", 'refers_to = ["program"]')
_ONLY = 'only_with = ["program"]'
_SERVICES_OFF = _value(
    "service-off",
    "security-services",
    "restore-default",
    r"match.key = '\\(wuauserv|BITS|WinDefend|WerSvc|wscsvc|MpsSvc|BFE)$'",
    "match.data = '^4$'",
    _ONLY,
)
_TOOLS = _value("tools", "disabled-tools", "remove-value", "match.data = '^1$'", _ONLY)
_SAFE_BOOT = """
[[trait]]
id = "safe-boot"
kind = "registry-key"
match.place = "^safe-boot$"
match.missing = "^yes$"
only_with = ["program"]
action = "report"
"""


def _off(*names: str) -> Keys:
    return {rf"{SERVICES}\{name}": {"Start": (DWORD, 4)} for name in names}


_RECYCLER = "RECYCLER/S-5-3-42-2819952290-8240758988-879315005-3665/jwgkvsq.vmx"
CONFICKER = Family(
    "conficker",
    _FILE
    + _SERVICE
    + _TASK
    + _AUTORUN
    + _RUN
    + _SERVICES_OFF
    + _SAFE_BOOT
    + _value("hidden", "hidden-files-setting", "restore-default", "match.data = '^0$'", "match.key = 'SHOWALL$'", _ONLY)
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
        **_off("wuauserv", "BITS", "WinDefend"),
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
    _FILE
    + _STARTUP
    + _RUN
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
    + _value("userinit", "winlogon-userinit", "remove-entry", 'refers_to = ["program"]'),
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
    _FILE + _RUN + _STARTUP,
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
    _FILE
    + _RUN
    + _STARTUP
    + _FIREWALL
    + _value("warnings", "security-center", "restore-default", "match.data = '^1$'", _ONLY)
    + _value("defender", "defender", "remove-value", "match.name = '^Disable'", "match.data = '^1$'", _ONLY)
    + _value("restore", "system-restore", "remove-value", "match.data = '^1$'", _ONLY),
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

_SERVER = r"C:\Users\An\AppData\Local\Temp\server.exe"
_NJ = "5cd8f17f4086744065eb0992a09e05a2"
NJRAT = Family(
    "njrat",
    _FILE
    + _STARTUP
    + _RUN
    + _FIREWALL
    + _value("no-zone", "environment", "remove-value", "match.name = '^SEE_MASK_NOZONECHECKS$'", _ONLY)
    + r"""
[[trait]]
id = "keys-pressed"
kind = "registry-key"
match.place = "^program-settings$"
match.key = '\\Software\\[0-9a-f]{32}$'
match.values = '\[kl\]'
only_with = ["program"]
action = "remove-key"
""",
    {"program": 2, "startup": 1, "run": 2, "firewall": 1, "no-zone": 1, "keys-pressed": 1},
    software={RUN: {_NJ: (SZ, f'"{_SERVER}" ..')}},
    system={
        rf"{FIREWALL}\FirewallRules": {
            "TCP Query User{1}": (
                SZ,
                f"v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|App={_SERVER.lower()}|Name=server.exe|",
            ),
            "CoreNet": (
                SZ,
                r"v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|App=%SystemRoot%\system32\svchost.exe|",
            ),
        }
    },
    users={
        "An": {
            rf"{USER_CV}\Run": {_NJ: (SZ, f'"{_SERVER}" ..')},
            "Environment": {"SEE_MASK_NOZONECHECKS": (SZ, "1")},
            rf"Software\{_NJ}": {"[kl]": (SZ, "[ENTER] xin chào"), "US": (SZ, "!")},
        }
    },
    files={
        "Users/An/AppData/Local/Temp/server.exe": program("njrat"),
        f"Users/An/{STARTUP}/{_NJ}.exe": program("njrat"),
    },
)

EMOTET = Family(
    "emotet",
    _FILE + _SERVICE + _TASK + _RUN,
    {"program": 3, "service": 1, "task": 1, "run": 1},
    system={
        rf"{SERVICES}\tablegroup": {
            "DisplayName": (SZ, "tablegroup"),
            "Description": (SZ, "Allows system to be configured to lock the user desktop."),
            "ImagePath": (EXPAND_SZ, r'"C:\Windows\SysWOW64\tablegroup.exe"'),
            "Start": (DWORD, 2),
            "Type": (DWORD, 0x10),
            "ObjectName": (SZ, "LocalSystem"),
        }
    },
    users={
        "An": {
            rf"{USER_CV}\Run": {
                "Qyhrvj": (
                    SZ,
                    r'C:\Windows\system32\regsvr32.exe /s "C:\Users\An\AppData\Local\Qyhrvj\Rxbkj ab.dll"',
                )
            }
        }
    },
    files={
        "Windows/SysWOW64/tablegroup.exe": program("emotet"),
        "Users/An/AppData/Local/Qyhrvj/Rxbkj ab.dll": program("emotet"),
        "Users/An/AppData/Local/Temp/1035.tmp.exe": program("emotet"),
        "Windows/System32/Tasks/Update": build_task(
            r"%LocalAppData%\Qyhrvj\none.exe", r"C:\Users\An\AppData\Local\Temp\1035.tmp.exe"
        ),
    },
)

SALITY = Family(
    "sality",
    _FILE
    + _SERVICE
    + _AUTORUN
    + _TOOLS
    + _SAFE_BOOT
    + _FIREWALL
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
    + _value("opened", "firewall-programs", "remove-value", "match.data = ':\\*:Enabled:ipsec$'", _ONLY)
    + _value(
        "firewall-off", "firewall", "restore-default", "match.name = '^EnableFirewall$'", "match.data = '^0$'", _ONLY
    )
    + _value("warnings", "security-center", "restore-default", "match.data = '^1$'", _ONLY)
    + _value(
        "uac", "user-account-control", "restore-default", "match.name = '^EnableLUA$'", "match.data = '^0$'", _ONLY
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

_ZA = "{FBEB8A05-BEEE-4442-804E-409D6C4515E9}"
_BIN = "$Recycle.Bin/S-1-5-18/$0a1b2c3d4e5f60718293a4b5c6d7e8f9"
ZEROACCESS = Family(
    "zeroaccess",
    _FILE
    + _SERVICES_OFF
    + r"""
[[trait]]
id = "class"
kind = "registry-key"
match.place = "^com-user-classes$"
refers_to = ["program"]
action = "remove-key"
"""
    + _value("machine-class", "com-system-classes", "restore-default", 'refers_to = ["program"]')
    + _value("class-value", "com-hijacks", "remove-value", 'refers_to = ["program"]'),
    {"program": 2, "class": 1, "class-value": 1, "machine-class": 1, "service-off": 3},
    software={
        r"Classes\CLSID\{F3130CDB-AA52-4C3A-AB32-85FFC23AF9C1}\InprocServer32": {
            "": (EXPAND_SZ, rf"\\.\globalroot\systemroot\Installer\{_ZA}\n."),
            "ThreadingModel": (SZ, "Both"),
        }
    },
    system=_off("BFE", "MpsSvc", "wscsvc"),
    classes={
        "An": {
            rf"CLSID\{_ZA}\InprocServer32": {
                "": (SZ, "C:\\" + _BIN.replace("/", "\\") + "\\n."),
                "ThreadingModel": (SZ, "Both"),
            },
            r"CLSID\{00000000-1111-2222-3333-444444444444}\InprocServer32": {
                "": (SZ, r"C:\Program Files\UniKey\unikey.dll")
            },
        }
    },
    files={
        f"{_BIN}/n": program("zeroaccess"),
        f"Windows/Installer/{_ZA}/n": program("zeroaccess"),
    },
)

_GUID = "{8D2E9A4C-1B3F-4E5D-9C7A-0123456789AB}"
NECURS = Family(
    "necurs",
    _FILE + _SERVICE,
    {"program": 2, "service": 2},
    system={
        rf"{SERVICES}\syshost32": {
            "ImagePath": (EXPAND_SZ, rf'"C:\Windows\Installer\{_GUID}\syshost.exe" /service'),
            "Start": (DWORD, 2),
            "Type": (DWORD, 0x10),
        },
        rf"{SERVICES}\3c1f0a9b7d2e4f60": {
            "ImagePath": (EXPAND_SZ, r"\SystemRoot\System32\drivers\3c1f0a9b7d2e4f60.sys"),
            "Group": (SZ, "Boot Bus Extender"),
            "Start": (DWORD, 0),
            "Type": (DWORD, 1),
        },
    },
    files={
        f"Windows/Installer/{_GUID}/syshost.exe": program("necurs"),
        "Windows/System32/drivers/3c1f0a9b7d2e4f60.sys": program("necurs"),
    },
)

LETHIC = Family(
    "lethic",
    _FILE
    + _RUN
    + _value("shell", "winlogon-shell", "restore-default", "match.key = '^HKLM'", 'refers_to = ["program"]')
    + _value("user-shell", "winlogon-shell", "remove-value", "match.key = '^HKU'", 'refers_to = ["program"]')
    + _value("debugger", "image-options", "remove-value", "match.key = '(msmpeng|avp)\\.exe$'", _ONLY)
    + _value("forbidden", "disallowed-programs", "remove-value", "match.data = '(?i)avp\\.exe|msmpeng'", _ONLY)
    + _value("proxy", "proxy", "restore-default", "match.name = '^ProxyEnable$'", "match.data = '^1$'", _ONLY)
    + _value("proxy-server", "proxy", "remove-value", "match.data = '127\\.0\\.0\\.1:8118'", _ONLY),
    {
        "program": 1,
        "run": 2,
        "shell": 1,
        "user-shell": 1,
        "debugger": 2,
        "forbidden": 1,
        "proxy": 1,
        "proxy-server": 1,
    },
    software={
        rf"{NT}\Winlogon": {
            "Shell": (SZ, r"C:\RECYCLER\S-1-5-21-0243556031-888888379-781863308-1413\nissan.exe"),
            "Taskman": (SZ, r"C:\RECYCLER\S-1-5-21-0243556031-888888379-781863308-1413\nissan.exe"),
        },
        rf"{NT}\Image File Execution Options\msmpeng.exe": {"Debugger": (SZ, r"C:\Windows\System32\svchost.exe")},
        rf"{NT}\Image File Execution Options\avp.exe": {"Debugger": (SZ, "svchost.exe")},
        rf"{CV}\Policies\Explorer\DisallowRun": {"1": (SZ, "msmpeng.exe")},
    },
    users={
        "An": {
            rf"Software\{NT}\Winlogon": {
                "Shell": (
                    SZ,
                    r"explorer.exe,C:\RECYCLER\S-1-5-21-0243556031-888888379-781863308-1413\nissan.exe",
                )
            },
            rf"Software\{NT}\Windows": {
                "Load": (SZ, r"C:\RECYCLER\S-1-5-21-0243556031-888888379-781863308-1413\nissan.exe")
            },
            rf"{USER_CV}\Internet Settings": {"ProxyEnable": (DWORD, 1), "ProxyServer": (SZ, "127.0.0.1:8118")},
        }
    },
    files={
        "RECYCLER/S-1-5-21-0243556031-888888379-781863308-1413/nissan.exe": program("lethic"),
        "Windows/System32/msmpeng.exe": b"MZ defender",
    },
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
    + _value("opened", "firewall-programs", "remove-value", "match.data = 'winlogon\\.exe:\\*:enabled:@shell32'"),
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

WANNAMINE = Family(
    "wannamine",
    _FILE
    + _SERVICE
    + _TASK
    + r"""
[[trait]]
id = "event"
kind = "wmi-subscription"
match.command = 'powershell.*-enc'
action = "report"
"""
    + _value("settings", "run", "remove-value", "match.data = 'powershell.*-enc'")
    + _value("port", "port-proxy", "remove-value", "match.data = '^192\\.0\\.2\\.'", _ONLY)
    + _value("exclusion", "defender-exclusions", "remove-value", "match.name = 'SpeechsTracing'", _ONLY),
    {"program": 2, "service": 1, "task": 1, "event": 1, "port": 1, "exclusion": 1},
    software={
        rf"{NT}\Svchost": {"netsvcs": (MULTI_SZ, ["BITS", "Schedule", "snmpstorsrv", "wuauserv"])},
        r"Microsoft\Windows Defender\Exclusions\Paths": {r"C:\Windows\SpeechsTracing": (DWORD, 0)},
    },
    system={
        rf"{SERVICES}\snmpstorsrv": {
            "ImagePath": (EXPAND_SZ, SVCHOST),
            "Start": (DWORD, 2),
            "Type": (DWORD, 0x20),
            "ServiceDll": (EXPAND_SZ, r"%SystemRoot%\System32\snmpstorsrv.dll"),
        },
        rf"{SERVICES}\PortProxy\v4tov4\tcp": {"0.0.0.0/65529": (SZ, "192.0.2.1/53")},
    },
    files={
        "Windows/System32/snmpstorsrv.dll": program("wannamine"),
        "Windows/SpeechsTracing/spoolsv.exe": program("wannamine"),
        "Windows/System32/Tasks/Tracing": build_task(r"%SystemRoot%\SpeechsTracing\spoolsv.exe"),
        "Windows/System32/wbem/Repository/OBJECTS.DATA": build_repository(
            build_instance(
                "__EventFilter",
                r"root\cimv2",
                "SCM Event8 Log Filter",
                "SELECT * FROM __InstanceModificationEvent",
                "WQL",
            ),
            build_instance("CommandLineEventConsumer", "powershell -NoP -enc QQBB", "SCM Event8 Log Consumer"),
            build_instance(
                "__FilterToConsumerBinding",
                'CommandLineEventConsumer.Name="SCM Event8 Log Consumer"',
                '__EventFilter.Name="SCM Event8 Log Filter"',
            ),
        ),
    },
    reported=frozenset({"event"}),
)

FAMILIES = (
    *(CONFICKER, RAMNIT, ANDROMEDA, PHORPIEX, NJRAT, EMOTET, SALITY),
    *(ZEROACCESS, NECURS, LETHIC, VIRUT, WANNAMINE),
)
