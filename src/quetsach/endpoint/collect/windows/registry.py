r"""The readers ``values``, ``keys`` and ``services``: what the Windows registry starts, leads elsewhere or weakened.

A pattern is looked at as it is written, and where 32-bit programs have their copy of it (Microsoft Learn, "Registry
Keys Affected by WOW64"). ``[*]`` is a key whose name is ``*``, as below ``Classes``.

Services and drivers are keys below ``CurrentControlSet\Services`` (Microsoft Learn,
"HKLM\SYSTEM\CurrentControlSet\Services Registry Tree"; ServiceDll and the groups of ``Svchost``: "Service host
grouping"). Kernel drivers, file systems and services are one list; ``type`` tells which.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint import RegistryError
from quetsach.endpoint.artefact import Artefact, RegistryAnchor, printable
from quetsach.endpoint.collect.accounts import User
from quetsach.endpoint.collect.factory_defaults import Factory, FactoryKey, first_missing
from quetsach.endpoint.collect.places import Place
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.host.registry import (
    BINARY,
    DWORD,
    EXPAND_SZ,
    MULTI_SZ,
    QWORD,
    SZ,
    Registry,
    RegistryValue,
    folded,
)
from quetsach.endpoint.scan_issue import ScanIssue

MOST_DATA_BYTES = 16 << 20
"""So much data of values one collector keeps."""

MOST_READ_BYTES = 128 << 20
"""So much one collector reads to find them: many keys of a hostile hive can share their data."""

LARGEST_VALUE_BYTES = 1 << 20
MOST_ENTRIES = 1_000
"""Of one value."""

_MOST_CHARACTERS = 32_768
_NUMBERS = frozenset({DWORD, QWORD})
_DIVIDERS = {",": re.compile(","), ";": re.compile(";"), "space": re.compile("[ ,]"), "multi": re.compile("\n")}
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_CLASSES = ("HKLM\\SOFTWARE\\Classes", "HKLM\\SOFTWARE\\Classes\\Wow6432Node", "HKLM\\SOFTWARE\\Wow6432Node\\Classes")
_SERVERS = ("InprocServer32", "LocalServer32")
_WORD = re.compile(r"[\w-]+")
_VARIABLE = re.compile(r"%[A-Za-z()]+%")
_SYSTEM32 = re.compile(r"(?<=\\)system32(?=\\)", re.IGNORECASE)
_NARROW_TEXT = re.compile(rb"[ -~]{6,}(?=\0|$)")
_SOFTWARE = re.compile(r"(HKLM\\SOFTWARE|HKU\\[^\\]+\\SOFTWARE)\\(?!Wow6432Node\\)", re.IGNORECASE)
_CLASS_ROOT = re.compile(r"(HKLM\\SOFTWARE\\Classes|HKU\\[^\\]+_Classes)\\", re.IGNORECASE)
_SVCHOST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Svchost"
_MOST_GROUPS = 1_000
_NEEDED = ("ImagePath", "ServiceDll", "Type")
_OF_KERNEL = frozenset({"1", "2", "8"})  # kernel driver, file system driver, recognizer


def read_values(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield values, or each entry of those that hold a list.

    Fields: ``place``, ``key``, ``name``, ``type``, ``data``, ``entry``, ``list`` (how the value is divided),
    ``command`` (the program in it, where the place has a pattern), ``server`` (the file of the class that it names),
    ``default`` (only where one is known), ``missing`` (``yes`` for a value that is not there and should be, ``key``
    when its whole key is gone: then it has no default, as one value does not make a key), ``user``.
    """
    if reading.host.registry is not None:
        yield from _Values(reading, reading.host.registry).read()


