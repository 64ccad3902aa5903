r"""The reader ``services``: services and drivers, each a key below ``CurrentControlSet\Services``.

Source: Microsoft Learn, "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree"; ServiceDll and the groups of
``Svchost``: "Service host grouping". Kernel drivers, file systems and services are one list; ``type`` tells which.
"""

from collections.abc import Iterator, Mapping

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint import RegistryError
from quetsach.endpoint.artefact import Artefact, RegistryAnchor
from quetsach.endpoint.collect.factory_defaults import Factory, FactoryKey, first_missing
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.windows.registry import MOST_READ_BYTES, left_out, shown, text_of, values_of
from quetsach.endpoint.host.registry import Registry, RegistryValue, folded
from quetsach.endpoint.scan_issue import ScanIssue

_SVCHOST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Svchost"
_MOST_GROUPS = 1_000
_NEEDED = ("ImagePath", "ServiceDll", "Type")
_OF_KERNEL = frozenset({"1", "2", "8"})  # kernel driver, file system driver, recognizer


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
