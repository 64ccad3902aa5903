"""The accounts of a machine and their homes (``passwd(5)``)."""

from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.endpoint.collect.text import TextFile, read_text
from quetsach.endpoint.collect.windows.accounts import profiles_of
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree

_MOST_USERS = 20_000


@dataclass(frozen=True, slots=True)
class User:
    """One account. ``home`` is an absolute path inside the root."""

    name: bytes
    home: bytes


ROOT = User(b"root", b"/root")


def accounts_of(host: Host) -> tuple[User, ...]:
    """Return the accounts of a machine that have a home, as its platform keeps them."""
    if host.platform == "windows":
        return tuple(User(name, home) for name, home in profiles_of(host))
    return users_of(host.tree)


def system_account(platform: str) -> User:
    """Return the account whose the system's own files are; Windows names none."""
    return User(b"", b"/") if platform == "windows" else ROOT


def users_of(tree: Tree) -> tuple[User, ...]:
    """Return the accounts with a home, root among them whatever the file says; one for each home."""
    file = read_text(tree, b"/etc/passwd")
    by_home = {ROOT.home: ROOT}
    for user in parse_passwd(file.content) if isinstance(file, TextFile) else ():
        if len(by_home) < _MOST_USERS:
            by_home.setdefault(user.home, user)
    return tuple(by_home.values())


def parse_passwd(content: bytes) -> Iterator[User]:
    """Yield the accounts with an absolute home; lines of another form are passed over, as the C library does."""
    for line in content.split(b"\n"):
        fields = line.split(b":")
        if len(fields) >= 7 and fields[0] and fields[5].startswith(b"/") and b"\0" not in fields[5]:
            home = fields[5].rstrip(b"/")
            if home:  # accounts of services live in "/": its files are collected as the system's
                yield User(fields[0], home)
