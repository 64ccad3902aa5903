"""The errors of packs. They end the command with exit code 3, packs invalid or expired, unless they say otherwise."""

from typing import ClassVar

from quetsach.core.errors import QuetsachError


class PackError(QuetsachError):
    """A pack cannot be used: a file is missing, malformed or does not fit the others."""

    exit_code: ClassVar[int] = 3


class ContainerError(PackError):
    """The bytes are not a packed ``.qsp`` file, or were damaged."""


class SigningError(PackError):
    """The repository cannot be made or signed as asked. It is the centre's to mend, not a pack that is bad."""

    exit_code: ClassVar[int] = 1


class HeldBackError(SigningError):
    """What would be published has first to be agreed to by a second person of the centre."""
