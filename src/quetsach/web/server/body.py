"""Takes the body of a request in: within a time, and beyond some kilobytes into a file that has no name."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Protocol, cast

READ_SECONDS = 10.0
"""How long the next piece may take."""
FIRST_SECONDS = 20.0
SLOWEST_BYTES_PER_SECOND = 16 * 1024
"""A whole body may take 20 s, and 1 s more for each 16 KiB: an upload over a mobile line of 128 kbit/s passes."""
IN_MEMORY_BYTES = 64 * 1024


class Pieces(Protocol):
    """A body that arrives in pieces."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the pieces as they arrive."""


class SlowBodyError(Exception):
    """The body did not arrive in time."""


class CutBodyError(Exception):
    """The body ended before the length that was announced."""


async def body_received(
    pieces: Pieces, length: int, *, folder: Path | None, read_seconds: float = READ_SECONDS
) -> IO[bytes]:
    """Return a whole body, to be read from its start; who gets it closes it.

    Args:
        pieces: the body as it arrives.
        length: how long it was announced to be, in bytes.
        folder: where it is kept while it is large; ``None`` for the system's folder.
        read_seconds: how long the next piece may take.

    Raises:
        SlowBodyError: a piece, or the whole, took too long.
        CutBodyError: it is shorter than it was announced.
        OSError: it cannot be kept, as when the disk is full.
    """
    spooled = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=str(folder) if folder else None)  # noqa: SIM115
    kept = cast("IO[bytes]", spooled)
    try:
        arriving = aiter(pieces)
        async with asyncio.timeout(FIRST_SECONDS + length / SLOWEST_BYTES_PER_SECOND):
            while kept.tell() < length:
                async with asyncio.timeout(read_seconds):
                    kept.write(await anext(arriving))
    except TimeoutError as error:
        kept.close()
        raise SlowBodyError from error
    except StopAsyncIteration as error:
        kept.close()
        raise CutBodyError from error
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept
