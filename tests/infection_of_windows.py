"""A small made-up infection of a Windows drive, one thing of every kind that a clean-up acts on, and its findings."""

import os
from pathlib import Path

from tests.infection import file_anchor, finding, line_anchor, with_fields

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.artefact import Anchor, FileAnchor, Finding, RegistryAnchor, anchor_of
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.registry import Registry
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ
from quetsach.packs.specimen.windows import OLD_NS, RUN, plant, write

MACHINE_RUN = f"HKLM\\SOFTWARE\\{RUN}"
USER_RUN = "HKU\\Bình\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
WINLOGON = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon"
SVCHOST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Svchost"
IFEO = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options"
CACHE = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache"
SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services"
LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
TASK_ID = "{0A1B2C3D-1111-2222-3333-444455556666}"
DLL = b"/Windows/System32/qzkvxw.dll"
TASK = b"/Windows/System32/Tasks/Update"
PAGE = b"/Users/An/Desktop/trang.html"
CONFIG = b"/Windows/System32/config"
HIDDEN = "/Ảnh".encode()
HOSTS = b"/Windows/System32/drivers/etc/hosts"
CLEAN_PAGE = b"<html>\r\n<p>\xe1\xba\xa3nh c\xc6\xb0\xe1\xbb\x9bi</p></html>\r\n"


def infect(root: Path) -> None:
    """Write the drive with the infection, all times old."""
    cache = CACHE.removeprefix("HKLM\\SOFTWARE\\")
    plant(
        root,
        software={
            RUN: {"Qzk": (SZ, "rundll32 C:\\Windows\\System32\\qzkvxw.dll,x"), "Của tôi": (SZ, "C:\\mine.exe")},
            "Microsoft\\Windows NT\\CurrentVersion\\Winlogon": {
                "Shell": (SZ, "explorer.exe,C:\\qzk.exe"),
                "Userinit": (SZ, "C:\\Windows\\system32\\userinit.exe,C:\\qzk.exe,"),
            },
            "Microsoft\\Windows NT\\CurrentVersion\\Svchost": {"netsvcs": (MULTI_SZ, ["BITS", "qzkvxw", "wuauserv"])},
            "Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\msmpeng.exe": {
                "Debugger": (SZ, "C:\\qzk.exe")
            },
            f"{cache}\\Tree\\Update": {"Id": (SZ, TASK_ID), "Index": (DWORD, 3)},
            f"{cache}\\Tasks\\{TASK_ID}": {"Path": (SZ, "\\Update")},
            f"{cache}\\Logon\\{TASK_ID}": {},
        },
        system={
            "ControlSet001\\Services\\qzkvxw": {
                "ImagePath": (EXPAND_SZ, "%SystemRoot%\\system32\\svchost.exe -k netsvcs"),
                "Start": (DWORD, 2),
            },
            "ControlSet001\\Services\\qzkvxw\\Parameters": {
                "ServiceDll": (EXPAND_SZ, "%SystemRoot%\\System32\\qzkvxw.dll")
            },
            "ControlSet001\\Enum\\Root\\LEGACY_QZKVXW": {"NextInstance": (DWORD, 1)},
            "ControlSet001\\Services\\wuauserv": {"Start": (DWORD, 4)},
            "ControlSet001\\Control\\Lsa": {"Security Packages": (MULTI_SZ, ["kerberos", "qzk", "msv1_0", "qzk2"])},
        },
        users={"Bình": {"Software\\Microsoft\\Windows\\CurrentVersion\\Run": {"Qzk": (SZ, "C:\\qzk.exe")}}},
        files={
            DLL[1:].decode(): b"MZ" + bytes(range(256)) * 40,
            TASK[1:].decode(): b"<Task/>",
            PAGE[1:].decode(): CLEAN_PAGE + b"<SCRIPT Language=VBScript>x</SCRIPT>",
        },
    )
    hosts = b"# mine\r\n127.0.0.1 localhost\r\n0.0.0.0 update.example.test\r\n"
    write(root, HOSTS[1:].decode(), hosts)
    write(root, "Windows/System32/config/SOFTWARE.LOG1", b"log")
    write(root, "Ảnh/một.jpg", b"mine")
    os.setxattr(root / "Ảnh", "user.DOSATTRIB", b"0x16")
    for folder in (root / "Ảnh", root):
        os.utime(folder, ns=(OLD_NS, OLD_NS))
    for path in (HOSTS, CONFIG + b"/SOFTWARE.LOG1"):
        os.utime((root / path[1:].decode()).parent, ns=(OLD_NS, OLD_NS))


def windows_findings(root: Path) -> tuple[Finding, ...]:
    """Return what a scan of the infection would find."""
    page = of_file(root, PAGE, ArtefactKind.FILE, Action.TRUNCATE)
    return (
        of_file(root, DLL, ArtefactKind.FILE, Action.QUARANTINE),
        with_fields(page, cut=str(len(CLEAN_PAGE))),
        finding(line_anchor(root, HOSTS, 3), ArtefactKind.SETTING_LINE, Action.REMOVE_LINE),
        of_file(root, TASK, ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK),
        finding(folder_anchor(root, HIDDEN), ArtefactKind.HIDDEN_FOLDER, Action.UNHIDE),
        *registry_findings(mounted_windows(root).registry),
    )


def registry_findings(registry: Registry) -> tuple[Finding, ...]:
    """Return the findings that are in the registry."""
    return (
        of_value(registry, MACHINE_RUN, "Qzk", Action.REMOVE_VALUE),
        of_value(registry, USER_RUN, "Qzk", Action.REMOVE_VALUE),
        of_value(registry, WINLOGON, "Shell", Action.RESTORE_DEFAULT, default="explorer.exe"),
        of_value(registry, WINLOGON, "Userinit", Action.REMOVE_ENTRY, entry="C:\\qzk.exe"),
        of_value(registry, LSA, "Security Packages", Action.REMOVE_ENTRY, entry="qzk"),
        of_value(registry, LSA, "Security Packages", Action.REMOVE_ENTRY, entry="qzk2"),
        of_value(registry, f"{SERVICES}\\wuauserv", "Start", Action.RESTORE_DEFAULT, default="3"),
        of_key(f"{IFEO}\\msmpeng.exe", ArtefactKind.REGISTRY_KEY, Action.REMOVE_KEY),
        of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE),
    )


def folder_anchor(root: Path, path: bytes) -> FileAnchor:
    """Return the anchor of a folder as it is now."""
    return anchor_of(path, (root / os.fsdecode(path[1:])).lstat(), "")


def of_file(root: Path, path: bytes, kind: ArtefactKind, action: Action) -> Finding:
    """Return a finding about a file."""
    anchor: FileAnchor = file_anchor(root, path)
    return finding(anchor, kind, action)


def of_value(
    registry: Registry, key: str, name: str, action: Action, *, entry: str | None = None, default: str | None = None
) -> Finding:
    """Return a finding about a value as it is now."""
    value = registry.value(key, name)
    assert value is not None
    anchor: Anchor = RegistryAnchor(key, value.name, value.type, value.data, entry)
    found = finding(anchor, ArtefactKind.REGISTRY_VALUE, action)
    return with_fields(found, data=value.text, **({} if default is None else {"default": default}))


def of_key(key: str, kind: ArtefactKind, action: Action) -> Finding:
    """Return a finding about a whole key."""
    return finding(RegistryAnchor(key, None), kind, action)
