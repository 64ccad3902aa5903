"""The account of a scan, file by file: JSON Lines, written as it goes."""

import json
from enum import StrEnum
from typing import TextIO

from quetsach.endpoint.artefact import printable
from quetsach.endpoint.trouble import Trouble


class FileState(StrEnum):
    """What became of a file."""

    SCANNED = "scanned"
    CACHED = "cached"
    """It is the same as when it was scanned before and showed nothing."""
    SKIPPED = "skipped"
    """Left out by rule; the reason is given."""
    FAILED = "failed"
    """It could not be looked at; the reason is given."""


class Listing:
    """Writes one line for each file: ``path`` (printable), ``state``, and ``reason`` or ``size_bytes``.

    What could not be looked at inside an archive has a line of its own beside the one of the archive.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def file(self, path: bytes, state: FileState, size_bytes: int) -> None:
        """Account for a file that was looked at now or before."""
        self._write({"path": printable(path), "state": state, "size_bytes": size_bytes})

    def trouble(self, trouble: Trouble) -> None:
        """Account for a path that was skipped or failed."""
        state = FileState.SKIPPED if trouble.reason.is_intended else FileState.FAILED
        self._write({"path": printable(trouble.path), "state": state, "reason": trouble.reason})

    def _write(self, line: dict[str, object]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
