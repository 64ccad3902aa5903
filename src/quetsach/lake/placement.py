"""Where the parts of a question are answered: here, one after another, or by workers on other machines.

An engine decides where a part runs and nothing else: what is asked of a part, and how answers are added up, are the
question's own. Every placement gives the same answer, to the last bit.
"""

import json
import pickle
import platform
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from quetsach.core.text import LocalText, Text, remade
from quetsach.lake import LakeError
from quetsach.lake.fetching import FromStore
from quetsach.lake.journal import Shared
from quetsach.lake.queries import Engine, Part, Question


class Placement(Protocol):
    """Answers the parts of questions."""

    @property
    def is_here(self) -> bool:
        """Whether parts are answered of files of this machine."""
        ...

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
    is_here: bool = True

    def answers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Answer part after part."""
        return [question.of_part(self.engine.connection(), part) for part in parts]


def answer_part(question: Question[Any], part: Part) -> tuple[pa.Table, ...]:
    """Answer one part on a worker: with one thread, as a worker has one for each of its cores."""
    return question.of_part(_engine_of_worker().connection(), part)


def answer_streams(question: Question[Any], part: Part) -> list[bytes]:
    """Answer one part on a worker as Arrow streams: what is unpickled out of a message may lie at any address."""
    return [table_bytes(table) for table in answer_part(question, part)]


@cache
def _engine_of_worker() -> Engine:
    engine = Engine()
    engine.connection().execute("set threads = 1")
    return engine


type Versions = tuple[tuple[str, str], ...]


def versions() -> Versions:
    """Return what has to be the same wherever parts of one question are answered."""
    python = ".".join(platform.python_version_tuple()[:2])
    return (*((name, metadata.version(name)) for name in ("quetsach", "duckdb", "pyarrow")), ("python", python))


def other_release(theirs: Versions, own: Versions, *, where: str) -> LakeError:
    """Return what is told of a worker whose ``versions`` are not those of this centre."""
    said = [", ".join(f"{name} {version}" for name, version in found) for found in (theirs, own)]
    return LakeError(
        Text("a worker has {theirs} where this centre has {own}", theirs=said[0], own=said[1]),
        where=where,
        hint=Text("install the same release everywhere"),
    )


def whole_paths(part: Part) -> Part:
    """Return a part whose files are found from any folder."""
    files, once, own, ordered = (
        tuple(str(Path(name).absolute()) for name in names) for names in (part.files, part.once, part.own, part.ordered)
    )
    return replace(part, files=files, once=once, own=own, ordered=ordered)


def lies_in(folder: Path, part: Part) -> bool:
    """Whether all files of a part (``whole_paths``) lie in the lake; no worker sees what a reader made for itself."""
    return all(Path(name).is_relative_to(folder.absolute()) for name in part.names)


@dataclass
class Elsewhere(ABC):
    """Workers that see the lake's folder under the same path, of an engine that is reached at an address.

    Args:
        url: of the engine.
        here: what answers parts of files that lie outside of the lake.
        folder: the lake, which every worker sees under this path.
        parts: into how many parts a question is divided: four or more for each core of the workers.
        ca, certificate, key: files in PEM of the cluster's own authority, and of this centre.
        shared: what the lake is a copy of, if it is one: then workers fetch what they read, and see no folder.
    """

    url: str
    here: Placement
    folder: Path
    parts: int | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    shared: Shared | None = None
    is_here: bool = field(default=False, init=False)

    def answers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Have each part answered by a worker; those of files that only this process has, here."""
        parts = [whole_paths(part) for part in parts]
        names = [name for part in parts for name in part.names]
        if not all(lies_in(self.folder, part) for part in parts):
            if self.shared is not None:
                self.shared.fetch(map(Path, names))
            return self.here.answers(question, parts)
        if self.shared is not None:
            question = FromStore.of(question, self.shared, names)
        return self.answers_of_workers(question, parts)

    @abstractmethod
    def answers_of_workers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Have each part answered by a worker.

        Raises:
            LakeError: a file is damaged, or the workers cannot be reached.
        """


# Answers as rows, for engines that know nothing else. What comes back is data: nothing of it is unpickled.

ROWS = pa.schema([("part", pa.int32()), ("table", pa.int32()), ("content", pa.binary())])
"""``content`` is a piece of a table of a part's answer, as an Arrow stream; or JSON, by ``table`` one of these."""
_FAILED, _OTHER_RELEASE = -1, -2
_PIECE_BYTES = 16 << 20
"""An engine holds a row of each worker in memory, and refuses large ones."""


