"""A question that kills whoever is about to answer it, once."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from quetsach.lake.queries import Part, Question


@dataclass(frozen=True)
class Dies:
    """Whoever comes first to the part of bucket 96 is killed by ``kill -9``, with as many of its parents.

    Kept apart from tests: whoever answers loads this module and no more.
    """

    question: Question[Any]
    mark: Path
    parents: int = 0

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        if part.buckets[0] == 96 and self._is_first():
            doomed = [os.getpid()]
            for _ in range(self.parents):
                doomed.append(int(Path(f"/proc/{doomed[-1]}/stat").read_text().rpartition(")")[2].split()[1]))
            for process in reversed(doomed):
                os.kill(process, signal.SIGKILL)
        return self.question.of_part(engine, part)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> object:
        return self.question.merged(parts)

    def _is_first(self) -> bool:
        try:
            os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True
