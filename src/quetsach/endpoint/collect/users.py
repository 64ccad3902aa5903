"""The accounts of a machine and their homes (``passwd(5)``; ``dscl(1)``)."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.endpoint.collect.property_list import parse_property_list
from quetsach.endpoint.collect.text import TextFile, names_in, read_text
from quetsach.endpoint.collect.windows.accounts import profiles_of
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree

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
