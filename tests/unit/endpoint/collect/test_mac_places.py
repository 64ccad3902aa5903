"""What each place of macOS holds: one planted foothold each, found with the command that it runs."""

import plistlib
import struct
from pathlib import Path

import pytest
from tests.machine import KEY, Machine

from quetsach.endpoint.collect.accounts import User, accounts_of
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.collect.text import bookmarked_path
from quetsach.endpoint.host.offline.mounted import MacHost, mounted_mac, open_mounted
from quetsach.endpoint.scan_issue import Reason, ScanIssue


class Mac(Machine):
    """A Mac with one account."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.link("/etc", "private/etc")
        self.link("/var", "private/var")
        for folder in ("private/etc", "private/var/root", "Users/lan", "Users/Shared"):
            (root / folder).mkdir(parents=True)

    @property
    def host(self) -> MacHost:
        return mounted_mac(self.root)


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


def bookmark(*names: str) -> bytes:
    """Return a bookmark to a path, as Finder writes it, with nothing but the path in it."""
    body, offsets = bytearray(4), []
    for name in (name.encode() for name in names):
        offsets.append(len(body))
        body += struct.pack("<II", len(name), 0x0101) + name + b"\0" * (-len(name) % 4)
    path = len(body)
    body += struct.pack(f"<II{len(offsets)}I", 4 * len(offsets), 0x0601, *offsets)
    body[:4] = struct.pack("<I", len(body))
    body += struct.pack("<IIIII", 12, 0xFFFFFFFE, 1, 0, 1) + struct.pack("<III", 0x1004, path, 0)
    return struct.pack("<4sIII", b"book", 48 + len(body), 0x10040000, 48).ljust(48, b"\0") + bytes(body)


def _xml(**values: object) -> bytes:
    return plistlib.dumps(values)


def _binary(**values: object) -> bytes:
    return plistlib.dumps(values, fmt=plistlib.FMT_BINARY)


ARGUMENTS = ["/bin/sh", "-c", "/opt/x & true"]
LAUNCHED = "/bin/sh -c '/opt/x & true'"
LIBRARY = "/Users/lan/Library"

PLANTED: dict[str, tuple[str, str | bytes, str]] = {  # place -> path, content, what it runs
    "at-job": ("/private/var/at/jobs/a1", "#!/bin/sh\n/opt/x", "/opt/x"),
    "background-item": (
        "/private/var/db/com.apple.backgroundtaskmanagement/BackgroundItems-v8.btm",
        _binary(**{"$objects": ["$null", "file:///opt/x", bookmark("opt", "a b"), "name"]}),
        "/opt/x; '/opt/a b'",
    ),
    "configuration-profile": (
        "/private/var/db/ConfigurationProfiles/Store/x.plist",
        _xml(PayloadIdentifier="example.x"),
        "example.x",
    ),
    "cron-system": ("/private/etc/crontab", "@reboot root /opt/x", "/opt/x"),
    "cron-user": ("/private/var/at/tabs/lan", "@reboot /opt/x", "/opt/x"),
    "emond": (
        "/private/etc/emond.d/rules/x.plist",
        plistlib.dumps([{"actions": [{"type": "RunCommand", "command": "/opt/x"}]}]),
        "/opt/x",
    ),
    "emond-client": ("/private/var/db/emondClients/x", "", ""),
    "firewall": ("/private/etc/pf.anchors/x", "rdr pass inet proto tcp to any port 80 -> 127.0.0.1 port 8080", ""),
    "folder-action": (f"{LIBRARY}/Scripts/Folder Action Scripts/x.scpt", b"\0", ""),
    "helper-tool": ("/Library/PrivilegedHelperTools/x", b"\xcf\xfa\xed\xfe", ""),
    "hosts": ("/private/etc/hosts", "192.0.2.1 bank.example", ""),
    "kernel-extension": ("/Library/Extensions/x.kext/Contents/Info.plist", _xml(CFBundleExecutable="x"), "x"),
    "launch-agent": (
        f"{LIBRARY}/LaunchAgents/x.plist",
        _binary(Label="x", ProgramArguments=ARGUMENTS, RunAtLoad=True),
        LAUNCHED,
    ),
    "launch-daemon": (
        "/Library/LaunchDaemons/x.plist",
        _xml(Program="/opt/x", EnvironmentVariables={"DYLD_INSERT_LIBRARIES": "/opt/y"}),
        "/opt/x; /opt/y",
    ),
    "login-hook": (f"{LIBRARY}/Preferences/com.apple.loginwindow.plist", _binary(LoginHook="/opt/x"), "/opt/x"),
    "login-item": (
        f"{LIBRARY}/Preferences/ByHost/com.apple.loginwindow.1.plist",
        _binary(TALAppsToRelaunchAtLogin=[{"Path": "/opt/x"}]),
        "/opt/x",
    ),
    "managed-preference": (
        "/Library/Managed Preferences/lan/com.google.Chrome.plist",
        _xml(ExtensionInstallForcelist=["abc;https://example.org"]),
        "'abc;https://example.org'",
    ),
    "network-settings": (
        "/Library/Preferences/SystemConfiguration/preferences.plist",
        _xml(NetworkServices={"1": {"DNS": {"ServerAddresses": ["192.0.2.53"]}}}),
        "192.0.2.53",
    ),
    "pam": ("/private/etc/pam.d/sudo", "auth optional /opt/x", "/opt/x"),
    "path-setting": ("/private/etc/paths.d/x", "/opt/bin", ""),
    "periodic": ("/private/etc/periodic/daily/999.x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "periodic-settings": ("/private/etc/periodic.conf", "daily_local=/opt/x", "daily_local=/opt/x"),
    "plug-in": (f"{LIBRARY}/QuickLook/x.qlgenerator/Contents/Info.plist", _xml(CFBundleExecutable="x"), "x"),
    "resolver": ("/private/etc/resolver/example.org", "nameserver 192.0.2.53", ""),
    "shell-profile": ("/Users/lan/.zshenv", "/opt/x &", "/opt/x &"),
    "ssh-client": ("/Users/lan/.ssh/config", "ProxyCommand /opt/x", "/opt/x"),
    "ssh-login": ("/Users/lan/.ssh/rc", "/opt/x", "/opt/x"),
    "ssh-server": ("/private/etc/ssh/sshd_config", "ForceCommand /opt/x", "/opt/x"),
    "startup-item": ("/Library/StartupItems/x/x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "sudoers": ("/private/etc/sudoers", "lan ALL=(ALL) NOPASSWD: /opt/x", "/opt/x"),
    "sudoers-number": ("/private/etc/sudoers", "#501 ALL=(ALL) NOPASSWD: ALL", "#501 ALL=(ALL) NOPASSWD: ALL"),
}


def test_every_place_has_a_planted_foothold() -> None:
    assert PLANTED.keys() | {"authorized-keys"} == {place.name for place in places_of("macos")}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_in_a_place_is_found_there(mac: Mac, name: str) -> None:
    path, content, command = PLANTED[name]
    mac.write(path, content)
    [found] = mac.artefacts(name)
    assert found.fields["path"] == path
    assert found.fields.get("command", "") == command
    if "/opt/x" in command:
        assert b"/opt/x" in found.refers_to


@pytest.mark.parametrize("mark", ["System/Library/CoreServices/SystemVersion.plist", "private/var/db/dslocal/nodes/x"])
def test_a_disk_of_a_mac_is_known_by_either_of_its_volumes(tmp_path: Path, mark: str) -> None:
    assert open_mounted(tmp_path).platform == "linux"
    (tmp_path / mark).parent.mkdir(parents=True)
    (tmp_path / mark).write_bytes(b"")
    assert open_mounted(tmp_path).platform == "macos"


def test_keys_of_every_account_are_read(mac: Mac) -> None:
    for home in ("Users/lan", "private/var/root"):
        mac.write(f"/{home}/.ssh/authorized_keys", f"{KEY} x\n")
    assert [a.fields["user"] for a in mac.artefacts("authorized-keys")] == ["lan", "root"]


def test_accounts_are_the_folders_of_users_root_and_homes_that_the_directory_names(mac: Mac) -> None:
    directory = "/private/var/db/dslocal/nodes/Default/users"
    mac.write(f"{directory}/mai.plist", _binary(name=["mai", "m"], home=["/Volumes/Home/mai"]))
    mac.write(f"{directory}/nobody.plist", _binary(name=["nobody"], home=["/var/empty"]))
    mac.write(f"{directory}/gone.plist", _binary(name=["gone"], home=["/Volumes/Home/gone"]))
    mac.write(f"{directory}/damaged.plist", b"bplist00")
    (mac.root / "Volumes/Home/mai").mkdir(parents=True)
    assert accounts_of(mac.host) == (
        User(b"Shared", b"/Users/Shared"),
        User(b"lan", b"/Users/lan"),
        User(b"root", b"/private/var/root"),
        User(b"mai", b"/Volumes/Home/mai"),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"bplist00",
        b"<plist><array>" * 100_000,
        b'<!DOCTYPE plist [<!ENTITY a "aaaa">]><plist><string>&a;</string></plist>',
        b"<plist><date>soon</date></plist>",
    ],
)
def test_a_property_list_that_is_none_is_said_and_still_found(mac: Mac, content: bytes) -> None:
    mac.write("/Library/LaunchDaemons/x.plist", content)
    found, trouble = mac.collect("launch-daemon")
    assert not isinstance(found, ScanIssue)
    assert found.fields["command"] == ""
    assert trouble == ScanIssue(b"/Library/LaunchDaemons/x.plist", Reason.DAMAGED)


def test_a_woven_property_list_is_walked_once(mac: Mac) -> None:
    woven: list[object] = ["/opt/x"]
    for _ in range(200):  # read as a tree, it has 2^200 leaves
        woven = [woven, woven]
    mac.write("/Library/LaunchDaemons/x.plist", _binary(woven=woven, Program="/opt/x"))
    assert [a.fields["command"] for a in mac.artefacts("launch-daemon")] == ["/opt/x"]


def test_a_bookmark_gives_its_path() -> None:
    assert bookmarked_path(bookmark("Applications", "Tệp.app")) == "/Applications/Tệp.app"
    assert bookmarked_path(bookmark("Applications", "Tệp.app")[:60]) == ""
