r"""The registry of a Windows that does not run, out of the hive files on its drive; satisfies ``Registry``.

Where hives lie: Microsoft Learn, "Registry Hives"; a profile may also hold ``NTUSER.MAN``, which Windows then loads
instead of ``NTUSER.DAT`` ("Create mandatory user profiles").
"""

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from quetsach.core.text import Text
from quetsach.endpoint import RegistryError
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.hive import Hive, Key, KnownKeys
from quetsach.endpoint.host.hive_log import LOG_SUFFIXES
from quetsach.endpoint.host.hive_writer import edit_hive
from quetsach.endpoint.host.registry import (
    KeyContent,
    RegistryEdit,
    RegistryValue,
    folded,
    keys_matching,
    value_named,
)
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.host.windows_path import expanded, machine_environment, path_of
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of

_CONFIG = b"/Windows/System32/config"
_MACHINE = ("SOFTWARE", "SYSTEM", "SAM", "SECURITY")
_EVERY_WINDOWS = ("SOFTWARE", "SYSTEM")
_PROFILES = (b"/Users", b"/Documents and Settings", b"/Windows/ServiceProfiles")
_USER_HIVES = (b"NTUSER.MAN", b"NTUSER.DAT")
_CLASSES_HIVES = (
    b"AppData/Local/Microsoft/Windows/UsrClass.dat",
    b"Local Settings/Application Data/Microsoft/Windows/UsrClass.dat",
)
_PROFILE_LIST = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\*"
_ENVIRONMENT = machine_environment()
_MOST_ACCOUNTS = 10_000
_MOST_OPEN = 16
_CURRENT = "CURRENTCONTROLSET"


