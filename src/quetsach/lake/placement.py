"""Where the parts of a question are answered: here, one after another, or by workers on other machines.

An engine decides where a part runs and nothing else: what is asked of a part, and how answers are added up, are the
question's own. Every placement gives the same answer, to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from quetsach.lake.queries import Engine, Part, Question


class Placement(Protocol):
    """Answers the parts of questions."""

    @property
    def parts(self) -> int | None:
        """Into how many parts a question is best divided; ``None``: as ``queries.parts_of`` finds."""
        ...

    def answers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Return the answer of each part, in their order.

        Raises:
            LakeError: a file is damaged, or the workers cannot be reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """In this process, part after part: each may use all cores."""

    engine: Engine
    parts: int | None = None

    def answers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Answer part after part."""
        return [question.of_part(self.engine.connection(), part) for part in parts]


def answer_part(question: Question[Any], part: Part) -> tuple[pa.Table, ...]:
    """Answer one part on a worker: with one thread, as a worker has one for each of its cores."""
    return question.of_part(_engine_of_worker().connection(), part)


@cache
def _engine_of_worker() -> Engine:
    engine = Engine()
    engine.connection().execute("set threads = 1")
    return engine


def versions() -> tuple[tuple[str, str], ...]:
    """Return what has to be the same wherever parts of one question are answered."""
    return tuple((name, metadata.version(name)) for name in ("quetsach", "duckdb", "pyarrow"))


def whole_paths(part: Part) -> Part:
    """Return a part whose files are found from any folder."""
    files, once, own = (
        tuple(str(Path(name).absolute()) for name in names) for names in (part.files, part.once, part.own)
    )
    return replace(part, files=files, once=once, own=own)


def lies_in(folder: Path, part: Part) -> bool:
    """Whether all files of a part (``whole_paths``) lie in the lake; no worker sees what a reader made for itself."""
    return all(Path(name).is_relative_to(folder.absolute()) for name in (*part.files, *part.own, *part.once))
