"""What of the factory is missing on one Windows, and the edits that put it back. Nothing that is there is changed."""

from collections.abc import Iterator
from functools import cached_property

from quetsach.endpoint.collect.factory.keys import VERSIONS, FactoryKey, factory_keys
from quetsach.endpoint.collect.removed import Removed
from quetsach.endpoint.collect.windows.naming import WindowsNames
from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import KeyContent, PutKey, Registry, RegistryEdit, SetValue, folded

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
        """The version of Windows, as ``factory.keys.VERSIONS`` names it; empty when it is not known."""
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
