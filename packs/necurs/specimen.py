r"""Plants what Necurs leaves on a Windows drive, harmlessly: two services, a boot driver, a program for each account.

Programs only return and carry the words that the rules look for; the one of an account carries none, as a packed one.
"""

import random
import struct
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ
from quetsach.packs.specimen.innocent import FIREWALL, SERVICES, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe

GUID = "{8D2E9A4C-1B3F-4E5D-9C7A-0123456789AB}"
PROGRAM = f"Windows/Installer/{GUID}/syshost.exe"
OF_ACCOUNT = f"Users/An/AppData/Local/{GUID}/syshost.exe"
DRIVER_NAME = "3c1f0a9b7d2e4f60"
PACKED_NAME = "5e7d1c9b3a2f4068"
"""A packed driver: only its service says whose it is."""
WITHOUT_FILE = "9a8b7c6d5e4f3a2b"
"""A driver whose file is not there: only its service says whose it was."""
DRIVER = f"Windows/System32/drivers/{DRIVER_NAME}.sys"
PACKED = f"Windows/System32/drivers/{PACKED_NAME}.sys"
HONEST = "Windows/System32/drivers/a1b2c3d4e5f60718.sys"

_NATIVE_SUBSYSTEM = 1
_SUBSYSTEM_AT = 0x5C
_RULE = "TCP Query User{7}"
_STARTS = rf"C:\Users\An\AppData\Local\{GUID}\syshost.exe"


def build(root: Path) -> list[Planted]:
    """Plant the infection on a drive of Windows and return what was planted."""
    rule = rf"v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|App=C:\Windows\Installer\{GUID}\syshost.exe|"
    plant_infected(
        root,
        system={
            rf"{SERVICES}\syshost32": {
                "ImagePath": (EXPAND_SZ, rf'"%SystemRoot%\Installer\{GUID}\syshost.exe" /service'),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x10),
                "ObjectName": (SZ, "LocalSystem"),
            },
            **{
                rf"{SERVICES}\{name}": {
                    "ImagePath": (EXPAND_SZ, rf"\SystemRoot\System32\drivers\{name}.sys"),
                    "DisplayName": (SZ, "syshost.exe"),
                    "Group": (SZ, "Boot Bus Extender"),
                    "Start": (DWORD, 0),
                    "Type": (DWORD, 1),
                }
                for name in (DRIVER_NAME, PACKED_NAME, WITHOUT_FILE)
            },
            rf"{FIREWALL}\FirewallRules": {_RULE: (SZ, rule)},
        },
        users={"An": {rf"{USER_CV}\Run": {"syshost32": (SZ, _STARTS)}}},
        files={
            PROGRAM: program(),
            OF_ACCOUNT: build_pe(),
            DRIVER: driver(),
            PACKED: build_pe(sections={"UPX0": random.Random("necurs").randbytes(2048)}, bits=64),
            HONEST: build_pe(sections={".data": b"a measuring device"}, bits=64),
        },
    )
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    rules = FIREWALL.replace(SERVICES, services)
    return [
        *(Planted("file", f"/{path}") for path in (PROGRAM, OF_ACCOUNT, DRIVER, PACKED)),
        *(Planted("service", rf"{services}\{name}") for name in ("syshost32", DRIVER_NAME, PACKED_NAME, WITHOUT_FILE)),
        Planted("registry-value", rf"HKU\An\{USER_CV}\Run\syshost32"),
        Planted("registry-value", rf"{rules}\FirewallRules\{_RULE}"),
    ]


def program() -> bytes:
    """Return a program with the words that are in Necurs's."""
    words = "\\\\.\\NtSecureSys\0Global\\NitrGB\0Local\\NitrGB\0syshost32\0".encode("utf-16-le")
    return build_pe(sections={".rdata": words + b"some stupid error %u\0exception %08x %swhen %s at %p\0"})


def driver() -> bytes:
    """Return a driver with the words that are in Necurs's."""
    makers = ("Agnitum Ltd", "ALWIL Software", "Avira GmbH", "Beijing Rising", "Doctor Web Ltd", "VirusBuster Ltd")
    words = "\0".join(("\\Device\\NtSecureSys", *makers)).encode("utf-16-le")
    built = bytearray(build_pe(sections={".rdata": words}, bits=64))
    header = struct.unpack_from("<I", built, 0x3C)[0]
    struct.pack_into("<H", built, header + _SUBSYSTEM_AT, _NATIVE_SUBSYSTEM)
    return bytes(built)
