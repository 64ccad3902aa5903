"""The profiles of a Windows: the folders of its people, as its registry lists them and as they lie on the disk.

Source: Microsoft Learn, "User Profiles Tools and Reports" and "KNOWNFOLDERID" (``ProfileImagePath`` of
``ProfileList``, ``UserProfiles``); before Windows Vista they lay in ``Documents and Settings``.
"""

import posixpath
import stat
from collections.abc import Iterator

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import join
from quetsach.endpoint.host.windows_path import machine_environment, path_of

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
