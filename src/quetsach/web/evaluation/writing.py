"""Writes a report into a folder: pages and PDF, the data annex, and the checksums of all."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
from django.conf import settings

from quetsach import storage
from quetsach.assess import DEFINITIONS
from quetsach.core.errors import QuetsachError
from quetsach.core.table import csv_text
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.lake import parquet
from quetsach.web import design
from quetsach.web.evaluation.document import Cell, Column, Evaluation, Form, Points, Statement, Table
from quetsach.web.evaluation.page import render_page, typeset
from quetsach.web.identity import LICENCE

LANGUAGES = tuple(code for code, _ in settings.LANGUAGES)
STEPS = 2 * len(LANGUAGES) + 1
"""How often ``evaluation_write`` tells its progress."""

_LOOKS = (
    "style.css",
    "icon.svg",
    "fonts/noto-sans-latin.woff2",
    "fonts/noto-sans-vietnamese.woff2",
    "fonts/LICENSE-noto-sans.txt",
)


def evaluation_write(
    evaluation: Evaluation, folder: Path, *, progress: Callable[[int], None] = lambda _steps: None
) -> tuple[Path, ...]:
    """Write the report; return its files. A folder that holds another report of it is written over, file by file.

    What the other report listed and this one does not have is removed: a table of an old analysis stands beside no new
    report.

    Raises:
        QuetsachError: the folder cannot be written, or the PDF cannot be set.
    """
    written, sums = [], []
    try:
        old = _listed(folder / "SHA256SUMS")
        for path, content in _files(evaluation, progress):
            file = folder / path
            storage.make_folder(file.parent, mode=storage.SHARED_FOLDER)
            storage.write(file, content, mode=storage.SHARED)
            written.append(file)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
        storage.write(folder / "SHA256SUMS", "".join(sorted(sums)), mode=storage.SHARED)
        for path in old:
            if (stale := folder / path) not in written and folder.resolve() in stale.resolve().parents:
                stale.unlink(missing_ok=True)
    except OSError as error:
        raise QuetsachError(
            Text("the report cannot be written: {reason}", reason=SystemText(error.strerror)),
            where=str(error.filename or folder),
            hint=Text("name another folder with --out"),
        ) from error
    return (*written, folder / "SHA256SUMS")


def _listed(sums: Path) -> tuple[str, ...]:
    """Return the files that a list of checksums names; none where there is no list."""
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return ()
    return tuple(path for line in lines if (path := line.partition("  ")[2]))


def _files(evaluation: Evaluation, progress: Callable[[int], None]) -> Iterator[tuple[str, bytes]]:
    for language in LANGUAGES:
        yield f"evaluation.{language}.html", render_page(evaluation, language).encode()
        progress(1)
        yield f"evaluation.{language}.pdf", typeset(evaluation, language)
        progress(1)
    yield from annex_files(evaluation)
    progress(1)
    looks = Path(design.__file__).parent / "static" / "design"
    for name in _LOOKS:
        yield f"looks/{name}", (looks / name).read_bytes()
    yield "looks/report.css", (Path(__file__).parent / "looks" / "report.css").read_bytes()


# The data annex: every table of the report as CSV, JSON and Parquet, described so that a machine finds its way.
#
# Cells hold numbers and ISO days, never the words of one language: texts have a column for each. What people read is
# made of the same values.


def annex_files(evaluation: Evaluation) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file."""
    for table in evaluation.tables():
        names, rows = _flat(table)
        yield f"data/{table.id}.csv", _csv(names, rows)
        yield f"data/{table.id}.parquet", _parquet(table, names, rows)
    yield "data/evaluation.json", _json(_document(evaluation))
    yield "data/datapackage.json", _json(_package(evaluation))


def _flat(table: Table) -> tuple[list[str], list[list[str | int | float | date | None]]]:
    """Return the column names and rows with one column for each language of a text."""
    split = [any(isinstance(row[n], LocalText) for row in table.rows) for n in range(len(table.columns))]
    names = [name for c, both in zip(table.columns, split, strict=True) for name in _names(c, is_split=both)]
    rows = []
    for row in table.rows:
        cells: list[str | int | float | date | None] = []
        for cell, both in zip(row, split, strict=True):
            cells += _both(cell) if both else [cell if not isinstance(cell, LocalText) else cell.en]
        rows.append(cells)
    return names, rows


