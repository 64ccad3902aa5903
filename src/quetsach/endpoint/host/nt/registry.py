"""The registry of the running Windows, out of two sources that look like one, and the hives of its accounts."""

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from posixpath import basename
from typing import Protocol

from quetsach.core.text import Text
from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive import MAX_DEPTH, MAX_KEY_BYTES, MAX_SUBKEYS, MAX_VALUE_BYTES, MAX_VALUES
from quetsach.endpoint.host.nt.registry_edit import (
    DACL,
    GROUP,
    OWNER,
    READ,
    SACL,
    SYSTEM_SECURITY,
    RegistryCalls,
    make_edit,
)
from quetsach.endpoint.host.offline_registry import OfflineRegistry
from quetsach.endpoint.host.registry import (
    DeleteKey,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    folded,
    is_made,
    keys_matching,
    value_named,
)
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.host.windows_path import expanded, machine_environment, path_of
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of

# The accounts of a running Windows: whose hive is loaded, and the hive files of those who are not signed in.
#
# An account is called as its profile's folder, as on a disk: a recipe, a report and a session mean the same one either
# way. A loaded hive without a profile keeps its SID.

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

    def _missing(self) -> Iterator[ScanIssue]:
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


# The registry of the running Windows, out of two sources that look like one; satisfies ``Registry``.
#
# What is loaded is asked of the kernel, always in its 64-bit view; accounts that are not signed in are read from their
# hive files by the tool's own reader, so no hive is loaded and nothing of theirs is changed by looking. Accounts are
# called as the folders of their profiles. What the system denies is named among the troubles and read as empty.

_MACHINE, _USERS = r"\Registry\Machine", r"\Registry\User"
_PROFILES = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
_CLASSES = "_CLASSES"
_SYSTEM_ITSELF = "S-1-5-18"
"""The same hive as ``.DEFAULT``, by another name."""

_CURRENT_SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
_SERVICES = re.compile(r"HKLM\\SYSTEM\\(CURRENTCONTROLSET|CONTROLSET\d\d\d)\\SERVICES")

_MOST_TROUBLES = 10_000
_SECURITY = (OWNER | GROUP | DACL | SACL, OWNER | GROUP | DACL)
"""What is asked of a key's security descriptor: with the list of what is watched, which not every account may see."""


class ServiceMemory(Protocol):
    """The service manager, as far as it keeps in memory what the registry says of services."""

    def forget(self, name: str) -> bool:
        """End and forget a service whose key is about to go; whether it is only gone after a restart."""

    def learn(self, name: str, content: KeyContent) -> bool:
        """Come to know a service whose key is about to come back; whether that takes a restart."""


