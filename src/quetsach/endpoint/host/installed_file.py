"""What a package manager wrote down about a file when it installed it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file of a package. ``path`` is as the package lists it, without the first ``/``; ``digest`` is hex.

    ``algorithm`` is a name of ``hashlib``; digest and algorithm are empty when nothing was written down.
    """

    package: str
    path: bytes
    algorithm: str
    digest: str
