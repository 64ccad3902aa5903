"""The calls of Windows by which its service manager is asked and told.

Sources: Microsoft Learn, "QueryServiceStatusEx", "EnumServicesStatusExW", "DeleteService", "CreateServiceW".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

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
