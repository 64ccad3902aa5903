"""A copy of a lake in another folder, as of one moment, and a lake made of it again.

::

    objects/<aa>/<sha256>     the bytes of files, each content once
    manifest.json             which files of the lake they are; replaced in one step, after all that it names is there

Killed anywhere, a backup is the old one or the new one, and run again it goes on: what is there is not copied again.
One process writes it at a time: another would take away what is not named yet. What no manifest names any more, such as
sightings that have expired, goes at the end. Files are copied and never linked: a link would share the damage that a
backup is for.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from quetsach import storage
from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError, changes, compacted, readers, records, rollups
from quetsach.lake.changes import Change
from quetsach.lake.delivery import Delivery
from quetsach.lake.lake import Lake
from quetsach.lake.readers import Access
from quetsach.lake.writers import Writers

MANIFEST = "manifest.json"
_OBJECTS = "objects"
_LOCK = ".lock"
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup of ``files`` files of ``size_bytes``, of which ``copied`` contents were not there before."""

    state: str
    files: int
    size_bytes: int
    copied: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the lake: digest and size of its content, and when it was changed (nanoseconds)."""

    sha256: str
    size_bytes: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read of a backup, and what is wrong with which of its files, by their paths in the lake."""

    made_at: str
    state: str
    files: int
    size_bytes: int
    faults: tuple[tuple[str, Text], ...]


def back_up(
    lake: Lake,
    folder: Path,
    *,
    by: Access,
    is_deep: bool = False,
    progress: Callable[[int], None] = lambda _files: None,
) -> BackedUp:
    """Bring a backup up to what the lake holds now; ingests go on meanwhile.

    Contents that are there are known by their size, and read again where ``is_deep``: one that is damaged is replaced.

    Args:
        lake: which one.
        folder: the backup; made if it is not there, and of this lake alone.
        by: who copies, which is logged.
        is_deep: read what is there.
        progress: told after each file.

    Raises:
        LakeError: the folder is in the lake, holds something else or is being written by another process; a file is
            missing, or one cannot be written.
    """
    if lake.shared is not None:
        lake.shared.pull()
    with _alone(lake.folder, folder) as former:
        readers.record(lake.folder, by, what="backup", of="all")
        with lake.writers.none() as catalog:
            view = lake.view()
            changing = dict(_changing(lake.folder, [commit.id for commit in catalog.commits]))
        with view:
            catalog.fetch([*catalog.paths(), *catalog.roll_up_paths()])
            roll_ups = {path for path in catalog.roll_up_paths() if (lake.folder / path).exists()}
            lasting = sorted(catalog.paths() | roll_ups)
            entries, copied = dict[str, _Entry](), 0
            for path in lasting:
                entries[path], is_new = _keep(lake.folder / path, former.get(path), folder, is_deep=is_deep)
                copied += is_new
                progress(1)
        for path, content in changing.items():
            digest = hashlib.sha256(content).hexdigest()
            entries[path] = _Entry(digest, len(content), 0)
            if not _is_kept(folder, entries[path], is_deep=is_deep):
                storage.make_folder(_object(folder, digest).parent)
                storage.write(_object(folder, digest), content)
                copied += 1
        manifest = {"made_at": by.now.astimezone(UTC).isoformat(timespec="seconds"), "state": catalog.state}
        files = {path: asdict(entry) for path, entry in sorted(entries.items())}
        storage.write(folder / MANIFEST, json.dumps({**manifest, "files": files}, indent=1))
        _prune(folder, {entry.sha256 for entry in entries.values()})
        return BackedUp(catalog.state, len(entries), sum(entry.size_bytes for entry in entries.values()), copied)


def restore(folder: Path, lake: Path, *, progress: Callable[[int], None] = lambda _files: None) -> int:
    """Make a lake of a backup, each file held against its digest; return how many files it has.

    It is made beside its place and gets its name at the end; killed before, it is made again.

    Args:
        folder: the backup.
        lake: where the lake shall be; nothing may be there.
        progress: told after each file.

    Raises:
        LakeError: there is a lake, the backup is none or damaged, or a file cannot be written.
    """
    if lake.exists() and any(lake.iterdir()):
        hint = Text("move it away first: nothing is overwritten")
        raise LakeError(Text("there is a lake already"), where=str(lake), hint=hint)
    entries = read_manifest(folder)
    made = lake.with_name(f".{lake.name}.restored")
    try:
        shutil.rmtree(made, ignore_errors=True)
        for path, entry in entries.items():
            storage.make_folder((made / path).parent)
            with _object(folder, entry.sha256).open("rb") as source, storage.replacing(made / path) as target:
                if _copied(source, target) != entry.sha256:
                    told = Text("the backup is damaged: a file of it has other bytes than when it was made")
                    raise LakeError(told, where=str(_object(folder, entry.sha256)))
            progress(1)
        storage.make_folder(made)
        storage.publish([(made, lake)])
    except OSError as error:
        raise _explained(error, lake) from error
    return len(entries)