@dataclass(frozen=True, slots=True)
class AskedParts:
    """What a worker is sent: the parts by their numbers. They are unpickled by the release that pickled them only."""

    question: bytes
    parts: tuple[bytes, ...]
    versions: Versions

    @classmethod
    def of(cls, question: Question[Any], parts: Sequence[Part]) -> "AskedParts":
        """Make it of a question."""
        return cls(pickle.dumps(question), tuple(map(pickle.dumps, parts)), versions())

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Answer the parts whose numbers are the first column of batches: yield batches of ``ROWS``."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for table, content in self._answer(number):
                    yield pa.RecordBatch.from_pylist(
                        [{"part": number, "table": table, "content": content}], schema=ROWS
                    )

    def _answer(self, number: int) -> Iterator[tuple[int, bytes]]:
        if versions() != self.versions:
            yield _OTHER_RELEASE, json.dumps(versions()).encode()
            return
        question, part = (pickle.loads(sent) for sent in (self.question, self.parts[number]))  # noqa: S301  (of the centre)
        try:
            answer = answer_part(question, part)
        except LakeError as error:
            yield _FAILED, _error_bytes(error)
            return
        for n, table in enumerate(answer):
            rows = max(1, _PIECE_BYTES * table.num_rows // max(table.nbytes, 1))
            for first in range(0, max(table.num_rows, 1), rows):
                yield n, table_bytes(table.slice(first, rows))


def read_answers(rows: pa.Table, count: int, *, where: str) -> list[tuple[pa.Table, ...]]:
    """Return the answers of so many parts from ``ROWS``, whose pieces of a table are in order.

    Raises:
        LakeError: a part could not be answered, as its worker says; or an answer is missing or damaged.
    """
    found: defaultdict[tuple[int, int], list[pa.Table]] = defaultdict(list)
    for number, table, content in zip(*(rows.column(name).to_pylist() for name in ROWS.names), strict=True):
        try:
            if table == _FAILED:
                raise _error_of(content)
            if table == _OTHER_RELEASE:
                raise other_release(tuple((n, v) for n, v in json.loads(content)), versions(), where=where)
            found[number, table].append(pa.ipc.open_stream(content).read_all())
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise LakeError(Text("a worker's answer cannot be read"), where=where) from error
    tables: list[list[pa.Table]] = [[] for _ in range(count)]
    for number, table in sorted(found):
        tables[number].append(pa.concat_tables(found[number, table]))
    if not all(tables):
        raise LakeError(Text("a worker's answer cannot be read"), where=where)
    return [tuple(of_part) for of_part in tables]


def table_bytes(table: pa.Table) -> bytes:
    """Return a table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _error_bytes(error: LakeError) -> bytes:
    told = {"what": _sent(error.text, error.what), "hint": _sent(error.advice, error.hint)}
    return json.dumps(told | {"where": error.where}).encode()


def _sent(text: LocalText | None, said: str) -> tuple[str, dict[str, str]]:
    if isinstance(text, Text):
        return text.sentence, {name: str(value) for name, value in text.values.items()}
    return said, {}


def _error_of(content: bytes) -> LakeError:
    told = json.loads(content)
    what, hint = (remade(sentence, "", "", values) for sentence, values in (told["what"], told["hint"]))
    return LakeError(what, where=told["where"], hint=hint if hint.sentence else "")
