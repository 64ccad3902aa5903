r"""Plants a harmless infection by Conficker, to the detail of Microsoft's KB962007 and what later variants do.

Two libraries: one with the words of the rule, one as the real ones are on disk, packed, so that only what it set up is
known. Programs only return; the names of the worm's files on sticks are the published ones.
"""

import random
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.formats import build_job
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ, Keys, build_hive
from quetsach.packs.specimen.innocent import (
    CV,
    FIREWALL,
    HOSTS,
    NEIGHBOURS_SYSTEM,
    NT,
    SERVICES,
    SVCHOST,
    USER_CV,
    plant_infected,
)
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import CONFIG, FILES, SYSTEM, merged, write

_WORDS = (
    b"http://www.getmyip.org\0http://checkip.dyndns.org\0http://%s/search?q=%d\0netsvcs\0ServiceDll\0rundll32.exe\0"
)
_KNOWN = build_pe(sections={".data": _WORDS}, dll=True, exports=("ydmmgvos",))
_PACKED = build_pe(sections={"UPX0": random.Random("conficker").randbytes(2048)}, dll=True)
_STICK = "RECYCLER/S-5-3-42-2819952290-8240758988-879315005-3665/jwgkvsq.vmx"
_RUNS = "RuNdLl32.EXE      .\\" + _STICK.replace("/", "\\") + ",ahaezedrn"
_RENAMED = _STICK.replace("jwgkvsq.vmx", "hxkqzr.qtv")
"""A copy under no published name: only the line that starts it tells whose it is."""

_EXPLORES = _RUNS.replace("jwgkvsq.vmx", "hxkqzr.qtv")
_ADVANCED = rf"{CV}\Explorer\Advanced\Folder\Hidden\SHOWALL"
_MOUNTED = rf"{USER_CV}\Explorer\MountPoints2\{{0a1b2c3d-0000-11de-8000-001122334455}}\shell\AutoRun\command"
_HOLE = rf"{FIREWALL}\StandardProfile\GloballyOpenPorts\List"


def _service(name: str) -> dict[str, tuple[int, str | int]]:
    return {
        "DisplayName": (SZ, name),
        "ImagePath": (EXPAND_SZ, SVCHOST),
        "Start": (DWORD, 2),
        "Type": (DWORD, 0x20),
        "ObjectName": (SZ, "LocalSystem"),
    }


_SYSTEM: Keys = {
    rf"{SERVICES}\vcdrlxeu": _service("Windows Helper"),
    rf"{SERVICES}\vcdrlxeu\Parameters": {"ServiceDll": (EXPAND_SZ, r"%SystemRoot%\system32\kgbwnr.dll")},
    rf"{SERVICES}\qntwzmhk": _service("Monitor Update"),
    rf"{SERVICES}\qntwzmhk\Parameters": {"ServiceDll": (EXPAND_SZ, r"%SystemRoot%\system32\hdqwyr.dll")},
    **{rf"{SERVICES}\{name}": {"Start": (DWORD, 4)} for name in ("wuauserv", "BITS", "WinDefend", "WerSvc")},
    _HOLE: {"3847:TCP": (SZ, "3847:TCP:*:Enabled:qzvkpw")},
}


def junk(seed: int, lines: int) -> bytes:
    """Return padding as the worm writes it: remarks of bytes that mean nothing, blank lines, sections without sense."""
    text = b""
    for number in range(seed, seed + lines):
        noise = bytes(0x80 + (number * step * 37) % 0x7F for step in range(1, 40 + number % 50))
        text += (b";" + noise, b" " * (number % 30), b"\t;" + noise[:7])[number % 3] + b"\r\n"
    return text


def autorun() -> bytes:
    """Return an ``autorun.inf`` of some 60 KB in which six lines count."""
    parts = [
        b"[AUTorUN\r\n",
        b"\tAcTION\t=Open folder to view files\r\n",
        b"\t\ticon =%syStEmrOot%\\sySTEM32\\sHELL32.Dll         ,4\r\n",
        b"OpEn=" + _RUNS.encode() + b"\r\n",
        b"\tshelLExECUte=" + _RUNS.encode() + b"\r\n",
        b"sHell\\exPLore\\coMMand=" + _EXPLORES.encode() + b"\r\n",
        b"useAuTopLAY=\t1   \r\n",
    ]
    return b"".join(junk(300 * number, 300) + part for number, part in enumerate(parts)) + junk(0, 300)