def take_over(lake: Lake, folder: Path) -> int:
    """Commit all of a lake that lies in a folder into an object store that has none; return how many files it has.

    The folder stays as it is. Who read raw sightings goes into the copy that this centre has.

    Args:
        lake: the copy of the one in the store.
        folder: outside of the copy.

    Raises:
        LakeError: no store is named or it holds a lake, the folder holds none or is damaged, or one cannot be written.
    """
    if lake.shared is None:
        raise LakeError(Text("no object store is named for the lake of this centre"), hint=Text("write store.toml"))
    if not (folder / changes.FOLDER).is_dir():
        raise LakeError(Text("there is no lake in the folder"), where=str(folder))
    former = Writers(folder, records.CatalogReader(folder))
    try:
        with former.none() as catalog, lake.writers.all() as (_, there):
            roll_ups = {path for path in catalog.roll_up_paths() if (folder / path).exists()}
            files = [(folder / path, path) for path in sorted(catalog.paths() | roll_ups)]
            if there.entries:
                raise LakeError(Text("there is a lake already"), where=lake.shared.place.told)
            moved, making = compacted.read_compacted(folder), rollups.read_making(folder)
            change = Change(None, files=files, records=catalog.commits, moved=moved, making=making)
            lake.shared.commit(change, base=0)
        log = folder / readers.ACCESS_FILE
        if log.exists() and not (lake.folder / readers.ACCESS_FILE).exists():
            storage.write(lake.folder / readers.ACCESS_FILE, log.read_bytes())
    except OSError as error:
        raise _explained(error, folder) from error
    return len(files)


def check(folder: Path, *, progress: Callable[[int], None] = lambda _files: None) -> Checked:
    """Read a backup whole, without its lake: contents are held against their digests, records against the files.

    Args:
        folder: the backup.
        progress: told after each file.

    Raises:
        LakeError: it is none, its manifest is damaged, or another process is writing it.
    """
    manifest = read_manifest(folder)
    try:
        with storage.locked(folder / _LOCK, waits=False):
            about = json.loads((folder / MANIFEST).read_bytes())
            faults = list(_wrong_records(folder, manifest))
            for path, entry in manifest.items():
                if told := _wrong(folder, entry):
                    faults.append((path, told))
                progress(1)
    except BlockingIOError as error:
        raise LakeError(Text("another process is writing this backup"), where=str(folder)) from error
    except OSError as error:
        raise _explained(error, folder) from error
    size = sum(entry.size_bytes for entry in manifest.values())
    return Checked(str(about.get("made_at")), str(about.get("state")), len(manifest), size, tuple(faults))


def _wrong(folder: Path, entry: _Entry) -> Text | None:
    try:
        with _object(folder, entry.sha256).open("rb") as kept:
            is_sound = _copied(kept) == entry.sha256
    except FileNotFoundError:
        return Text("the file is missing")
    except OSError as error:
        return Text("cannot be read: {reason}", reason=SystemText(error.strerror))
    return None if is_sound else Text("the backup is damaged: a file of it has other bytes than when it was made")


def _wrong_records(folder: Path, manifest: dict[str, _Entry]) -> Iterator[tuple[str, Text]]:
    """Yield the commit records that are none, and the files that they list and the backup has not."""
    found, place = list[records.Record](), f"{changes.FOLDER}/"
    for path in (path for path in manifest if path.startswith(place)):
        try:
            content = _object(folder, manifest[path].sha256).read_bytes()
            found.append(records.Record(Delivery.from_json(content, where=path), manifest[path].sha256))
        except FileNotFoundError:
            continue  # told as missing
        except LakeError:
            yield path, Text("this commit record cannot be read")
    try:
        there = manifest.get(compacted.FILE)
        moved = compacted.parse_compacted(_object(folder, there.sha256).read_bytes()) if there else ()
        catalog = records.Catalog(folder, found, moved, making="")
    except FileNotFoundError:
        return
    except LakeError:
        yield changes.FOLDER, Text("the records of the backup do not belong together")
        return
    for path in sorted(catalog.paths() - manifest.keys()):
        yield path, Text("a record lists this file, and the backup has it not")


