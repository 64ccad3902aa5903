"""How the worker that answers knows how the work behind the pages goes, which runs in the main process.

The main process writes into one file of fixed size that was laid out at the start, so that a full disk keeps nobody
from saying so; the worker reads it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

SILENT_SECONDS = 60
"""The main process writes every few seconds: after this long without a word it hangs or is gone."""
_NAME = "heartbeats"
_SIZE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work behind the pages: ``beat_at`` is its last sign of life, ``broke_off`` how often it broke off.

    ``longest_seconds`` is how long it may say nothing.
    """

    is_alive: bool
    beat_at: datetime
    longest_seconds: float
    broke_off: int = 0

    def trouble(self, now: datetime) -> str:
        """Say what is wrong; empty if nothing is."""
        if not self.is_alive:
            return "not running"
        silent = (now - self.beat_at).total_seconds()
        return f"silent for {silent:.0f} s" if silent > self.longest_seconds else ""


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """What the main process last said about each kind of work, and when."""

    process: int
    written_at: datetime
    works: Mapping[str, Work]

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """Return what was last written; ``None`` if nothing was, or not whole."""
        try:
            facts = json.loads((data / _NAME).read_bytes()[:_SIZE_BYTES])
            works = {
                name: Work(
                    work["is_alive"] is True,
                    datetime.fromisoformat(work["beat_at"]),
                    float(work["longest_seconds"]),
                    int(work["broke_off"]),
                )
                for name, work in facts["works"].items()
            }
            return cls(int(facts["process"]), datetime.fromisoformat(facts["written_at"]), works)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def troubles(self, now: datetime) -> dict[str, str]:
        """Return what is wrong with each kind of work that something is wrong with."""
        silent = (now - self.written_at).total_seconds()
        if silent > SILENT_SECONDS:
            return {"main process": f"silent for {silent:.0f} s"}
        return {name: trouble for name, work in self.works.items() if (trouble := work.trouble(now))}


class HeartbeatFile:
    """The file, held open by the main process."""

    def __init__(self, data: Path) -> None:
        self._descriptor = os.open(data / _NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.pwrite(self._descriptor, b" " * _SIZE_BYTES, 0)

    def write(self, works: Mapping[str, Work], *, now: datetime) -> None:
        """Replace what was written before."""
        facts = {
            "process": os.getpid(),
            "written_at": now.astimezone(UTC).isoformat(),
            "works": {name: {**asdict(work), "beat_at": work.beat_at.isoformat()} for name, work in works.items()},
        }
        os.pwrite(self._descriptor, json.dumps(facts).encode().ljust(_SIZE_BYTES)[:_SIZE_BYTES], 0)

    def close(self) -> None:
        """Close it; what was written last stays."""
        os.close(self._descriptor)