def build(root: Path) -> list[Planted]:
    """Write the drive and return what was planted."""
    plant_infected(
        root,
        software={
            rf"{NT}\Svchost": {"netsvcs": (MULTI_SZ, ["BITS", "vcdrlxeu", "Schedule", "qntwzmhk", "wuauserv"])},
            _ADVANCED: {"CheckedValue": (DWORD, 0), "DefaultValue": (DWORD, 2), "Type": (SZ, "radio")},
        },
        system=_SYSTEM,
        users={
            "An": {
                rf"{USER_CV}\Run": {"bnkxc": (SZ, r'rundll32.exe "C:\Windows\system32\kgbwnr.dll",ydmmgvos')},
                _MOUNTED: {"": (SZ, _RUNS)},
            },
            "Bình": {rf"{USER_CV}\Run": {"qzjw": (SZ, r'rundll32.exe "C:\Windows\system32\hdqwyr.dll",kuvxa')}},
        },
        files={
            "Windows/System32/kgbwnr.dll": _KNOWN,
            "Windows/System32/hdqwyr.dll": _PACKED,
            "Windows/Tasks/At1.job": build_job("rundll32.exe", "kgbwnr.dll,ydmmgvos"),
            "Windows/Tasks/At2.job": build_job("rundll32.exe", "hdqwyr.dll,kuvxa"),
            _STICK: _PACKED,
            _RENAMED: _PACKED,
            _STICK.replace("jwgkvsq.vmx", "dc1.jpg"): b"\xff\xd8\xff\xe0 a photograph that was thrown away",
            "autorun.inf": autorun(),
            HOSTS: FILES[HOSTS] + b"0.0.0.0 download.avast.example.test\r\n192.0.2.7 may-in.example.test\r\n",
        },
    )
    _write_damaged_hive(root)
    return planted()


def planted() -> list[Planted]:
    """Return what ``build`` plants."""
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    lines = [
        "\tAcTION\t=Open folder to view files\r",
        "\t\ticon =%syStEmrOot%\\sySTEM32\\sHELL32.Dll         ,4\r",
        f"OpEn={_RUNS}\r",
        f"\tshelLExECUte={_RUNS}\r",
        f"sHell\\exPLore\\coMMand={_EXPLORES}\r",
    ]
    return [
        Planted("file", "/Windows/System32/kgbwnr.dll"),
        Planted("file", f"/{_STICK}"),
        Planted("file", f"/{_RENAMED}"),
        Planted("service", rf"{services}\vcdrlxeu"),
        Planted("service", rf"{services}\qntwzmhk"),
        Planted("scheduled-task", "/Windows/Tasks/At1.job"),
        Planted("scheduled-task", "/Windows/Tasks/At2.job"),
        *(Planted("setting-line", "/autorun.inf", line) for line in lines),
        Planted("setting-line", f"/{HOSTS}", "0.0.0.0 download.avast.example.test\r"),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\bnkxc"),
        Planted("registry-value", rf"HKU\Bình\{USER_CV}\Run\qzjw"),
        Planted("registry-value", rf"HKU\An\{_MOUNTED}\(default)"),
        *(
            Planted("registry-value", rf"{services}\{name}\Start")
            for name in ("wuauserv", "BITS", "WinDefend", "WerSvc")
        ),
        Planted("registry-value", rf"HKLM\SOFTWARE\{_ADVANCED}\CheckedValue"),
        *(
            Planted("registry-key", rf"HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot\{mode}")
            for mode in ("Minimal", "Network")
        ),
        Planted(
            "registry-value",
            rf"{services}\SharedAccess\Parameters\FirewallPolicy\StandardProfile\GloballyOpenPorts\List\3847:TCP",
        ),
    ]


def _write_damaged_hive(root: Path) -> None:
    """Write the hive again: safe mode deleted, the keys of the service closed to all but the system."""
    keys = merged(merged(SYSTEM, NEIGHBOURS_SYSTEM), _SYSTEM)
    left = {path: values for path, values in keys.items() if r"\SafeBoot" not in path}
    closed = (rf"{SERVICES}\vcdrlxeu", rf"{SERVICES}\vcdrlxeu\Parameters")
    write(root, f"{CONFIG}/SYSTEM", build_hive(left, name="SYSTEM", closed=closed))