def read_keys(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield keys: ``place``, ``key``, ``data`` (default), ``values`` (names), ``server``, ``missing``, ``user``."""
    if reading.host.registry is None:
        return
    look = _Look(reading, reading.host.registry)
    for key in look.present():
        values = values_of(reading, look.registry, key)
        look.unread_bytes -= sum(len(value.data) for value in values)
        if look.unread_bytes < 0:
            left_out(reading, look.registry, key)
            return
        text = next((text_of(value) for value in values if not value.name), "")
        names = "\n".join(value.name for value in values[:MOST_ENTRIES])[:_MOST_CHARACTERS]
        server = server_of(look.registry, key, key.rpartition("\\")[2], text)
        yield look.key_artefact(key, text, server, names)
    if not reading.place.report_missing:
        return
    for key in (
        *look.absent(),
        *first_missing(Factory(reading.host, look.registry), look.registry, reading.place.keys),
    ):
        yield look.key_artefact(key, "", "", "", missing="yes")


def values_of(reading: Reading, registry: Registry, key: str) -> tuple[RegistryValue, ...]:
    """Return the values of a key; none, and that is said, when it holds more than can be read of one."""
    try:
        registry.exists("\\".join(key.split("\\")[:2]))
    except RegistryError:
        return ()  # the whole hive cannot be read: the registry names it among its troubles
    try:
        return registry.values(key)
    except RegistryError:
        left_out(reading, registry, key)
        return ()


def left_out(reading: Reading, registry: Registry, key: str) -> None:
    """Say that something of the hive that holds a key was not looked at."""
    reading.stop_at(registry.hive_path(key) or key.encode("utf-8", "surrogatepass"))


def text_of(value: RegistryValue) -> str:
    """Return a value as text; binary data that starts with a text of one byte a letter as that text."""
    if value.type == BINARY and (found := _NARROW_TEXT.match(value.data)):
        return found.group().decode("ascii")
    return value.text[:_MOST_CHARACTERS]


def entries_of(text: str, divider: str) -> tuple[str, ...]:
    """Return the entries of a list that is one text: ``divider`` is ``list`` of the place; empty ones are left out."""
    parts = (part.strip() for part in _DIVIDERS[divider].split(text))
    return tuple(part for part in parts if part)


def default_of(defaults: Mapping[str, str], key: str, name: str) -> str | None:
    r"""Return what a value is from the factory: the entry whose name is the longest end of ``key\name``."""
    path = folded(f"{key}\\{name}")
    fitting = [given for given in defaults if path == folded(given) or path.endswith("\\" + folded(given))]
    return defaults[max(fitting, key=len)] if fitting else None


def server_of(registry: Registry, key: str, *texts: str) -> str:
    """Return the file of the class of COM that one of the texts is the number of; empty when none is.

    ``key`` is where the number stands: a class of that account comes before one of the machine.
    """
    account = ["\\".join(key.split("\\")[:2]).removesuffix("_Classes") + "_Classes"] if key.startswith("HKU\\") else []
    for number in filter(_GUID.fullmatch, texts):
        for classes in (*account, *_CLASSES):
            for kind in _SERVERS:
                try:
                    found = registry.value(f"{classes}\\CLSID\\{number}\\{kind}", "")
                except RegistryError:
                    continue  # the registry names it among its troubles
                if found is not None and found.text:
                    return found.text[:_MOST_CHARACTERS]
    return ""


@dataclass(slots=True)
class _Look:
    """One place while it is read."""

    reading: Reading
    registry: Registry
    left_bytes: int = MOST_DATA_BYTES
    unread_bytes: int = MOST_READ_BYTES

    @property
    def place(self) -> Place:
        return self.reading.place

    def present(self) -> Iterator[str]:
        """Yield the keys that are there, each once."""
        seen: set[str] = set()
        for pattern in (copy for written in self.place.keys for copy in _with_copies(written)):
            try:
                for key in _matching(self.registry, pattern):
                    if (upper := folded(key)) not in seen:
                        seen.add(upper)
                        yield key
            except RegistryError:
                continue  # the registry names it among its troubles

    def absent(self) -> Iterator[str]:
        """Yield the keys of the place that are not there, of hives that can be read."""
        for key in self.place.keys:
            hive = "\\".join(key.split("\\")[:2])
            try:
                if "*" not in key and self.registry.exists(hive) and not self.registry.exists(key):
                    yield key
            except RegistryError:
                continue

    def user(self, key: str) -> User:
        """Return the account whose hive holds a key; nobody for the system's."""
        top, _, rest = key.partition("\\")
        if folded(top) != "HKU":
            return User(b"", b"/")
        name = rest.partition("\\")[0].removesuffix("_Classes")
        raw = name.encode("utf-8", "surrogateescape")
        return next((user for user in self.reading.accounts if user.name == raw), User(raw, b"/"))

    def named(self, key: str, *texts: str) -> tuple[bytes, ...]:
        """Return the files that texts name; a bare word may be a library without its ending.

        A 32-bit program says System32 and gets SysWOW64 (Microsoft Learn, "File System Redirector").
        """
        user, found = self.user(key), dict[bytes, None]()
        is_copy = "WOW6432NODE" in folded(key)
        redirected = [other for text in texts if is_copy and (other := _SYSTEM32.sub("SysWOW64", text)) != text]
        for text in (*redirected, *texts):
            for command in (text, f"{text}.dll") if _WORD.fullmatch(text) else (text,):
                found |= dict.fromkeys(self.reading.meant(command, user.home, self.registry.hive_path(key) or b""))
        return tuple(found)

    def key_artefact(self, key: str, text: str, server: str, names: str, missing: str = "no") -> Artefact:
        fields = {
            "place": self.place.name,
            "key": shown(key),
            "data": shown(text),
            "values": shown(names),
            "server": shown(server),
            "missing": missing,
            "user": printable(self.user(key).name),
        }
        return Artefact(self.place.kind, RegistryAnchor(key, None), fields, self.named(key, server))


class _Values(_Look):
    """The values of one place while they are read."""

    def read(self) -> Iterator[Artefact]:
        for key in self.present():
            values = values_of(self.reading, self.registry, key)
            self.unread_bytes -= sum(len(value.data) for value in values)
            if self.unread_bytes < 0:
                left_out(self.reading, self.registry, key)
                return
            for value in values:
                if not self.place.names or folded(value.name) in map(folded, self.place.names):
                    yield from self._value_artefacts(key, value)
            if self.place.report_missing:
                yield from self._missing(key, {folded(value.name) for value in values}, "yes")
        for key in self.absent() if self.place.report_missing else ():
            yield from self._missing(key, set(), "key")

    def _value_artefacts(self, key: str, value: RegistryValue) -> Iterator[Artefact]:
        self.left_bytes -= len(value.data)
        if len(value.data) > LARGEST_VALUE_BYTES or self.left_bytes < 0:
            left_out(self.reading, self.registry, key)
            return
        text = text_of(value)
        divided = value.entries if value.type == MULTI_SZ else entries_of(text, self.place.list or "multi")
        entries = divided if self.place.list else ()
        if len(entries) > MOST_ENTRIES:
            left_out(self.reading, self.registry, key)
        if not entries:
            yield self._artefact(RegistryAnchor(key, value.name, value.type, value.data), text)
        for entry in entries[:MOST_ENTRIES]:
            yield self._artefact(RegistryAnchor(key, value.name, value.type, value.data, entry), text)

    def _missing(self, key: str, present: set[str], missing: str) -> Iterator[Artefact]:
        for name in self.place.names:
            default = default_of(self.place.defaults, key, name)
            if default is not None and folded(name) not in present:
                yield self._artefact(RegistryAnchor(key, name, self._type_of(default)), "", missing)

    def _type_of(self, default: str) -> int:
        if self.place.list == "multi":
            return MULTI_SZ
        return DWORD if default.isdecimal() else EXPAND_SZ if _VARIABLE.search(default) else SZ

    def _artefact(self, anchor: RegistryAnchor, text: str, missing: str = "no") -> Artefact:
        key, name, subject = anchor.key, anchor.name or "", anchor.entry or text
        found = self.place.command.search(subject.encode("utf-8", "surrogatepass")) if self.place.command else None
        command = found.group(1).decode("utf-8", "replace") if found else ""
        server = server_of(self.registry, key, subject, name, key.rpartition("\\")[2])
        default = None if missing == "key" else default_of(self.place.defaults, key, name)
        fields = {
            "place": self.place.name,
            "key": shown(key),
            "name": shown(name),
            "type": str(anchor.type),
            "data": shown(text),
            "entry": shown(anchor.entry or ""),
            "list": self.place.list,
            "command": shown(command),
            "server": shown(server),
            **({} if default is None else {"default": default}),
            "missing": missing,
            "user": printable(self.user(key).name),
        }
        texts = (server,) if anchor.type in _NUMBERS else (command or subject, server)
        return Artefact(self.place.kind, anchor, fields, self.named(key, *texts))


def shown(text: str) -> str:
    """Return text of the registry as it is shown; a list keeps its lines."""
    return "\n".join(printable(line.encode("utf-8", "surrogatepass")) for line in text.split("\n"))


def _matching(registry: Registry, pattern: str) -> Iterator[str]:
    above, star, below = pattern.partition("\\[*]")
    if not star:
        yield from registry.matching(pattern)
        return
    parent = below.removesuffix("\\*")
    for top in registry.matching(above):
        for name in registry.subkeys(f"{top}\\*{parent}"):
            yield f"{top}\\*{parent}\\{name}"


def _with_copies(pattern: str) -> Iterator[str]:
    """Yield a pattern and its copies for 32-bit programs; a repeated key is passed over later."""
    yield pattern
    for place in (_CLASS_ROOT, _SOFTWARE):
        if found := place.match(pattern):
            yield f"{found.group(1)}\\Wow6432Node\\{pattern[found.end() :]}"


def read_services(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield services and drivers.

    Fields: ``name``, ``display_name``, ``key``, ``command`` (ImagePath), ``dll`` (ServiceDll), ``start``, ``type``,
    ``group`` (of the order of loading), ``svchost`` (the groups of svchost that it is in, by commas), ``account``,
    ``failure_command``, ``missing``: ``yes`` for a service that Windows has from the factory and that is gone, ``part``
    for one that lacks what it is run by. Any other key without ImagePath, ServiceDll and Start is a place for settings.
    On a running Windows also ``pid``, and ``hidden``: ``yes`` for one that the service manager knows and whose key is
    not to be seen.
    """
    registry = reading.host.registry
    if registry is None:
        return
    groups = _groups(values_of(reading, registry, _SVCHOST))
    factory = Factory(reading.host, registry)
    left = MOST_READ_BYTES
    manager = reading.host.services
    listed = dict(manager.listed()) if manager is not None else {}
    for top in reading.place.keys:
        unseen = dict(listed)
        try:
            for name in registry.subkeys(top):
                pid = unseen.pop(folded(name), 0)
                key = f"{top}\\{name}"
                values, parameters = (values_of(reading, registry, place) for place in (key, f"{key}\\Parameters"))
                left -= sum(len(value.data) for value in (*values, *parameters))
                if left < 0:
                    left_out(reading, registry, key)
                    return
                settings = _settings(values, parameters)
                missing = "part" if _lacks(factory.known(key), settings) else "no"
                artefact = _service(reading, registry, key, settings, groups, missing=missing, pid=pid)
                if artefact:
                    yield artefact
            for name, pid in unseen.items():
                yield from filter(
                    None, [_service(reading, registry, f"{top}\\{name}", {}, groups, hidden="yes", pid=pid)]
                )
            for key in first_missing(factory, registry, (f"{top}\\*",)):
                yield from filter(None, [_service(reading, registry, key, {}, groups, missing="yes")])
        except RegistryError:
            continue  # the registry names it among its troubles


def _groups(values: tuple[RegistryValue, ...]) -> Mapping[str, str]:
    """Return for each service, in capitals, the groups of svchost that name it."""
    found: dict[str, str] = {}
    for value in values[:_MOST_GROUPS]:
        for service in dict.fromkeys(map(folded, value.entries)):
            found[service] = f"{found[service]},{value.name}" if service in found else value.name
    return found


def _settings(values: tuple[RegistryValue, ...], parameters: tuple[RegistryValue, ...]) -> Mapping[str, str]:
    """Return the settings of a service as text, by name in capitals; its library may stand in either key."""
    library = {folded(value.name): text_of(value) for value in parameters if folded(value.name) == "SERVICEDLL"}
    return {folded(value.name): text_of(value) for value in values} | library


def _lacks(known: FactoryKey | None, settings: Mapping[str, str]) -> bool:
    """Return whether a service lacks any of the settings by which Windows runs it, and had it from the factory."""
    if known is None:
        return False
    names = {value.name for content in (known.content, *known.content.subkeys.values()) for value in content.values}
    return any(name in names and not settings.get(folded(name)) for name in _NEEDED)


def _service(
    reading: Reading,
    registry: Registry,
    key: str,
    settings: Mapping[str, str],
    groups: Mapping[str, str],
    *,
    missing: str = "no",
    hidden: str = "no",
    pid: int = 0,
) -> Artefact | None:
    name = key.rpartition("\\")[2]
    command, library, start, kind, failure = (
        settings.get(setting, "") for setting in ("IMAGEPATH", "SERVICEDLL", "START", "TYPE", "FAILURECOMMAND")
    )
    if not (command or library or start or missing != "no" or hidden != "no"):
        return None
    fields = {
        "name": shown(name),
        "display_name": shown(settings.get("DISPLAYNAME", "")),
        "key": shown(key),
        "command": shown(command),
        "dll": shown(library),
        "start": shown(start),
        "type": shown(kind),
        "group": shown(settings.get("GROUP", "")),
        "svchost": shown(groups.get(folded(name), "")),
        "account": shown(settings.get("OBJECTNAME", "")),
        "failure_command": shown(failure),
        "missing": missing,
        "hidden": hidden,
        "pid": str(pid or ""),
    }
    if missing == hidden == "no" and kind in _OF_KERNEL and not command:  # what the kernel then takes
        command = f"System32\\drivers\\{name}.sys"
    hive = registry.hive_path(key) or b""
    named = dict.fromkeys(path for text in (command, library, failure) for path in reading.meant(text, b"/", hive))
    return Artefact(ArtefactKind.SERVICE, RegistryAnchor(key, None), fields, tuple(named))