def read_manifest(folder: Path) -> dict[str, _Entry]:
    """Return the files of a backup by their paths in the lake.

    Raises:
        LakeError: it is none, or its manifest is damaged or leads out of the lake.
    """
    try:
        files = json.loads((folder / MANIFEST).read_bytes())["files"]
        entries = {str(path): _Entry(**entry) for path, entry in files.items()}
        is_sound = all(
            not PurePosixPath(path).is_absolute()
            and ".." not in PurePosixPath(path).parts
            and PurePosixPath(path).name
            and "\0" not in path
            and len(entry.sha256) == 64
            and set(entry.sha256) <= set("0123456789abcdef")
            for path, entry in entries.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LakeError(Text("this is no backup of a lake"), where=str(folder)) from error
    if not is_sound:
        raise LakeError(Text("the manifest of the backup is damaged"), where=str(folder / MANIFEST))
    return entries


@contextmanager
def _alone(lake: Path, folder: Path) -> Iterator[dict[str, _Entry]]:
    """Be the one that writes a backup; yields what it held so far. A folder that is none and not empty is refused."""
    if folder.resolve().is_relative_to(lake.resolve()):
        raise LakeError(Text("a backup does not lie in the lake"), where=str(folder))
    has_manifest = (folder / MANIFEST).exists()
    if not has_manifest and folder.exists() and {path.name for path in folder.iterdir()} - {_OBJECTS, _LOCK}:
        raise LakeError(Text("the folder holds something else than a backup of a lake"), where=str(folder))
    try:
        storage.make_folder(folder / _OBJECTS)
        with storage.locked(folder / _LOCK, waits=False):
            yield read_manifest(folder) if (folder / MANIFEST).exists() else {}
    except BlockingIOError as error:
        raise LakeError(Text("another process is writing this backup"), where=str(folder)) from error
    except OSError as error:
        raise _explained(error, folder) from error


def _changing(lake: Path, deliveries: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that are replaced or grow, as they are while nobody writes."""
    yield from (
        (f"{changes.FOLDER}/{one}.json", (lake / changes.FOLDER / f"{one}.json").read_bytes()) for one in deliveries
    )
    for path in (compacted.FILE, rollups.MAKING_FILE, readers.ACCESS_FILE):
        if (lake / path).exists():
            content = (lake / path).read_bytes()
            whole = content.rpartition(b"\n")
            yield path, (whole[0] + whole[1] if path == readers.ACCESS_FILE else content)


def _is_kept(folder: Path, entry: _Entry, *, is_deep: bool) -> bool:
    """Say whether a content is in the backup: by its size, or by its bytes."""
    kept = _object(folder, entry.sha256)
    if not kept.exists() or kept.stat().st_size != entry.size_bytes:
        return False
    if not is_deep:
        return True
    with kept.open("rb") as there:
        return _copied(there) == entry.sha256


def _keep(path: Path, known: _Entry | None, folder: Path, *, is_deep: bool) -> tuple[_Entry, bool]:
    """Have a file's content in the backup; return its entry, and whether it was not there."""
    state = path.stat()
    stat = state.st_size, state.st_mtime_ns
    if known and stat == (known.size_bytes, known.changed_ns) and _is_kept(folder, known, is_deep=is_deep):
        return known, False
    with path.open("rb") as source:
        digest = _copied(source)
        entry = _Entry(digest, *stat)
        kept = _object(folder, digest)
        if _is_kept(folder, entry, is_deep=is_deep):
            return entry, False
        source.seek(0)
        storage.make_folder(kept.parent)
        with storage.replacing(kept) as target:
            if _copied(source, target) != digest:
                raise LakeError(Text("a file changed while it was copied"), where=str(path))
    return entry, True


def _copied(source: BinaryIO, target: BinaryIO | None = None) -> str:
    """Copy what is left of a file, if there is a target; return its SHA-256 in hex."""
    digest = hashlib.sha256()
    while piece := source.read(_PIECE_BYTES):
        digest.update(piece)
        if target:
            target.write(piece)
    return digest.hexdigest()


def _prune(folder: Path, named: set[str]) -> None:
    for path in (folder / _OBJECTS).glob("*/*"):
        if path.name not in named:
            path.unlink()


def _object(folder: Path, digest: str) -> Path:
    return folder / _OBJECTS / digest[:2] / digest


def _explained(error: OSError, folder: Path) -> LakeError:
    return LakeError(SystemText(error.strerror), where=str(error.filename or folder))
