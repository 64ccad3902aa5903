"""What a running Windows starts by itself: services, scheduled tasks, event subscriptions."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from quetsach.endpoint.host.port import StoredObject, Subscription, alike
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.registry import EXPAND_SZ, SZ, KeyContent, folded

# The calls of Windows by which its service manager is asked and told.
#
# Sources: Microsoft Learn, "QueryServiceStatusEx", "EnumServicesStatusExW", "DeleteService", "CreateServiceW".

STOPPED = 1
OWN_PROCESS, SHARED_PROCESS = 0x10, 0x20
KERNEL_TYPES = 0xF
"""Drivers of the kernel and of file systems, adapters, recognizers."""

DISABLED = 4


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What the service manager says of a service; ``pid`` is 0 while it does not run."""

    name: str
    type: int
    state: int
    pid: int


class ServiceCalls(Protocol):
    """The service manager. Every call may raise ``OSError``."""

    def listed(self) -> Iterator[ServiceStatus]:
        """Yield all services and drivers that the manager knows."""

    def status(self, name: str) -> ServiceStatus | None:
        """Return what the manager says of one; ``None`` when it does not know it."""

    def disable(self, name: str) -> None:
        """Let nothing start it any more."""

    def stop(self, name: str) -> None:
        """Ask it to stop."""

    def delete(self, name: str) -> None:
        """Have the manager forget it, and remove its key; while it runs or is held open it is only marked."""

    def create(self, name: str, type_: int, start: int, image: str) -> None:
        """Have the manager know a service; makes its key with the least that one holds."""

    def wait(self, seconds: float) -> None:
        """Let some time pass."""


# The service manager of the running Windows, which keeps in memory what the registry says of services.
#
# So a service that goes from the registry has to be forgotten by it, too, and one that comes back made known: what it
# writes into the key meanwhile is then replaced by what was there. It is not believed: its state is asked again.

_TRIES = 20
_PAUSE_SECONDS = 0.25
_MARKED_FOR_DELETE, _EXISTS = 1072, 1073
_LONGEST_NAME = 256


class NtServices:
    """The running service manager; satisfies ``Services`` and ``ServiceMemory``."""

    def __init__(self, calls: ServiceCalls, processes: Processes | None) -> None:
        self._calls = calls
        self._processes = processes

    def is_active(self, unit: bytes) -> bool:
        """Return whether a service is running, starting or stopping now."""
        status = self._status(unit.decode("utf-8", "surrogateescape"))
        return status is not None and status.state != STOPPED

    def stop(self, unit: bytes) -> bool:
        """End a service without letting it go on meanwhile. Returns whether it is stopped now."""
        return self._end(unit.decode("utf-8", "surrogateescape"))

    def reload(self) -> None:
        """Do nothing: it has no files."""

    def listed(self) -> Mapping[str, int]:
        """Return what the manager knows, by name in capitals: the process of each service, or 0."""
        found: dict[str, int] = {}
        with suppress(OSError):
            for status in self._calls.listed():
                found[folded(status.name)] = status.pid
        return found

    def forget(self, name: str) -> bool:
        """End a service whose key is about to go, and have the manager forget it.

        A driver is not ended: that could take the system with it. Returns whether it is only gone after a restart.
        """
        status = self._status(name)
        if status is None:
            return False
        if status.type & KERNEL_TYPES:
            return status.state != STOPPED
        with suppress(OSError):
            self._calls.disable(name)  # so that the manager does not start it again when it ends
        self._end(name)
        with suppress(OSError):
            self._calls.delete(name)
        return not self._waited(lambda: self._status(name) is None)

    def learn(self, name: str, content: KeyContent) -> bool:
        """Make a service known whose key is about to come back. Returns whether that takes a restart.

        Raises:
            OSError: the manager still holds the one that was removed, and would remove the key once more.
        """
        values = {folded(value.name): value for value in content.values}
        numbers = {place: values[place].data[:4] for place in ("TYPE", "START") if place in values}
        type_, start = (int.from_bytes(numbers.get(place, b""), "little") for place in ("TYPE", "START"))
        image = values.get("IMAGEPATH")
        if (
            not _is_name(name)
            or not type_
            or type_ & KERNEL_TYPES
            or image is None
            or image.type not in (SZ, EXPAND_SZ)
        ):
            return True
        try:
            self._calls.create(name, type_, start, image.text)
        except OSError as error:
            code = getattr(error, "winerror", 0)
            if code == _MARKED_FOR_DELETE:
                raise
            return code != _EXISTS
        return False

    def _end(self, name: str) -> bool:
        """End what runs of a service: its process when that is its own, by number and time of start."""
        status = self._status(name)
        if status is None or status.state == STOPPED:
            return True
        if not (status.type & OWN_PROCESS and self._kill(name, status)):
            with suppress(OSError):
                self._calls.stop(name)
        return self._waited(lambda: (now := self._status(name)) is None or now.state == STOPPED)

    def _kill(self, name: str, status: ServiceStatus) -> bool:
        process = self._processes.read(status.pid) if self._processes is not None and status.pid else None
        if process is None or self._processes is None:
            return False
        again = self._status(name)  # the number still is this service's: so the process that was read is its
        return again is not None and again.pid == status.pid and self._processes.kill(process.anchor)

    def _status(self, name: str) -> ServiceStatus | None:
        try:
            return self._calls.status(name) if _is_name(name) else None
        except OSError:
            return None

    def _waited(self, is_so: Callable[[], bool]) -> bool:
        """Return whether something became so within some seconds."""
        for _ in range(_TRIES):
            if is_so():
                return True
            self._calls.wait(_PAUSE_SECONDS)
        return is_so()


