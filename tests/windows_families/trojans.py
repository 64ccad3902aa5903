"""Programs that let others into a machine, and what these bring with them."""

from tests.windows_families.family import Family, program
from tests.windows_families.recipe import (
    FILE_TRAIT,
    FIREWALL_TRAIT,
    ONLY_TRAIT,
    RUN_TRAIT,
    SERVICE_TRAIT,
    SERVICES_OFF_TRAIT,
    STARTUP_TRAIT,
    TASK_TRAIT,
    off,
    value,
)

from quetsach.packs.specimen.formats import build_instance, build_repository, build_task
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ
from quetsach.packs.specimen.neighbours import CV, FIREWALL, NT, SERVICES, STARTUP, SVCHOST, USER_CV
from quetsach.packs.specimen.windows import RUN

_SERVER = r"C:\Users\An\AppData\Local\Temp\server.exe"
_NJ = "5cd8f17f4086744065eb0992a09e05a2"
NJRAT = Family(
    "njrat",
    FILE_TRAIT
    + STARTUP_TRAIT
    + RUN_TRAIT
    + FIREWALL_TRAIT
    + value("no-zone", "environment", "remove-value", "match.name = '^SEE_MASK_NOZONECHECKS$'", ONLY_TRAIT)
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
    FILE_TRAIT + SERVICE_TRAIT + TASK_TRAIT + RUN_TRAIT,
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

_ZA = "{FBEB8A05-BEEE-4442-804E-409D6C4515E9}"
_BIN = "$Recycle.Bin/S-1-5-18/$0a1b2c3d4e5f60718293a4b5c6d7e8f9"
ZEROACCESS = Family(
    "zeroaccess",
    FILE_TRAIT
    + SERVICES_OFF_TRAIT
    + r"""
[[trait]]
id = "class"
kind = "registry-key"
match.place = "^com-user-classes$"
refers_to = ["program"]
action = "remove-key"
"""
    + value("machine-class", "com-system-classes", "restore-default", 'refers_to = ["program"]')
    + value("class-value", "com-hijacks", "remove-value", 'refers_to = ["program"]'),
    {"program": 2, "class": 1, "class-value": 1, "machine-class": 1, "service-off": 3},
    software={
        r"Classes\CLSID\{F3130CDB-AA52-4C3A-AB32-85FFC23AF9C1}\InprocServer32": {
            "": (EXPAND_SZ, rf"\\.\globalroot\systemroot\Installer\{_ZA}\n."),
            "ThreadingModel": (SZ, "Both"),
        }
    },
    system=off("BFE", "MpsSvc", "wscsvc"),
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
    FILE_TRAIT + SERVICE_TRAIT,
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
    FILE_TRAIT
    + RUN_TRAIT
    + value("shell", "winlogon-shell", "restore-default", "match.key = '^HKLM'", 'refers_to = ["program"]')
    + value("user-shell", "winlogon-shell", "remove-value", "match.key = '^HKU'", 'refers_to = ["program"]')
    + value("debugger", "image-options", "remove-value", "match.key = '(msmpeng|avp)\\.exe$'", ONLY_TRAIT)
    + value("forbidden", "disallowed-programs", "remove-value", "match.data = '(?i)avp\\.exe|msmpeng'", ONLY_TRAIT)
    + value("proxy", "proxy", "restore-default", "match.name = '^ProxyEnable$'", "match.data = '^1$'", ONLY_TRAIT)
    + value("proxy-server", "proxy", "remove-value", "match.data = '127\\.0\\.0\\.1:8118'", ONLY_TRAIT),
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

WANNAMINE = Family(
    "wannamine",
    FILE_TRAIT
    + SERVICE_TRAIT
    + TASK_TRAIT
    + r"""
[[trait]]
id = "event"
kind = "wmi-subscription"
match.command = 'powershell.*-enc'
action = "report"
"""
    + value("settings", "run", "remove-value", "match.data = 'powershell.*-enc'")
    + value("port", "port-proxy", "remove-value", "match.data = '^192\\.0\\.2\\.'", ONLY_TRAIT)
    + value("exclusion", "defender-exclusions", "remove-value", "match.name = 'SpeechsTracing'", ONLY_TRAIT),
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
