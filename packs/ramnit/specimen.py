"""Plants a harmless infection by Ramnit: programs that only return, and a page with a script that is all comment."""

import random
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.hive import DWORD, SZ
from quetsach.packs.specimen.innocent import CV, FIREWALL, NT, PAGE, SERVICES, STARTUP, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe

_PROGRAM = build_pe(
    sections={".data": b"KyUffThOkYwRRtgPP\0DesktopLayer.exe\0dmlconf.dat\0WSHshell.Run DropPath, 0\r\n\0"}
)
_INFECTED = build_pe(sections={".data": b"a game", ".rmnet": b"\xc3".ljust(64, b"\0")}, entry=".rmnet")
_PACKED = build_pe(sections={"UPX0": random.Random("ramnit").randbytes(2048)})
_COPY = "Program Files/Microsoft/DesktopLayer.exe"
_RANDOM = r"C:\Program Files\lkxvbc\qhwrsw.exe"
_STICK = "RECYCLER/S-5-2-78-1111111111-2222222222-333333333-4444"


def script(program: bytes) -> bytes:
    """Return the block that Ramnit appends to pages, with every statement that would do something made a remark."""
    return b"\r\n".join(
        (
            b'<SCRIPT Language=VBScript><!--\r\nDropFileName = "svchost.exe"',
            b'WriteData = "' + program.hex().upper().encode() + b'"',
            b'\'FileObj.Write Chr(CLng("&H" & Mid(WriteData,i,2)))',
            b"//--></SCRIPT>",
        )
    )


_BLOCK = script(build_pe(overlay=bytes(4096)))


def build(root: Path) -> list[Planted]:
    """Write the drive and return what was planted."""
    center = r"Microsoft\Security Center"
    plant_infected(
        root,
        software={
            rf"{NT}\Winlogon": {
                "Userinit": (SZ, r"C:\Windows\system32\userinit.exe,,c:\program files\microsoft\desktoplayer.exe")
            },
            center: {"AntiVirusDisableNotify": (DWORD, 1), "FirewallOverride": (DWORD, 1)},
            rf"{CV}\Policies\System": {"EnableLUA": (DWORD, 0)},
        },
        system={
            rf"{SERVICES}\wscsvc": {"Start": (DWORD, 4)},
            rf"{FIREWALL}\StandardProfile\AuthorizedApplications\List": {_RANDOM: (SZ, rf"{_RANDOM}:*:Enabled:qhwrsw")},
        },
        users={
            "An": {rf"{USER_CV}\Run": {"QhwRsw": (SZ, _RANDOM)}},
            "Bình": {rf"Software\{NT}\Winlogon": {"Userinit": (SZ, rf"{_RANDOM},")}},
        },
        files={
            "Program Files/lkxvbc/qhwrsw.exe": _PROGRAM,
            _COPY: _PACKED,
            "Program Files/Internet Explorer/dmlconf.dat": bytes(16),
            f"Users/An/{STARTUP}/qhwrsw.exe": _PROGRAM,
            "Users/An/Desktop/bai-tap.html": PAGE + _BLOCK,
            "Users/An/Desktop/sua-sau.html": PAGE + _BLOCK + b"\r\n<p>moi</p>",
            "Users/An/Desktop/game.exe": _INFECTED,
            "Users/An/Desktop/variant.exe": build_pe(sections={".data": b"KyUffThOkYwRRtgPP\0Srv.exe\0"}),
            f"{_STICK}/AyZIKwEU.exe": _PROGRAM,
            f"{_STICK}/kqWzTbEd.exe": _PACKED,
            f"{_STICK}/Dc1.exe": build_pe(sections={".data": b"thrown away"}),
            f"{_STICK}/HonestGame.exe": build_pe(sections={".data": b"a game"}),
            "autorun.inf": b"RmN\r\n[autorun]\r\naction=Open\r\nshellexecute=.\\"
            + _STICK.replace("/", "\\").encode()
            + b"\\AyZIKwEU.exe\r\nshell\\open\\command=.\\RECYCLER\\S-5-2-78-1\\gone.exe\r\nshell\\explore\\command=.\\"
            + _STICK.replace("/", "\\").encode()
            + b"\\kqWzTbEd.exe\r\nUSEAUTOPLAY=1\r\n",
        },
    )
    machine, winlogon = r"HKLM\SOFTWARE", rf"{NT}\Winlogon\Userinit"
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    line = "shellexecute=.\\" + _STICK.replace("/", "\\") + "\\AyZIKwEU.exe\r"
    explores = "shell\\explore\\command=.\\" + _STICK.replace("/", "\\") + "\\kqWzTbEd.exe\r"
    return [
        Planted("file", "/Program Files/lkxvbc/qhwrsw.exe"),
        Planted("file", f"/{_COPY}"),
        Planted("file", "/Program Files/Internet Explorer/dmlconf.dat"),
        Planted("file", f"/Users/An/{STARTUP}/qhwrsw.exe"),
        Planted("startup-file", f"/Users/An/{STARTUP}/qhwrsw.exe"),
        Planted("file", "/Users/An/Desktop/bai-tap.html"),
        Planted("file", "/Users/An/Desktop/sua-sau.html"),
        Planted("file", "/Users/An/Desktop/game.exe"),
        Planted("file", "/Users/An/Desktop/variant.exe"),
        Planted("file", f"/{_STICK}/AyZIKwEU.exe"),
        Planted("file", f"/{_STICK}/kqWzTbEd.exe"),
        Planted("setting-line", "/autorun.inf", line),
        Planted("setting-line", "/autorun.inf", explores),
        Planted("setting-line", "/autorun.inf", "shell\\open\\command=.\\RECYCLER\\S-5-2-78-1\\gone.exe\r"),
        Planted("registry-value", rf"{machine}\{winlogon}", r"c:\program files\microsoft\desktoplayer.exe"),
        Planted("registry-value", rf"HKU\Bình\Software\{winlogon}", _RANDOM),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\QhwRsw"),
        Planted("registry-value", rf"{machine}\{center}\AntiVirusDisableNotify"),
        Planted("registry-value", rf"{machine}\{center}\FirewallOverride"),
        Planted("registry-value", rf"{machine}\{CV}\Policies\System\EnableLUA"),
        Planted("registry-value", rf"{services}\wscsvc\Start"),
        Planted(
            "registry-value",
            rf"{services}\SharedAccess\Parameters\FirewallPolicy\StandardProfile\AuthorizedApplications\List\{_RANDOM}",
        ),
    ]
