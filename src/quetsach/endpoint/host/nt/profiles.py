"""The accounts of a running Windows: whose hive is loaded, and the hive files of those who are not signed in.

An account is called as its profile's folder, as on a disk: a recipe, a report and a session mean the same one either
way. A loaded hive without a profile keeps its SID.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from posixpath import basename

from quetsach.endpoint.host.offline_registry import OfflineRegistry
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.trouble import Trouble

_SYSTEM = ".DEFAULT"


class ProfileHives(OfflineRegistry):
    """The hive files of accounts on the drive of a running Windows; those in use cannot be opened, nor need be."""

    def __init__(self, tree: Tree, listed: Callable[[], Iterable[bytes]]) -> None:
        super().__init__(tree)
        self._listed = listed

    def hive_of(self, home: bytes) -> str | None:
        """Return what the account of a profile is called, if that has a hive file."""
        self._all_paths()
        return self._named_homes.get(home)

    def _in_profile_list(self) -> Iterable[bytes]:
        return self._listed()

    def _missing(self) -> Iterator[Trouble]:
        """Yield nothing: the machine's own hives are loaded."""
        yield from ()


def names_of_loaded(
    tree: Tree, hives: ProfileHives, loaded: Iterable[str], home_of: Callable[[str], bytes | None]
) -> dict[str, str]:
    """Return account -> SID of the hives that are loaded.

    Args:
        tree: the files of the machine.
        hives: the hive files of profiles.
        loaded: the names below ``HKU``, without classes.
        home_of: the folder that the registry lists for a SID.
    """
    found: dict[str, str] = {}
    taken = {folded(name) for name in hives.accounts()}
    for sid in loaded:
        if folded(sid) == _SYSTEM:
            found[_SYSTEM] = sid
            continue
        home = _real_folder(tree, home_of(sid))
        name = hives.hive_of(home) if home is not None else None
        if name is None and home is not None:
            own = basename(home).decode("utf-8", "surrogateescape")
            name = own if folded(own) not in taken else None
        name = name or sid
        taken.add(folded(name))
        found.setdefault(name, sid)
    return found


def _real_folder(tree: Tree, path: bytes | None) -> bytes | None:
    if path is None or path == b"/":
        return None
    try:
        real = tree.resolve(path)
        return real if stat.S_ISDIR(tree.lstat(real).st_mode) else None
    except OSError:
        return None
