r"""The calls of Windows by which the registry is read and edited: the native ones, for names are counted there.

The calls of Win32 end a name at its first NUL; what hides behind that is seen, opened and removed by these. A name is
text of UTF-16 in which halves of pairs may stand alone. Paths of the kernel: ``\Registry\Machine\SOFTWARE``.
Sources: Microsoft Learn, "ZwOpenKeyEx", "ZwEnumerateValueKey", "KEY_INFORMATION_CLASS", "Registry Key Security".
"""

from dataclasses import dataclass
from typing import Protocol

from quetsach.endpoint.host.registry import RegistryValue

READ = 0x20019
"""KEY_READ: values, subkeys, the security descriptor."""

SET_VALUE, CREATE_SUB_KEY, DELETE = 0x2, 0x4, 0x10000
WRITE_DAC, WRITE_OWNER, SYSTEM_SECURITY = 0x40000, 0x80000, 0x1000000

OWNER, GROUP, DACL, SACL = 1, 2, 4, 8
"""Parts of a security descriptor (SECURITY_INFORMATION)."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key says of itself. ``written`` is when it was last changed, in 100 ns since 1601 (UTC)."""

    kind: str
    written: int
    subkeys: int
    values: int


class RegistryCalls(Protocol):
    """Open keys are numbers. Every call may raise ``OSError``, ``FileNotFoundError`` and ``PermissionError`` among it.

    A name right below an open key is a path, too: parts are divided by backslashes.
    """

    def open_key(self, parent: int, name: str, access: int, *, follow: bool = True) -> int:
        """Open a key, from the top when ``parent`` is 0. Without ``follow`` the last name may be a link itself."""

    def create_key(
        self, parent: int, name: str, access: int, *, kind: str, volatile: bool, link: bool, security: bytes
    ) -> tuple[int, bool]:
        """Open a key, or make it; returns whether it was made. A security descriptor that is empty is inherited."""

    def close_key(self, key: int) -> None:
        """Close an open key."""

    def path(self, key: int) -> str:
        """Return where an open key really is, links followed."""

    def facts(self, key: int) -> KeyFacts:
        """Return what a key says of itself."""

    def is_volatile(self, key: int) -> bool:
        """Return whether a key goes with the next restart."""

    def subkey(self, key: int, index: int) -> str | None:
        """Return the name of a subkey; ``None`` behind the last."""

    def value(self, key: int, index: int, most_bytes: int) -> RegistryValue | None:
        """Return a value; ``None`` behind the last. ``OverflowError``: it has more data than ``most_bytes``."""

    def set_value(self, key: int, value: RegistryValue) -> None:
        """Give a key a value, in place of the one whose name compares equal."""

    def delete_value(self, key: int, name: str) -> None:
        """Take a value from a key."""

    def delete_key(self, key: int) -> None:
        """Remove an open key that has no subkeys."""

    def security(self, key: int, parts: int) -> bytes:
        """Return these parts of the security descriptor, self-relative."""

    def set_security(self, key: int, parts: int, descriptor: bytes) -> None:
        """Give a key these parts of a security descriptor."""

    def set_written(self, key: int, written: int) -> None:
        """Say when a key was last changed."""