class OfflineRegistry:
    """The hives on a drive, each opened when it is first asked for."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._paths: dict[str, bytes] | None = None
        self._accounts: tuple[str, ...] = ()
        self._named_homes: dict[bytes, str] = {}
        self._hives: dict[bytes, Hive] = {}
        """The hives that are open, the one asked for last at the end."""
        self._refused: dict[bytes, RegistryError] = {}
        self._known = KnownKeys()
        self._troubles: dict[ScanIssue, None] = {}

    def accounts(self) -> tuple[str, ...]:
        """Return the names below ``HKU``: the folders of profiles that hold a hive, and ``.DEFAULT``."""
        self._all_paths()
        return self._accounts

    def exists(self, key: str) -> bool:
        """Return whether there is such a key."""
        return self._find(key) is not None

    def subkeys(self, key: str) -> tuple[str, ...]:
        """Return the names of the keys right below a key, in the order of the hive."""
        found = self._find(key)
        return () if found is None else tuple(below.name for below in found[0].subkeys(found[1]))

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        """Return the values of a key."""
        found = self._find(key)
        return () if found is None else found[0].values(found[1])

    def value(self, key: str, name: str) -> RegistryValue | None:
        """Return one value: the one that is written so, or else the first whose name compares equal."""
        return value_named(self.values(key), name)

    def content(self, key: str) -> KeyContent | None:
        """Return a key with everything below it."""
        found = self._find(key)
        return None if found is None else found[0].content(found[1])

    def matching(self, pattern: str) -> Iterator[str]:
        r"""Yield the keys that a pattern names: ``*`` stands for any one name, ``HKU\*`` for every account.

        ``HKU\*_Classes`` is every account's classes. A hive that cannot be read is left out, and among ``troubles``.
        """
        top, _, rest = pattern.partition("\\")
        if folded(top) == "HKU":
            account, _, rest = rest.partition("\\")
            tops = [f"HKU\\{name}" for name in self._named(account)]
        else:
            tops = [top]
        for start in tops:
            try:
                yield from keys_matching(self, start, rest.split("\\") if rest else [])
            except RegistryError:
                if len(tops) == 1:
                    raise

    def hive_path(self, key: str) -> bytes | None:
        """Return the path of the hive file that holds a key; ``None`` when there is no such file."""
        return self._all_paths().get(_mount(key)[0])

    def troubles(self) -> tuple[ScanIssue, ...]:
        """Return what of the hives opened so far could not be read, or may not be the newest state."""
        found = dict(self._troubles)
        for path, hive in self._hives.items():
            found.update(_troubles_of(path, hive))
        return (*found, *self._missing())

    def _missing(self) -> Iterator[ScanIssue]:
        """Yield the hives that every Windows has and this one lacks; a drive without a Windows has none."""
        if self._tree.exists(_CONFIG):
            for name in _EVERY_WINDOWS:
                if f"HKLM\\{name}" not in self._all_paths():
                    yield ScanIssue(join(_CONFIG, name.encode()), Reason.MISSING)

    def write_edited(self, edits: Sequence[RegistryEdit], target: Path) -> None:
        """Write a copy of the one hive that the edits are about, with all of them made, to a new file.

        Raises:
            RegistryError: the edits are about several hives or none; the hive must not be written (see ``edit_hive``).
            OSError: the hive cannot be read or the copy not be written.
        """
        paths = {self.hive_path(edit.key) for edit in edits}
        path = paths.pop() if len(paths) == 1 else None
        if path is None:
            raise RegistryError(Text("the edits are not about one hive of this disk"))
        inside = tuple(replace(edit, key=self.inside(edit.key)) for edit in edits)
        descriptor = self._tree.open_read(path)
        try:
            edit_hive(descriptor, target, inside, now=time.time())
        finally:
            os.close(descriptor)
            self._close()  # a file that is exchanged while it is open lives on, hidden, in its folder on FUSE

    def make(self, edit: RegistryEdit) -> NoReturn:
        """Refuse: a hive file is exchanged as a whole (``write_edited``)."""
        raise RegistryError(Text("the registry of a disk is edited by its hive files"), where=edit.key)

    def forget(self) -> None:
        """Forget what was read, because hive files were exchanged: the next question reads them anew."""
        self._paths = None
        self._close()
        self._refused.clear()
        self._troubles.clear()

    def _close(self, *, but: int = 0) -> None:
        """Close the hives that were not asked for longest; what was wrong with them stays known."""
        while len(self._hives) > but:
            path = next(iter(self._hives))
            hive = self._hives.pop(path)
            self._troubles.update(_troubles_of(path, hive))
            hive.close()

    def inside(self, key: str) -> str:
        """Return the path of a key from the root of its hive, through the control set that is in force."""
        mount, rest = _mount(key)
        head, _, tail = rest.partition("\\")
        if mount != "HKLM\\SYSTEM" or folded(head) != _CURRENT:
            return rest
        current = self.value("HKLM\\SYSTEM\\Select", "Current")
        number = int.from_bytes(current.data[:4], "little") if current else 1
        return f"ControlSet{number:03}" + (f"\\{tail}" if tail else "")

    def _named(self, account: str) -> list[str]:
        if account == "*":
            return list(self.accounts())
        if folded(account) == "*_CLASSES":
            return [
                f"{name}_Classes" for name in self.accounts() if f"HKU\\{folded(name)}_CLASSES" in self._all_paths()
            ]
        return [account]

    def _find(self, key: str) -> tuple[Hive, Key] | None:
        hive = self._hive(_mount(key)[0])
        found = hive.key(self.inside(key)) if hive else None
        return (hive, found) if hive and found else None

    def _hive(self, mount: str) -> Hive | None:
        path = self._all_paths().get(mount)
        if path is None:
            return None
        if refused := self._refused.get(path):
            raise RegistryError(refused.what, where=refused.where, hint=refused.hint)
        hive = self._hives.pop(path, None) or self._opened(path)
        self._close(but=_MOST_OPEN - 1)
        self._hives[path] = hive
        return hive

    def _opened(self, path: bytes) -> Hive:
        logs: list[int] = []
        try:
            for suffix in LOG_SUFFIXES:
                with suppress(FileNotFoundError):
                    logs.append(self._tree.open_read(path + suffix))
            return Hive(self._tree.open_read(path), where=printable(path), logs=logs, known=self._known)
        except OSError as error:
            hint = os.strerror(error.errno or 0)
            self._refuse(path, reason_of(error), RegistryError(Text("the hive cannot be read"), hint=hint))
        except RegistryError as error:
            self._refuse(path, Reason.DAMAGED, error)
        finally:
            for log in logs:
                os.close(log)

    def _refuse(self, path: bytes, reason: Reason, error: RegistryError) -> NoReturn:
        """Remember that a hive cannot be read, so that it is not tried again for every key."""
        self._troubles[ScanIssue(path, reason)] = None
        self._refused[path] = RegistryError(error.what, where=printable(path), hint=error.hint)
        raise RegistryError(error.what, where=printable(path), hint=error.hint) from error

    def _all_paths(self) -> dict[str, bytes]:
        """Return mount -> path of every hive of this disk; a mount is in capitals, as keys are compared."""
        if self._paths is None:
            found = {f"HKLM\\{name}": join(_CONFIG, name.encode()) for name in _MACHINE}
            found["HKU\\.DEFAULT"] = join(_CONFIG, b"DEFAULT")
            self._paths = {mount: real for mount, path in found.items() if (real := self._file(path))}
            accounts = [".DEFAULT"] if "HKU\\.DEFAULT" in self._paths else []
            for home in self._homes():
                if hive := self._first(home, _USER_HIVES):
                    name = self._free_name(home)
                    accounts.append(name)
                    self._named_homes[home] = name
                    mount = f"HKU\\{folded(name)}"
                    self._paths[mount] = hive
                    if classes := self._first(home, _CLASSES_HIVES):
                        self._paths[f"{mount}_CLASSES"] = classes
            self._accounts = tuple(accounts)
        return self._paths

    def _free_name(self, home: bytes) -> str:
        """Return what an account is called: as its folder; one that lies elsewhere and is called the same, with it."""
        name = home.rsplit(b"/", 1)[1].decode("utf-8", "surrogateescape")
        is_free = self._paths is not None and f"HKU\\{folded(name)}" not in self._paths
        return name if is_free else home[1:].decode("utf-8", "surrogateescape").replace("/", ".")

    def _homes(self) -> Iterator[bytes]:
        """Yield the folders of profiles, not the links to them that Windows keeps for old programs; each once."""
        found: dict[bytes, None] = {}
        for path in (*self._in_folders(), *self._in_profile_list()):
            try:
                real = self._tree.resolve(path)
                is_folder = stat.S_ISDIR(self._tree.lstat(real).st_mode)
            except OSError:
                continue
            if is_folder and real not in found:
                if len(found) >= _MOST_ACCOUNTS:
                    self._troubles[ScanIssue(real, Reason.OVERFULL)] = None
                    return
                found[real] = None
                yield real

    def _in_folders(self) -> Iterator[bytes]:
        for place in _PROFILES:
            try:
                real = self._tree.resolve(place)
                entries = sorted(self._tree.scandir(real), key=lambda entry: entry.name)
            except OSError:
                continue
            yield from (join(real, entry.name) for entry in entries if stat.S_ISDIR(entry.stat.st_mode))

    def _in_profile_list(self) -> Iterable[bytes]:
        """Yield where the registry has profiles: they can be moved."""
        try:
            for key in self.matching(_PROFILE_LIST):
                value = self.value(key, "ProfileImagePath")
                path = path_of(expanded(value.text, _ENVIRONMENT), _ENVIRONMENT) if value else None
                if path is not None:
                    yield path
        except RegistryError:
            return  # the hive is among the troubles

    def _first(self, home: bytes, names: Sequence[bytes]) -> bytes | None:
        return next((real for name in names if (real := self._file(join(home, name)))), None)

    def _file(self, path: bytes) -> bytes | None:
        """Return the path as it is written on the disk; ``None`` when nothing is there, or a link leads elsewhere."""
        try:
            real = self._tree.resolve(path)
        except OSError:
            return None
        text, asked = (name.decode("utf-8", "surrogateescape") for name in (real, path))
        return real if folded(text) == folded(asked) and self._tree.exists(real) else None


def _troubles_of(path: bytes, hive: Hive) -> dict[ScanIssue, None]:
    reasons = ((hive.damaged, Reason.DAMAGED), (hive.limited, Reason.OVERFULL), (not hive.is_current, Reason.STALE))
    return {ScanIssue(path, reason): None for holds, reason in reasons if holds}


def _mount(key: str) -> tuple[str, str]:
    r"""Return the two names that lead to a hive, in capitals, and the rest: ``HKLM\SOFTWARE``, ``HKU\AN``."""
    top, _, rest = key.partition("\\")
    hive, _, inside = rest.partition("\\")
    return f"{folded(top)}\\{folded(hive)}", inside
