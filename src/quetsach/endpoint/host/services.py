"""The service manager of a running system, as the tool uses it."""

from collections.abc import Mapping
from typing import Protocol


class Services(Protocol):
    """The service manager. Exit codes are not believed: the state is read again."""

    def is_active(self, unit: bytes) -> bool:
        """Return whether a unit is active, starting or stopping now."""

    def stop(self, unit: bytes) -> bool:
        """Stop a unit without letting it go on meanwhile. Returns whether it is inactive now."""

    def listed(self) -> Mapping[str, int]:
        """Return the units that the manager keeps by the registry, by name in capitals: the process of each, or 0."""

    def reload(self) -> None:
        """Make the service manager read its unit files again."""