def _names(column: Column, *, is_split: bool) -> list[str]:
    return [f"{column.id}_vi", f"{column.id}_en"] if is_split else [column.id]


def _both(cell: Cell) -> list[str | int | float | date | None]:
    return [cell.vi, cell.en] if isinstance(cell, LocalText) else [cell, cell]


def _csv(names: list[str], rows: list[list[str | int | float | date | None]]) -> bytes:
    return csv_text([names, *rows]).encode()


def _parquet(table: Table, names: list[str], rows: list[list[str | int | float | date | None]]) -> bytes:
    forms = {c.id: c.form for c in table.columns}
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    arrays = [
        pa.array([float(v) if isinstance(v, int | float) else None for v in values], pa.float64())
        if forms.get(name) in (Form.NUMBER, Form.CHANGE, Form.PERCENT)
        else pa.array(list(values), pa.date32())
        if forms.get(name) is Form.DAY
        else pa.array([None if v is None else str(v) for v in values], pa.string())
        for name, values in zip(names, columns, strict=True)
    ]
    return parquet.content(pa.table(arrays, names=names))


def _document(evaluation: Evaluation) -> dict[str, object]:
    return {
        "format": "quetsach-evaluation/1",
        "campaign": evaluation.campaign,
        "name": _words(evaluation.name),
        "made_at": evaluation.made_at.isoformat(),
        "as_of": str(evaluation.as_of) if evaluation.as_of else None,
        "not_real": _words(evaluation.not_real) if evaluation.not_real else None,
        "facts": evaluation.facts,
        "points": _points(evaluation),
        "verdicts": _statements(evaluation),
        "tables": {
            table.id: {
                "title": _words(table.title),
                "columns": [
                    {"id": c.id, "title": _words(c.title), "form": c.form.value, "definition": c.definition or None}
                    for c in table.columns
                ],
                "rows": [[_value(cell) for cell in row] for row in table.rows],
            }
            for table in evaluation.tables()
        },
        "definitions": {d.id: d.as_json() for d in DEFINITIONS.values()},
    }


def _points(evaluation: Evaluation) -> list[dict[str, object]]:
    return [
        {"section": s.id, "title": _words(b.title), "texts": [_words(text) for text in b.texts]}
        for s in evaluation.sections
        for b in s.blocks
        if isinstance(b, Points)
    ]


def _statements(evaluation: Evaluation) -> list[dict[str, object]]:
    return [
        {"section": s.id, "tone": b.tone.value, "title": _words(b.title), "text": _words(b.text)}
        for s in evaluation.sections
        for b in s.blocks
        if isinstance(b, Statement)
    ]


def _package(evaluation: Evaluation) -> dict[str, object]:
    """Describe the tables as a Data Package (specs.frictionlessdata.io)."""
    kinds = {Form.NUMBER: "number", Form.CHANGE: "number", Form.PERCENT: "number", Form.DAY: "date"}
    resources = []
    for table in evaluation.tables():
        names, _ = _flat(table)
        forms = {c.id: c.form for c in table.columns}
        fields = [{"name": name, "type": kinds.get(forms.get(name, Form.TEXT), "string")} for name in names]
        resources.append(
            {
                "name": table.id,
                "title": table.title.en,
                "path": f"{table.id}.csv",
                "format": "csv",
                "encoding": "utf-8",
                "schema": {"fields": fields, "missingValues": [""]},
            }
        )
    return {
        "name": f"evaluation-{evaluation.campaign}",
        "title": evaluation.name.en,
        "created": evaluation.made_at.isoformat(),
        "licenses": [LICENCE],
        "resources": resources,
    }


def _value(cell: Cell) -> object:
    if isinstance(cell, LocalText):
        return _words(cell)
    return str(cell) if isinstance(cell, date) else cell


def _words(text: LocalText) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
