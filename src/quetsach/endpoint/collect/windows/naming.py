"""Which files of the tree a command of Windows names, for the account that runs it."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from quetsach.endpoint.collect.removed import Removed
from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.windows_path import (
    LONGEST,
    OTHER_DRIVES,
    Environment,
    files_named,
    machine_environment,
    named_file,
    older_machine_environment,
    user_environment,
)

_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_VARIABLES = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"
_MOST_REMEMBERED = 50_000

type _Reader = Callable[..., tuple[bytes, ...]]
"""What finds names in a text."""


class WindowsNames:
    """What names mean on one machine. Variables come from its registry, where that can be read."""

    def __init__(self, host: Host, removed: Removed) -> None:
        self._tree = host.tree
        self._removed = removed
        self._machine = _machine(host)
        self._users: dict[bytes, Environment] = {}
        self._known: dict[tuple[_Reader, str, bytes, bytes], tuple[bytes, ...]] = {}

    def files(self, command: str, home: bytes, folder: bytes = b"") -> tuple[bytes, ...]:
        """Return the files that a command names and that are or were there; if none, the one that it likeliest means.

        A bare word that is no file of the folders that are searched means nothing.

        Args:
            command: text of Windows.
            home: the profile of the account, a path of the tree; ``/`` for the system.
            folder: where relative names are meant, a path of the tree; else the profile.
        """
        return self._found(files_named, command, home, folder)

    def file(self, name: str, home: bytes, folder: bytes = b"") -> tuple[bytes, ...]:
        """Return the file that a name means which is known to be one of a file, as ``files`` does."""
        return self._found(named_file, name, home, folder)

    def _found(self, reader: _Reader, command: str, home: bytes, folder: bytes) -> tuple[bytes, ...]:
        text = command[:LONGEST]
        key = reader, text, home, folder
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            environment = self._environment(home)
            there = self._named(folder) or environment.get("USERPROFILE", environment["SYSTEMDRIVE"] + "\\")
            paths = reader(text, environment, folder=there)
            likeliest = paths[:1] if "\\" in text or "/" in text else ()
            found = self._known[key] = tuple(filter(self._is_file, paths)) or likeliest
        return found

    def _is_file(self, path: bytes) -> bool:
        return self._tree.exists(path) or path in self._removed

    def _named(self, path: bytes) -> str:
        """Return a path of the tree as Windows has it; empty for an empty one."""
        drive, rest = (path[1:3], path[3:]) if path[2:3] == b":" else (b"", path)
        text = rest.decode("utf-8", "surrogatepass").replace("/", "\\")
        return f"{drive.decode() or self._machine['SYSTEMDRIVE']}{text or '\\'}" if path else ""

    def _environment(self, home: bytes) -> Environment:
        if home in (b"", b"/"):
            return self._machine
        if home not in self._users:
            profile = self._named(home)
            is_older = not self._tree.exists(home + b"/AppData") and self._tree.exists(home + b"/Application Data")
            self._users[home] = user_environment(self._machine, profile, is_older=is_older)
        return self._users[home]


def _machine(host: Host) -> Environment:
    drive, more = "C:", dict[str, str]()
    try:
        if host.registry is not None:
            root = host.registry.value(_VERSION, "SystemRoot")
            if root and root.text[1:2] == ":" and root.text[:1].isalpha():
                drive = root.text[:2].upper()
            more = dict(_variables(host))
    except RegistryError:
        pass  # the registry names it among its troubles; what is from the factory is taken
    is_older = not host.tree.exists(b"/ProgramData") and host.tree.exists(b"/Documents and Settings/All Users")
    factory = older_machine_environment(drive) if is_older else machine_environment(drive)
    drives = {OTHER_DRIVES: "".join(_other_drives(host))}
    return {**more, **factory, **({"PATH": more["PATH"]} if "PATH" in more else {}), **drives}


def _other_drives(host: Host) -> Iterator[str]:
    """Yield the letters of the other drives that the tree has: no folder of Windows has such a name."""
    with suppress(OSError):
        for entry in host.tree.scandir(b"/") if host.is_live else ():
            if len(entry.name) == 2 and entry.name[1:] == b":" and entry.name[:1].isalpha():
                yield entry.name[:1].decode().upper()


def _variables(host: Host) -> Iterator[tuple[str, str]]:
    for value in host.registry.values(_VARIABLES) if host.registry is not None else ():
        yield value.name.upper(), value.text
