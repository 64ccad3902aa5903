"""The accounts of a machine and their homes (``passwd(5)``; ``dscl(1)``), and the profiles of a Windows."""

import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.endpoint import RegistryError
from quetsach.endpoint.collect.text import TextFile, names_in, parse_property_list, read_text
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.host.windows_path import machine_environment, path_of

# The profiles of a Windows: the folders of its people, as its registry lists them and as they lie on the disk.
#
# Source: Microsoft Learn, "User Profiles Tools and Reports" and "KNOWNFOLDERID" (``ProfileImagePath`` of
# ``ProfileList``, ``UserProfiles``); before Windows Vista they lay in ``Documents and Settings``.

_PROFILE_LIST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
_FOLDERS = (b"/Users", b"/Documents and Settings", b"/Windows/ServiceProfiles")
_MOST = 10_000


def profiles_of(host: Host) -> tuple[tuple[bytes, bytes], ...]:
    """Return the name of every profile, which is that of its folder, and the path of the folder; each once."""
    found: dict[bytes, bytes] = {}
    for path in (*_in_folders(host), *_in_registry(host)):
        try:
            home = host.tree.resolve(path)
            is_folder = stat.S_ISDIR(host.tree.lstat(home).st_mode)
        except OSError:
            continue
        if is_folder and len(found) < _MOST:
            found.setdefault(home, posixpath.basename(home))
    return tuple((name, home) for home, name in found.items())


def _in_folders(host: Host) -> Iterator[bytes]:
    for folder in _FOLDERS:
        try:
            entries = sorted(host.tree.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        yield from (join(folder, entry.name) for entry in entries[:_MOST] if stat.S_ISDIR(entry.stat.st_mode))


def _in_registry(host: Host) -> Iterator[bytes]:
    environment = machine_environment()
    try:
        for key in host.registry.matching(f"{_PROFILE_LIST}\\*") if host.registry is not None else ():
            value = host.registry.value(key, "ProfileImagePath") if host.registry is not None else None
            text = value.text if value else ""
            for name, meaning in environment.items():
                if text.upper().startswith(f"%{name}%"):
                    text = meaning + text[len(name) + 2 :]
            environment["SYSTEMDRIVE"] = text[:2] if text[1:2] == ":" else "C:"
            path = path_of(text, environment)
            if path is not None and path != b"/":
                yield path
    except RegistryError:
        return  # the registry names it among its troubles


# The accounts of a machine and their homes (``passwd(5)``; ``dscl(1)``).

_MOST_USERS = 20_000
_DIRECTORY = b"/private/var/db/dslocal/nodes/Default/users"
_NOBODYS = frozenset({"/var/empty", "/private/var/empty", "/var/root", "/dev/null"})


@dataclass(frozen=True, slots=True)
class User:
    """One account. ``home`` is an absolute path inside the root."""

    name: bytes
    home: bytes


ROOT = User(b"root", b"/root")
_SYSTEM = {"windows": User(b"", b"/"), "macos": User(b"root", b"/private/var/root")}


def accounts_of(host: Host) -> tuple[User, ...]:
    """Return the accounts of a machine that have a home, as its platform keeps them."""
    if host.platform == "windows":
        return tuple(User(name, home) for name, home in profiles_of(host))
    return mac_users_of(host.tree) if host.platform == "macos" else users_of(host.tree)


def system_account(platform: str) -> User:
    """Return the account whose the system's own files are; Windows names none."""
    return _SYSTEM.get(platform, ROOT)


def users_of(tree: Tree) -> tuple[User, ...]:
    """Return the accounts with a home, root among them whatever the file says; one for each home."""
    file = read_text(tree, b"/etc/passwd")
    by_home = {ROOT.home: ROOT}
    for user in parse_passwd(file.content) if isinstance(file, TextFile) else ():
        if len(by_home) < _MOST_USERS:
            by_home.setdefault(user.home, user)
    return tuple(by_home.values())


def mac_users_of(tree: Tree) -> tuple[User, ...]:
    """Return the accounts of a Mac: root, whoever has a folder in /Users, and homes elsewhere (``dslocal``)."""
    _, folders = _names(tree, b"/Users")
    by_home = {home: User(posixpath.basename(home), home) for home in folders}
    by_home.setdefault(_SYSTEM["macos"].home, _SYSTEM["macos"])
    files, _ = _names(tree, _DIRECTORY)
    for path in files[:_MOST_USERS]:
        record = parse_property_list(file.content) if isinstance(file := read_text(tree, path), TextFile) else None
        for user in _recorded(record):
            if user.home not in by_home and tree.exists(user.home):
                by_home[user.home] = user
    return tuple(by_home.values())[:_MOST_USERS]


def _recorded(record: object) -> Iterator[User]:
    """Yield the account of a record of ``dslocal``, whose keys each hold a list of texts."""
    values = [record.get(key) for key in ("name", "home")] if isinstance(record, dict) else []
    match values:
        case [[str(name), *_], [str(home), *_]] if home.startswith("/") and "\0" not in home and home.strip("/"):
            if home not in _NOBODYS:
                yield User(name.encode("utf-8", "replace"), home.rstrip("/").encode("utf-8", "replace"))


def _names(tree: Tree, folder: bytes) -> tuple[list[bytes], list[bytes]]:
    try:
        return names_in(tree, folder)
    except OSError:
        return [], []


def parse_passwd(content: bytes) -> Iterator[User]:
    """Yield the accounts with an absolute home; lines of another form are passed over, as the C library does."""
    for line in content.split(b"\n"):
        fields = line.split(b":")
        if len(fields) >= 7 and fields[0] and fields[5].startswith(b"/") and b"\0" not in fields[5]:
            home = fields[5].rstrip(b"/")
            if home:  # accounts of services live in "/": its files are collected as the system's
                yield User(fields[0], home)
