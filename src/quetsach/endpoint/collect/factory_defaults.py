"""What Windows has in its registry from the factory and malware removes: keys as data, and edits that put them back."""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

from quetsach.endpoint import CollectorError, RegistryError
from quetsach.endpoint.collect.named_files import Removed
from quetsach.endpoint.collect.windows.commands import WindowsNames
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import (
    DWORD,
    EXPAND_SZ,
    MULTI_SZ,
    SZ,
    KeyContent,
    PutKey,
    Registry,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
)

# Keys that Windows has from the factory, as files of data say them: ``factory/windows/<what>.toml``.
#
# A file has ``sources`` and a list ``keys``; each of its tables says: ``below``, the keys in which they stand;
# ``windows``, the versions that have them (``VERSIONS``); which keys, by one of ``names`` (a list), ``files`` (name ->
# the file without which the key would lead nowhere) and ``texts`` (name -> the default value of the key); and
# ``values``.
#
# A value is text, a number (DWORD), a list of texts (multi-string), or a table, which is a key below. What Windows
# keeps as text with variables is found by its name or its ``%``; text that starts with ``@`` names a resource and is
# plain.

VERSIONS: Mapping[str, range] = {
    "XP": range(2600, 2601),
    "7": range(7600, 7602),
    "8": range(9200, 9201),
    "8.1": range(9600, 9601),
    "10": range(10240, 16299),
    "10-1709": range(16299, 100_000),
}
"""Versions of Windows by the number of their build; the last one is 10 since its version 1709, and 11."""

_EXPANDED = frozenset({"ImagePath", "ServiceDll"})
_MAX_NUMBER = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class FactoryKey:
    """One key: in which versions of Windows it is, which file it needs (empty: none), what it holds."""

    key: str
    windows: frozenset[str]
    file: str
    content: KeyContent


@functools.cache
def factory_keys() -> tuple[FactoryKey, ...]:
    """Return all keys, in the order of the files.

    Raises:
        CollectorError: a file is not as it should be.
    """
    folder = resources.files("quetsach.endpoint.collect") / "factory" / "windows"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return tuple(key for entry in found for key in parse_factory(entry.read_bytes(), entry.name.removesuffix(".toml")))


def parse_factory(raw: bytes, where: str) -> tuple[FactoryKey, ...]:
    """Return the keys that a file describes.

    Raises:
        CollectorError: it is no TOML, or says something else than it may.
    """
    try:
        table = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CollectorError(f"not valid TOML: {error}", where=where) from None
    if table.keys() != {"sources", "keys"} or not table["sources"] or not isinstance(table["keys"], list):
        raise CollectorError("a file of the factory has sources and keys, and nothing else", where=where)
    return tuple(key for entry in table["keys"] for key in _keys(entry, where))


def _keys(entry: Any, where: str) -> Iterator[FactoryKey]:
    ways = {"names", "files", "texts"}
    if not isinstance(entry, dict) or not entry.keys() <= {"below", "windows", "values", *ways}:
        raise CollectorError("a table of keys has a field that is not known", where=where)
    given = [way for way in ways if way in entry]
    windows, values = frozenset(_texts(entry.get("windows"), where)), entry.get("values", {})
    if len(given) != 1 or not windows <= VERSIONS.keys() or not isinstance(values, dict):
        hint = "below, windows (" + ", ".join(VERSIONS) + "), and one of names, files and texts"
        raise CollectorError("a table of keys is not complete", where=where, hint=hint)
    names = entry[given[0]]
    if given[0] != "names" and not isinstance(names, dict):
        raise CollectorError(f"field {given[0]!r} is no table of texts", where=where)
    for below in _texts(entry.get("below"), where):
        for name in _texts(list(names) if isinstance(names, dict) else names, where):
            of_name = "" if given[0] == "names" else _texts([names[name]], where)[0]
            more = {"": of_name} if given[0] == "texts" else {}
            content = _content({**values, **more}, where)
            yield FactoryKey(f"{below}\\{name}", windows, of_name if given[0] == "files" else "", content)


