"""What the readers of the three forms share: bounded reading of an open file, and their error."""

from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.host.disk import parts_of

LARGEST_HEADER_BYTES = 32 << 20
"""The header of one package is not read beyond this; the largest that are known have a few MiB."""

MOST_HEADERS = 200_000

_FURTHEST = 1 << 48


class RpmDatabaseError(EndpointError):
    """A database of rpm is damaged, or of a form that is not read."""


def read_exactly(descriptor: int, size: int, offset: int) -> bytes:
    """Return bytes of an open file.

    Raises:
        RpmDatabaseError: the file ends before.
    """
    if not (0 <= size <= LARGEST_HEADER_BYTES and 0 <= offset <= _FURTHEST):
        raise RpmDatabaseError(f"{size:,} bytes at {offset:,}")
    content = b"".join(parts_of(descriptor, size, offset))
    if len(content) < size:
        raise RpmDatabaseError(f"the file ends at {offset + len(content):,}")
    return content
