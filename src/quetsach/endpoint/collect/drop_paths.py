"""Where malware usually lands: what a quick scan walks besides what starts and the files that it names."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quetsach.endpoint.collect.accounts import accounts_of
from quetsach.endpoint.collect.text import names_in
from quetsach.endpoint.host.port import Host


@dataclass(frozen=True, slots=True)
class DropPath:
    """A folder or file. ``levels`` of folders below it are entered (0: only the files in it); ``None``: all."""

    path: bytes
    levels: int | None = None


_HIDDEN_LEVELS = 3

_MEMORY = frozenset({b"pagefile.sys", b"swapfile.sys", b"hiberfil.sys"})
"""What Windows keeps of memory: gigabytes on the root of the drive, for a full scan."""

_OWN_FOLDERS = (b"AppDiagnostics", b"IME/Crypt", b"NetworkDistribution", b"SpeechsTracing")
"""Folders in that of Windows that only malware makes."""

_OF_SYSTEM: Mapping[str, tuple[DropPath, ...]] = {
    "linux": tuple(map(DropPath, (b"/tmp", b"/var/tmp", b"/dev/shm", b"/run/shm"))),
    "macos": tuple(map(DropPath, (b"/private/tmp", b"/private/var/tmp", b"/Users/Shared"))),
    "windows": (
        *(DropPath(path) for path in (b"/Windows/Temp", b"/Temp", b"/Windows/Tasks", b"/Users/Public")),
        *(DropPath(path) for path in (b"/Recycler", b"/Recycled")),
        *(DropPath(path, 3) for path in (b"/$Recycle.Bin", b"/ProgramData/Microsoft/Windows/Start Menu")),
        *(DropPath(path, 2) for path in (b"/ProgramData", b"/Windows/Fonts", b"/PerfLogs", b"/Intel")),
        DropPath(b"/Windows/Installer", 1),
        *(DropPath(path, 0) for path in (b"/Windows", b"/Windows/System", b"/Windows/Media", b"/Windows/debug")),
        *(DropPath(path, 0) for path in (b"/Windows/Help", b"/Program Files", b"/Program Files (x86)", b"/Users")),
        *(DropPath(b"/Windows/assembly/" + name, 0) for name in (b"GAC", b"GAC_32", b"GAC_64")),
        *(DropPath(b"/Windows/" + name, 1) for name in _OWN_FOLDERS),
        *(
            DropPath(folder + name, 0)
            for folder in (b"/Program Files/", b"/Program Files (x86)/")
            for name in (b"Internet Explorer", b"Movie Maker")
        ),
    ),
}
_OF_STICK = (DropPath(b"/Recycler"), DropPath(b"/Recycled"), DropPath(b"/$Recycle.Bin", 3))
_OF_HOME: Mapping[str, tuple[DropPath, ...]] = {
    "linux": (),
    "macos": (DropPath(b"Library/LaunchAgents"), DropPath(b"Library/Application Support", 2)),
    "windows": (
        *(DropPath(path) for path in (b"AppData/Local/Temp", b"Local Settings/Temp")),
        *(DropPath(path, 3) for path in (b"AppData/Roaming/Microsoft/Windows/Start Menu", b"Start Menu")),
        *(DropPath(path, 2) for path in (b"AppData/Roaming", b"AppData/LocalLow", b"Application Data")),
        *(DropPath(path, 1) for path in (b"AppData/Local", b"Local Settings/Application Data", b"Downloads")),
        *(DropPath(path, 0) for path in (b"", b"AppData", b"Desktop", b"Documents", b"Music", b"Videos", b"Pictures")),
    ),
}


def memory_files(host: Host) -> frozenset[bytes]:
    """Return the paths, in small letters, at which a Windows may keep what its memory has no room for, or its sleep."""
    tops = (b"", *host.tree.other_drives()) if host.platform == "windows" else ()
    return frozenset(top.lower() + b"/" + name for top in tops for name in _MEMORY)


def drop_paths(host: Host) -> Iterator[DropPath]:
    """Yield the places of a machine that exist, the system's and those of every account.

    Homes of Linux and macOS give what is hidden in them, a few levels down.
    """
    for place in _OF_SYSTEM[host.platform]:
        if host.tree.exists(place.path):
            yield place
    for top in (b"", *host.tree.other_drives()) if host.platform == "windows" else ():
        yield from _on_root(host, top)
    for account in accounts_of(host):
        for place in _OF_HOME[host.platform]:
            path = posixpath.join(account.home, place.path) if place.path else account.home
            if host.tree.exists(path):
                yield DropPath(path, place.levels)
        if host.platform != "windows":
            yield from _hidden(host, account.home)


def _hidden(host: Host, home: bytes) -> Iterator[DropPath]:
    try:
        names = sorted(name for group in names_in(host.tree, home) for name in group)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield DropPath(home, 0)  # walking it names the reason
        return
    yield from (DropPath(name, _HIDDEN_LEVELS) for name in names if posixpath.basename(name).startswith(b"."))


def _on_root(host: Host, top: bytes) -> Iterator[DropPath]:
    """Yield the files on the root of a drive; of other drives also what worms of sticks make there."""
    for place in _OF_STICK if top else ():
        if host.tree.exists(top + place.path):
            yield DropPath(top + place.path, place.levels)
    try:
        names = names_in(host.tree, top or b"/")[0]
    except OSError:
        yield DropPath(top or b"/", 0)  # walking it names the reason
        return
    yield from (DropPath(name, 0) for name in names if posixpath.basename(name).lower() not in _MEMORY)
