r"""Plants what several generations of ZeroAccess leave on a Windows drive, harmlessly.

Programs and libraries only return. Some carry the words that the rule looks for; those known by their place carry none.
"""

from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys
from quetsach.packs.specimen.innocent import NT, SERVICES, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe

CLASS = "{FBEB8A05-BEEE-4442-804E-409D6C4515E9}"
WMI_CLASS = "{F3130CDB-AA52-4C3A-AB32-85FFC23AF9C1}"
OF_SYSTEM = "$Recycle.Bin/S-1-5-18/$0a1b2c3d4e5f60718293a4b5c6d7e8f9"
OF_PERSON = "$Recycle.Bin/S-1-5-21-1-2-3-1001/$0a1b2c3d4e5f60718293a4b5c6d7e8f9"
INSTALLER = "Windows/Installer/{5b3e2a17-0c4d-9e8f-7a6b-0123456789ab}"
UPDATER_GUID = "{3be6f3ea-f161-fd6c-0169-b17b29e868a5}"
UPDATER = (
    f"Users/An/AppData/Local/Google/Desktop/Install/{UPDATER_GUID}/❤≸⋙/Ⱒ☠⍨/\u202eﯹ๛/{UPDATER_GUID}/GoogleUpdate.exe"
)
SERVICE_PROGRAM = (
    f"Program Files/Google/Desktop/Install/{UPDATER_GUID}/   /.../\u202eﯹ๛/{UPDATER_GUID}/GoogleUpdate.exe"
)
SHELL = "Users/Bình/AppData/Local/c397c700/X"
ASSEMBLY = "Windows/assembly/GAC_32/Desktop.ini"
PARTS = (
    f"{OF_SYSTEM}/@",
    f"{OF_SYSTEM}/L/00000004.@",
    f"{OF_SYSTEM}/U/00000001.@",
    f"{OF_SYSTEM}/U/80000032.@",
    f"{OF_PERSON}/@",
    f"{INSTALLER}/@",
    "Users/Bình/AppData/Local/c397c700/@",
)
OF_WINDOWS = ("Windows/System32/consrv.dll", "Windows/System32/drivers/redbook.sys")

_SERVICE = "\u202eetadpug"
_SUBSYSTEM = (
    r"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,20480,768 Windows=On "
    "SubSystemType=Windows ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 "
    "ServerDll=consrv:ConServerDllInitialization,2 ServerDll=sxssrv,4 ProfileControl=Off MaxRequestThreads=16"
)
_OFF = ("BFE", "MpsSvc", "wscsvc")
_GONE = {"iphlpsvc": "Windows/System32/iphlpsvc.dll"}
"""A service that is gone, though the file that it runs is there."""


def build(root: Path) -> list[Planted]:
    """Plant the infection on a drive of Windows and return what was planted."""
    plant_infected(
        root,
        software={
            rf"Classes\CLSID\{WMI_CLASS}\InprocServer32": {
                "": (EXPAND_SZ, rf"\\.\globalroot\systemroot\{_inside(INSTALLER)}\n."),
                "ThreadingModel": (SZ, "Both"),
            }
        },
        system=_system(),
        users={
            "An": {rf"{USER_CV}\Run": {"Google Update": (SZ, f'"{_windows(UPDATER)}" >')}},
            "Bình": {rf"Software\{NT}\Winlogon": {"Shell": (SZ, _windows(SHELL))}},
        },
        classes={"An": _classes()},
        files={
            f"{OF_SYSTEM}/n": module(),
            f"{OF_PERSON}/n": build_pe(dll=True),
            f"{INSTALLER}/n": module(),
            UPDATER: build_pe(),
            SERVICE_PROGRAM: module(),
            SHELL: build_pe(),
            ASSEMBLY: module(),
            **dict.fromkeys(PARTS, b"a part that is none"),
            OF_WINDOWS[0]: build_pe(dll=True),
            **{path: build_pe(dll=True) for path in _GONE.values()},
            OF_WINDOWS[1]: module(),
        },
    )
    return _planted()


def module() -> bytes:
    """Return a library with words that are in ZeroAccess's."""
    place = "\\BaseNamedObjects\\Restricted\\{A3D35150-6823-4462-8C6E-7417FF841D7A}\0".encode("utf-16-le")
    return build_pe(sections={".rdata": place + "%08x.@\0%08x.$\0%08x.~\0".encode("utf-16-le")}, dll=True)


def _system() -> Keys:
    return {
        **{rf"{SERVICES}\{name}": {"Start": (DWORD, 4)} for name in _OFF},
        rf"{SERVICES}\{_SERVICE}": {
            "ImagePath": (EXPAND_SZ, f'"{_windows(SERVICE_PROGRAM)}" <'),
            "DisplayName": (SZ, "Google Update Service (gupdate)"),
            "Start": (DWORD, 2),
            "Type": (DWORD, 0x10),
            "ObjectName": (SZ, "LocalSystem"),
        },
        r"ControlSet001\Control\Session Manager\SubSystems": {"Windows": (EXPAND_SZ, _SUBSYSTEM)},
        rf"{SERVICES}\WinSock2\Parameters\NameSpace_Catalog5\Catalog_Entries\000000000003": {
            "LibraryPath": (EXPAND_SZ, "mswsock.dll")
        },
    }


def _classes() -> Keys:
    return {
        rf"CLSID\{CLASS}\InprocServer32": {
            "": (SZ, rf"{_windows(OF_PERSON)}\n."),
            "ThreadingModel": (SZ, "Both"),
        },
        r"CLSID\{00000000-1111-2222-3333-444444444444}\InprocServer32": {
            "": (SZ, r"C:\Program Files\UniKey\unikey.dll")
        },
    }


def _planted() -> list[Planted]:
    control = r"HKLM\SYSTEM\CurrentControlSet"
    files = (f"{OF_SYSTEM}/n", f"{OF_PERSON}/n", f"{INSTALLER}/n", UPDATER, SERVICE_PROGRAM, SHELL, ASSEMBLY)
    entry = r"WinSock2\Parameters\NameSpace_Catalog5\Catalog_Entries\000000000003"
    values = [
        rf"HKLM\SOFTWARE\Classes\CLSID\{WMI_CLASS}\InprocServer32\(default)",
        rf"HKU\An_Classes\CLSID\{CLASS}\InprocServer32\(default)",
        rf"HKU\An\{USER_CV}\Run\Google Update",
        *(rf"{control}\Services\{name}\Start" for name in _OFF),
        rf"{control}\Control\Session Manager\SubSystems\Windows",
        rf"{control}\Services\{entry}\LibraryPath",
    ]
    return [
        *(Planted("file", f"/{path}") for path in (*files, *PARTS, *OF_WINDOWS)),
        Planted("registry-key", rf"HKU\An_Classes\CLSID\{CLASS}"),
        *(Planted("registry-value", value) for value in values),
        Planted("registry-value", rf"HKU\Bình\Software\{NT}\Winlogon\Shell", _windows(SHELL)),
        *(Planted("service", rf"{control}\Services\{name}") for name in (_SERVICE, *_GONE)),
    ]


def _windows(path: str) -> str:
    return "C:\\" + path.replace("/", "\\")


def _inside(path: str) -> str:
    return path.removeprefix("Windows/").replace("/", "\\")