def _texts(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise CollectorError("a table of keys has a field that is no list of texts", where=where)
    return value


def _content(values: Mapping[str, Any], where: str) -> KeyContent:
    below = {name: _content(value, where) for name, value in values.items() if isinstance(value, dict)}
    return KeyContent(tuple(_value(n, v, where) for n, v in values.items() if not isinstance(v, dict)), below)


def _value(name: str, value: object, where: str) -> RegistryValue:
    match value:
        case str():
            is_plain = value.startswith("@") or (name not in _EXPANDED and "%" not in value)
            return RegistryValue(name, SZ if is_plain else EXPAND_SZ, f"{value}\0".encode("utf-16-le"))
        case int() if not isinstance(value, bool) and 0 <= value <= _MAX_NUMBER:
            return RegistryValue(name, DWORD, value.to_bytes(4, "little"))
        case [*entries] if entries and all(isinstance(one, str) and one for one in entries):
            data = "".join(f"{one}\0" for one in (*entries, "")).encode("utf-16-le")
            return RegistryValue(name, MULTI_SZ, data)
    raise CollectorError(f"value {name!r} is no text, number or list of texts", where=where)


# What of the factory is missing on one Windows, and the edits that put it back. Nothing that is there is changed.

_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_BUILDS = ("CurrentBuildNumber", "CurrentBuild")  # XP keeps something else in the second


class Factory:
    """The keys that the Windows of one drive has from the factory; none when its version is not known.

    Every method may raise ``RegistryError``.
    """

    def __init__(self, host: Host, registry: Registry) -> None:
        self._host = host
        self._registry = registry

    @cached_property
    def version(self) -> str:
        """The version of Windows, as ``VERSIONS`` names it; empty when it is not known."""
        try:
            values = [self._registry.value(_VERSION, name) for name in _BUILDS]
        except RegistryError:
            return ""  # the registry names it among its troubles
        texts = (value.text[:9] for value in values if value is not None)
        build = next((int(text) for text in texts if text.isascii() and text.isdecimal()), 0)
        return next((version for version, builds in VERSIONS.items() if build in builds), "")

    def known(self, key: str) -> FactoryKey | None:
        """Return what a key is from the factory; ``None`` when it has no such key, or not the file that it names."""
        known = self._keys.get(folded(key))
        return known if known is not None and self._is_usable(known) else None

    def right_below(self, key: str) -> tuple[FactoryKey, ...]:
        """Return the keys right below one, without regard to whether they are there."""
        start = folded(key) + "\\"
        found = (
            known for name, known in self._keys.items() if name.startswith(start) and "\\" not in name[len(start) :]
        )
        return tuple(filter(self._is_usable, found))

    def edits(self, key: str) -> Iterator[RegistryEdit]:
        """Yield what puts a key back with all below it, or gives one that is there the values that it lacks."""
        top = self.known(key)
        if top is None:
            return
        if self._registry.exists(key):
            yield from self._lacking(key, top.content)
            for below in self.right_below(key):
                yield from self.edits(below.key)
            return
        above = key.rpartition("\\")[0]
        while (known := self.known(above)) is not None and not self._registry.exists(above):
            yield from (SetValue(above, value) for value in known.content.values)
            above = above.rpartition("\\")[0]
        yield PutKey(key, self._whole(top))

    def _lacking(self, key: str, content: KeyContent) -> Iterator[RegistryEdit]:
        for value in content.values:
            if self._registry.value(key, value.name) is None:
                yield SetValue(key, value)
        for name, below in content.subkeys.items():
            if self._registry.exists(f"{key}\\{name}"):
                yield from self._lacking(f"{key}\\{name}", below)
            else:
                yield PutKey(f"{key}\\{name}", below)

    def _whole(self, top: FactoryKey) -> KeyContent:
        """Return a key with all that is known below it."""
        below = {known.key.rpartition("\\")[2]: self._whole(known) for known in self.right_below(top.key)}
        return KeyContent(top.content.values, {**top.content.subkeys, **below})

    @cached_property
    def _keys(self) -> dict[str, FactoryKey]:
        return {folded(known.key): known for known in factory_keys() if self.version in known.windows}

    @cached_property
    def _names(self) -> WindowsNames:
        return WindowsNames(self._host, Removed(self._host))

    def _is_usable(self, known: FactoryKey) -> bool:
        """Return whether the file is there that a key needs."""
        return not known.file or any(map(self._host.tree.exists, self._names.files(known.file, b"/")))


def first_missing(factory: Factory, registry: Registry, keys: tuple[str, ...]) -> Iterator[str]:
    r"""Yield the keys of the factory that are missing right below those that patterns, ``…\Minimal\*``, are about."""
    for pattern in keys:
        above, _, star = pattern.rpartition("\\")
        try:
            if star == "*" and registry.exists(above):
                yield from (known.key for known in factory.right_below(above) if not registry.exists(known.key))
        except RegistryError:
            continue  # the registry names it among its troubles
