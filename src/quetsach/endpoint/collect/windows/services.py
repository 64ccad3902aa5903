r"""The reader ``services``: services and drivers, each a key below ``CurrentControlSet\Services``.

Source: Microsoft Learn, "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree"; ServiceDll and the groups of
``Svchost``: "Service host grouping". Kernel drivers, file systems and services are one list; ``type`` tells which.
"""

from collections.abc import Iterator, Mapping

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, RegistryAnchor
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.windows.registry import MOST_READ_BYTES, shown, text_of
from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.registry import Registry, RegistryValue, folded
from quetsach.endpoint.trouble import Trouble

_SVCHOST = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Svchost"
_MOST_GROUPS = 1_000
_KERNEL_TYPES = 0x0B  # kernel driver, file system driver, recognizer


def read_services(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield services and drivers.

    Fields: ``name``, ``display_name``, ``key``, ``command`` (ImagePath), ``dll`` (ServiceDll), ``start``, ``type``,
    ``group`` (of the order of loading), ``svchost`` (the groups of svchost that it is in, by commas), ``account``,
    ``failure_command``. A key without ImagePath, ServiceDll and Start is a place for settings, not a service.
    """
    registry = reading.host.registry
    if registry is None:
        return
    groups = _groups(registry)
    left = MOST_READ_BYTES
    for top in reading.place.keys:
        try:
            for name in registry.subkeys(top):
                key = f"{top}\\{name}"
                values, parameters = registry.values(key), registry.values(f"{key}\\Parameters")
                left -= sum(len(value.data) for value in (*values, *parameters))
                if left < 0:
                    reading.stop_at(registry.hive_path(key) or key.encode("utf-8", "surrogatepass"))
                    return
                artefact = _service(reading, key, _by_name(values), _by_name(parameters), groups)
                if artefact:
                    yield artefact
        except RegistryError:
            continue  # the registry names it among its troubles


def _groups(registry: Registry) -> Mapping[str, str]:
    """Return for each service, in capitals, the groups of svchost that name it."""
    found: dict[str, str] = {}
    try:
        values = registry.values(_SVCHOST)
    except RegistryError:
        return found
    for value in values[:_MOST_GROUPS]:
        for service in value.entries:
            before = found.get(folded(service))
            found[folded(service)] = f"{before},{value.name}" if before else value.name
    return found


type _Values = Mapping[str, RegistryValue]


def _by_name(values: tuple[RegistryValue, ...]) -> _Values:
    return {folded(value.name): value for value in values}


def _service(
    reading: Reading, key: str, values: _Values, parameters: _Values, groups: Mapping[str, str]
) -> Artefact | None:
    command, dll = _text(values, "IMAGEPATH"), _text(parameters, "SERVICEDLL") or _text(values, "SERVICEDLL")
    start = _text(values, "START")
    if not (command or dll or start):
        return None
    name = key.rpartition("\\")[2]
    failure = _text(values, "FAILURECOMMAND")
    kind = _text(values, "TYPE")
    fields = {
        "name": shown(name),
        "display_name": shown(_text(values, "DISPLAYNAME")),
        "key": shown(key),
        "command": shown(command),
        "dll": shown(dll),
        "start": shown(start),
        "type": shown(kind),
        "group": shown(_text(values, "GROUP")),
        "svchost": shown(groups.get(folded(name), "")),
        "account": shown(_text(values, "OBJECTNAME")),
        "failure_command": shown(failure),
    }
    is_driver = kind.isdecimal() and int(kind) & _KERNEL_TYPES
    if is_driver and not command:  # what the kernel then takes
        command = f"System32\\drivers\\{name}.sys"
    hive = (reading.host.registry.hive_path(key) if reading.host.registry else None) or b""
    named = dict.fromkeys(path for text in (command, dll, failure) for path in reading.meant(text, b"/", hive))
    return Artefact(ArtefactKind.SERVICE, RegistryAnchor(key, None), fields, tuple(named))


def _text(values: _Values, name: str) -> str:
    return text_of(values[name]) if name in values else ""
