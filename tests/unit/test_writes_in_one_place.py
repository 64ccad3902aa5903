"""Whatever is written to stay goes through ``quetsach.storage``: no other module makes, renames or syncs files."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "quetsach"
EXCEPTIONS = {
    "storage.py": "the one place",
    "endpoint/act": "acts on hostile trees through handles of folders",
    "endpoint/host": "acts on hostile trees through handles of folders",
    "endpoint/store": "the journal and the quarantine, through handles of folders",
    "endpoint/scanner/cache.py": "one large file in parts with its own seal, through a handle",
    "packs/source.py": "a download that goes on where it was broken off; its hash is checked before it is used",
    "centre/queue/landing.py": "a byte for each try, which goes with the file",
    "centre/sources/transport.py": "a download that goes on where it was broken off; the storage places it",
    "packs/installed.py": "makes the folder of a generation, whose number nobody else may have",
    "packs/specimen": "lays out throw-away systems for tests of packs",
    "packs/scaffold/__init__.py": "makes the folder of a new pack, which must not be there yet",
    "cli/trial": "throw-away systems for tests of packs",
    "cli/self_test.py": "what a trial scan must find and must not, in a folder that goes",
    "cli/packs_import.py": "a pack is gathered in a folder that goes, and placed by the storage",
    "cli/center/export.py": "packs into a file that the storage gives and places",
    "cli/scan.py": "a listing that a person asked for, written while the scan goes on",
    "lake/compacted.py": "divisions of a day, in the writer's folder, which goes",
    "lake/fetching.py": "the lock of those who read what a worker has fetched",
    "lake/ingestion.py": "a folder for each delivery that is staged, in the writer's folder, which goes",
    "lake/heads.py": "heads of a log that grows, added and synced under the lock of the log",
    "lake/writers.py": "the locks and the folders of the writers",
    "lake/readers.py": "the lock of those who read; a chained log: read, followed and synced under one lock",
    "lake/records.py": "an index that is appended to, and believed only where it agrees with the records",
    "lake/rollups.py": "staged beside tables, synced and placed by the storage",
    "web/health.py": "signs of life of one process, written in place and gone with it",
    "rescue/image.py": "the parts of an image, in a folder that goes",
    "rescue/volumes.py": "places in memory that drives, and the room on the stick, are mounted at",
    "rescue/system.py": "the parts of an image, in a folder that goes",
    "rescue/device.py": "a stick, through the handle that was checked",
    "simulate/machines/folder.py": "tables that a library writes, synced and placed by the storage",
    "web/evaluation/page.py": "the typesetter's input, in a folder that goes",
    "web/office/units/spreadsheet.py": "a part of a workbook that is made in memory and sent",
    "web/office/partners/services/spool.py": "an upload in a file that goes, read once before the storage places it",
}
WRITING = re.compile(r"[rwaxbt+]*[wax+][rwaxbt+]*").fullmatch
FORBIDDEN = {"fsync", "hardlink_to", "link", "mkdir", "makedirs", "mkstemp", "rename", "renames", "symlink_to"}
FORBIDDEN |= {"NamedTemporaryFile", "write_bytes", "write_text", "copyfile", "copy2", "copytree", "move"}


def raw_writes(source: Path) -> Iterator[str]:
    """Yield each call in a file that writes, renames or syncs."""
    for node in ast.walk(ast.parse(source.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [value.value for value in node.args[-1:] if isinstance(value, ast.Constant)]
        if (
            name in FORBIDDEN
            or (
                name == "replace" and isinstance(node.func, ast.Attribute) and len(node.args) == 1 and not node.keywords
            )
            or (name in {"open", "fdopen"} and any(isinstance(mode, str) and WRITING(mode) for mode in modes))
            or (name == "open" and "O_CREAT" in ast.unparse(node))
        ):
            yield f"{source.relative_to(SOURCES)}:{node.lineno}: {ast.unparse(node)[:90]}"


def exception_of(path: Path) -> str | None:
    name = str(path.relative_to(SOURCES))
    return next((known for known in EXCEPTIONS if name == known or name.startswith(f"{known}/")), None)


def test_nothing_is_written_past_the_storage() -> None:
    found = [call for path in sorted(SOURCES.rglob("*.py")) if not exception_of(path) for call in raw_writes(path)]
    assert found == [], "\n".join(found)


def test_every_exception_is_still_one() -> None:
    used = {exception_of(path) for path in SOURCES.rglob("*.py") if exception_of(path) and any(raw_writes(path))}
    assert set(EXCEPTIONS) - used == set()


def test_the_check_sees_what_it_forbids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SOURCES", tmp_path)
    calls = ["p.write_bytes(b'')", "p.open('w')", "os.open(p, os.O_CREAT)", "a.replace(b)", "os.fsync(1)", "p.mkdir()"]
    harmless = ["'a'.replace('a', 'b')", "day.replace(day=1)", "p.open('rb')", "p.open()", "os.open(p, os.O_RDONLY)"]
    source = tmp_path / "a.py"
    source.write_text("\n".join(calls + harmless))
    assert len(list(raw_writes(source))) == len(calls)