class NtRegistry:
    """The registry of the machine that this process runs on."""

    def __init__(self, tree: Tree, calls: RegistryCalls, services: ServiceMemory | None = None) -> None:
        self._tree = tree
        self._calls = calls
        self._services = services
        self._hives = ProfileHives(tree, self._listed_homes)
        self._loaded: dict[str, str] | None = None
        self._by_folded: dict[str, str] = {}
        self._troubles: dict[ScanIssue, None] = {}
        self._left_out = 0

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts that are signed in, then those that are not; ``.DEFAULT`` is the system's own."""
        loaded = self._signed_in()
        return (*loaded, *(name for name in self._hives.accounts() if folded(name) not in self._by_folded))

    def exists(self, key: str) -> bool:
        """Return whether there is such a key; one that may not be read is there."""
        native = self._native(key)
        if native is None:
            return self._in_hive(key) and self._hives.exists(key)
        try:
            with self._open(native):
                return True
        except PermissionError:
            return True
        except OSError:
            return False

    def subkeys(self, key: str) -> tuple[str, ...]:
        """Return the names of the keys right below a key."""
        native = self._native(key)
        if native is None:
            return self._hives.subkeys(key) if self._in_hive(key) else ()
        return self._listed(key, native, self._subkeys)

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        """Return the values of a key."""
        native = self._native(key)
        if native is None:
            return self._hives.values(key) if self._in_hive(key) else ()
        return self._listed(key, native, self._values)

    def value(self, key: str, name: str) -> RegistryValue | None:
        """Return one value: the one that is written so, or else the first whose name compares equal."""
        return value_named(self.values(key), name)

    def content(self, key: str) -> KeyContent | None:
        """Return a key with everything below it and its security descriptors, complete or not at all.

        Raises:
            RegistryError: something of it may not be read, or it holds more than is read of one.
        """
        native = self._native(key)
        if native is None:
            return self._hives.content(key) if self._in_hive(key) else None
        try:
            with self._open_fully(native) as opened:
                return self._content(opened, key, 0, [MAX_KEY_BYTES])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RegistryError(Text("a key cannot be read whole"), where=key, hint=error.strerror or "") from error

    def matching(self, pattern: str) -> Iterator[str]:
        r"""Yield the keys that a pattern names: ``*`` stands for any one name, ``HKU\*`` for every account."""
        top, _, rest = pattern.partition("\\")
        tops = [top]
        if folded(top) == "HKU":
            account, _, rest = rest.partition("\\")
            tops = [f"HKU\\{name}" for name in self._named(account)]
        elif folded(top) == "HKLM" and rest.partition("\\")[0] != "*":
            hive, _, rest = rest.partition("\\")
            tops = [f"{top}\\{hive}"]
        for start in tops:
            try:
                yield from keys_matching(self, start, rest.split("\\") if rest else [])
            except RegistryError:
                if len(tops) == 1:
                    raise

    def hive_path(self, key: str) -> bytes | None:
        """Return the hive file of an account that is not signed in; ``None`` for what is loaded."""
        return self._hives.hive_path(key) if self._native(key) is None and self._in_hive(key) else None

    def troubles(self) -> tuple[ScanIssue, ...]:
        """Return what could not be read so far."""
        return (*self._troubles, *self._hives.troubles())

    def write_edited(self, edits: Sequence[RegistryEdit], target: Path) -> None:
        """Write an edited copy of the hive file of an account that is not signed in."""
        if any(self._native(edit.key) is not None for edit in edits):
            raise RegistryError(Text("the account is signed in by now: its hive is in use"), where=edits[0].key)
        self._hives.write_edited(edits, target)

    def make(self, edit: RegistryEdit) -> bool:
        """Make one edit of what is loaded, and read it again; returns whether it is only in force after a restart.

        Raises:
            RegistryError: a link leads away from the key, or it is not afterwards what it was to be.
            OSError: the system refuses.
        """
        native = self._native(edit.key)
        if native is None:
            raise RegistryError(Text("no loaded hive has this key"), where=edit.key)
        needs_restart = self._tell_services(edit)
        make_edit(self._calls, native, edit)
        if not is_made(edit, self):
            raise RegistryError(Text("the registry was not what it was to be after the edit"), where=edit.key)
        return needs_restart

    def forget(self) -> None:
        """Forget who is signed in and what was read of hive files."""
        self._loaded = None
        self._troubles.clear()
        self._hives.forget()

    def _tell_services(self, edit: RegistryEdit) -> bool:
        """Tell the service manager of a service that goes or comes back."""
        above, _, name = edit.key.rpartition("\\")
        if self._services is None or not _SERVICES.fullmatch(folded(above)):
            return False
        if folded(above) != folded(_CURRENT_SERVICES) and self.path(above) != self.path(_CURRENT_SERVICES):
            return False
        match edit:
            case DeleteKey():
                return self._services.forget(name)
            case PutKey(_, content):
                return self._services.learn(name, content)
        return False

    def path(self, key: str) -> str:
        """Return where a loaded key really is, in capitals; empty when it cannot be told."""
        try:
            with self._open(self._native(key) or "") as opened:
                return folded(self._calls.path(opened))
        except OSError:
            return ""

    def _native(self, key: str) -> str | None:
        r"""Return the path of the kernel for a key of what is loaded; ``None`` for any other.

        Only whole hives and what is below them are keys: ``HKLM`` itself is none, as on a disk.
        """
        top, _, rest = key.partition("\\")
        hive, _, inside = rest.partition("\\")
        match folded(top):
            case "HKLM" if hive:
                return f"{_MACHINE}\\{rest}"
            case "HKU" if hive:
                sid = self._sid(hive)
                return sid and f"{_USERS}\\{sid}" + (f"\\{inside}" if inside else "")
        return None

    def _sid(self, account: str) -> str | None:
        """Return the name below ``HKU`` of an account, or of its classes, whose hive is loaded."""
        name, ending = account, ""
        if folded(account).endswith(_CLASSES):
            name, ending = account[: -len(_CLASSES)], account[-len(_CLASSES) :]
        self._signed_in()
        sid = self._by_folded.get(folded(name))
        return sid and sid + ending

    def _in_hive(self, key: str) -> bool:
        """Return whether a key is one of an account whose hive is a file only."""
        top, _, rest = key.partition("\\")
        return folded(top) == "HKU" and rest != ""

    def _signed_in(self) -> dict[str, str]:
        if self._loaded is None:
            self._loaded, self._by_folded = {}, {}
            names = self._listed("HKU", _USERS, self._subkeys)
            loaded = [name for name in names if name != _SYSTEM_ITSELF and not folded(name).endswith(_CLASSES)]
            self._loaded = names_of_loaded(self._tree, self._hives, loaded, self._home_of)
            self._by_folded = {folded(sid): sid for sid in self._loaded.values()}
            self._by_folded |= {folded(name): sid for name, sid in self._loaded.items()}
        return self._loaded

    def _home_of(self, sid: str) -> bytes | None:
        """Return the folder of a profile as the registry lists it."""
        value = self.value(f"{_PROFILES}\\{sid}", "ProfileImagePath")
        environment = machine_environment()
        return path_of(expanded(value.text, environment), environment) if value is not None else None

    def _listed_homes(self) -> Iterator[bytes]:
        for sid in self.subkeys(_PROFILES):
            if (home := self._home_of(sid)) is not None:
                yield home

    def _named(self, account: str) -> list[str]:
        if account == "*":
            return list(self.accounts())
        if folded(account) == f"*{_CLASSES}":
            return [name for one in self.accounts() if self.exists(f"HKU\\{(name := f'{one}_Classes')}")]
        return [account]

    @contextmanager
    def _open(self, native: str) -> Iterator[int]:
        opened = self._calls.open_key(0, native, READ)
        try:
            yield opened
        finally:
            self._calls.close_key(opened)

    @contextmanager
    def _open_fully(self, native: str, parent: int = 0, *, follow: bool = True) -> Iterator[int]:
        """Open a key so that all of its security descriptor can be read, where this account may."""
        try:
            opened = self._calls.open_key(parent, native, READ | SYSTEM_SECURITY, follow=follow)
        except PermissionError:
            opened = self._calls.open_key(parent, native, READ, follow=follow)
        try:
            yield opened
        finally:
            self._calls.close_key(opened)

    def _listed[T](self, key: str, native: str, read: Callable[[int, str], Iterator[T]]) -> tuple[T, ...]:
        """Return what is read of a key; what cannot be read is named, what is not there is empty."""
        try:
            with self._open(native) as opened:
                return tuple(read(opened, key))
        except FileNotFoundError:
            return ()
        except OSError as error:
            self._note(key, reason_of(error))
            return ()

    def _note(self, key: str, reason: Reason) -> None:
        self._left_out += 1
        if len(self._troubles) < _MOST_TROUBLES:
            self._troubles[ScanIssue(key.encode("utf-8", "surrogatepass"), reason)] = None

    def _subkeys(self, opened: int, key: str) -> Iterator[str]:
        for index in range(MAX_SUBKEYS):
            name = self._calls.subkey(opened, index)
            if name is None:
                return
            yield name
        self._note(key, Reason.OVERFULL)

    def _values(self, opened: int, key: str) -> Iterator[RegistryValue]:
        left = MAX_KEY_BYTES
        for index in range(MAX_VALUES):
            try:
                value = self._calls.value(opened, index, MAX_VALUE_BYTES)
            except OverflowError:
                self._note(key, Reason.OVERFULL)
                continue
            if value is None:
                return
            left -= len(value.data)
            if left < 0:
                break
            yield value
        self._note(key, Reason.OVERFULL)

    def _content(self, opened: int, key: str, depth: int, left: list[int]) -> KeyContent:
        """Return an open key with all below it; a link is kept as what it is and not followed."""
        before = self._left_out
        values, names = tuple(self._values(opened, key)), tuple(self._subkeys(opened, key))
        facts = self._calls.facts(opened)
        left[0] -= sum(len(value.data) + 100 for value in values) + 500
        if depth > MAX_DEPTH or left[0] < 0 or self._left_out > before:
            raise RegistryError(Text("a key holds more than is read of one"), where=key)
        below: dict[str, KeyContent] = {}
        for name in names:
            try:
                with self._open_fully(name, opened, follow=False) as subkey:
                    below[name] = self._content(subkey, f"{key}\\{name}", depth + 1, left)
            except FileNotFoundError:
                continue  # it went meanwhile
        security, is_volatile = self._security(opened), self._calls.is_volatile(opened)
        return KeyContent(values, below, security, facts.kind, is_volatile, facts.written)

    def _security(self, opened: int) -> bytes:
        for parts in _SECURITY:
            try:
                return self._calls.security(opened, parts)
            except OSError:
                continue
        return b""
