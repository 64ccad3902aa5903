"""The service manager of the running Windows, which keeps in memory what the registry says of services.

So a service that goes from the registry has to be forgotten by it, too, and one that comes back made known: what it
writes into the key meanwhile is then replaced by what was there. It is not believed: its state is asked again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from quetsach.endpoint.host.nt.service_calls import (
    KERNEL_TYPES,
    OWN_PROCESS,
    STOPPED,
    ServiceCalls,
    ServiceStatus,
)
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.registry import EXPAND_SZ, SZ, KeyContent, folded

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