def _is_name(name: str) -> bool:
    """Return whether the manager can be asked for a name: what hides behind a NUL it never knows."""
    return 0 < len(name) <= _LONGEST_NAME and not set(name) & {"\0", "/", "\\"}


# The calls of Windows by which its task scheduler is told: those of its classes of COM.
#
# Source: Microsoft Learn, "Task Scheduler Scripting Objects", "ITaskFolder".


class TaskCalls(Protocol):
    r"""The task scheduler. ``folder`` is ``\`` or ``\Microsoft\Windows``. Every call may raise ``OSError``."""

    def knows(self, folder: str, name: str) -> bool:
        """Return whether the scheduler knows a task."""

    def delete(self, folder: str, name: str) -> None:
        """Have it delete a task."""


# The task scheduler of the running Windows; satisfies ``Tasks``.
#
# What it says is not believed: files and registry are read again by whoever asked. A task is not registered with it
# anew: it would get another number, another hash and other text than it had. What was put back it reads when Windows
# starts.


class NtTasks:
    """The scheduler, over its calls."""

    def __init__(self, calls: TaskCalls) -> None:
        self._calls = calls

    def forget(self, name: str) -> bool:
        """Have the scheduler forget a task; returns whether it may run until the next restart."""
        above, _, own = name.rpartition("\\")
        if not own or "\0" in name or "/" in name:
            return True  # no name that can be asked for
        folder = above or "\\"
        with suppress(OSError):
            self._calls.delete(folder, own)
        try:
            return self._calls.knows(folder, own)
        except OSError:
            return True


# The calls of Windows by which objects of its management service are read, removed and put back.
#
# Source: Microsoft Learn, "IWbemServices", "IWbemClassObject::GetObjectText", "IMofCompiler::CompileBuffer".


class WmiCalls(Protocol):
    """The management service. Every call may raise ``OSError``."""

    def objects(self, namespace: str, kind: str) -> Iterator[StoredObject]:
        """Yield the objects of a class; none when there is no such class."""

    def delete(self, namespace: str, path: str) -> None:
        """Remove an object; ``FileNotFoundError`` when there is none."""

    def compile(self, namespace: str, text: str) -> None:
        """Make the object that a text (MOF) describes."""


# The event subscriptions of the running Windows; satisfies ``Subscriptions``.
#
# The repository is asked anew for every answer. Which file keeps a subscription, and which were deleted, the collector
# reads by itself (``collect.windows.binary``); here is only what Windows would run.

_NAMESPACES = ("root\\subscription", "root\\default")
_FILTER, _BINDING = "__EventFilter", "__FilterToConsumerBinding"
_KIND = re.compile(r"\w+EventConsumer|__EventFilter")
_REFERENCE = re.compile(r'(\w+)\.Name="((?:[^"\\]|\\.)*)"')
_MOST = 10_000


class NtSubscriptions:
    """The subscriptions, over the calls of the management service."""

    def __init__(self, calls: WmiCalls) -> None:
        self._calls = calls

    def read(self, subscription: Subscription) -> tuple[StoredObject, ...]:
        """Return filter, consumer and bindings of a subscription, as far as they are there."""
        if not _KIND.fullmatch(subscription.kind):
            return ()
        return tuple(one for namespace in _NAMESPACES for one in self._read(namespace, subscription))

    def remove(self, stored: StoredObject) -> None:
        """Remove one object."""
        with suppress(FileNotFoundError):
            self._calls.delete(stored.namespace, stored.path)

    def put(self, stored: StoredObject) -> None:
        """Put one object back."""
        self._calls.compile(stored.namespace, stored.text)

    def holds(self, stored: StoredObject) -> bool:
        """Return whether an object is there, with the content that it had."""
        kind = stored.path.partition(".")[0]
        there = (one for one in self._objects(stored.namespace, kind) if one.path.lower() == stored.path.lower())
        return any(alike((one.text, stored.text)) for one in there)

    def _read(self, namespace: str, subscription: Subscription) -> Iterator[StoredObject]:
        bindings = {binding: _named(binding.path) for binding in self._objects(namespace, _BINDING)}
        consumer, filter_ = (subscription.kind, subscription.consumer), (_FILTER, subscription.filter)
        own = [one for one, named in bindings.items() if _has(named, consumer) and _has(named, filter_)]
        others = [named for one, named in bindings.items() if one not in own]
        for kind, name in (filter_, consumer):
            if name and not any(_has(named, (kind, name)) for named in others):
                yield from (one for one in self._objects(namespace, kind) if _has(_named(one.path), (kind, name)))
        yield from own

    def _objects(self, namespace: str, kind: str) -> list[StoredObject]:
        return [one for one, _ in zip(self._calls.objects(namespace, kind), range(_MOST), strict=False)]


def _named(path: str) -> tuple[tuple[str, str], ...]:
    """Return class and name of each object that a path names: the object itself, or those that a binding joins."""
    if path.startswith(_BINDING):
        path = _unquoted(path)
    return tuple((kind, _unquoted(name)) for kind, name in _REFERENCE.findall(path))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _has(named: tuple[tuple[str, str], ...], wanted: tuple[str, str]) -> bool:
    """Return whether an object is among those named; names of WMI are the same in any case of their letters."""
    return any((kind.lower(), name.lower()) == (wanted[0].lower(), wanted[1].lower()) for kind, name in named)
