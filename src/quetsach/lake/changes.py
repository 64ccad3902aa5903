"""What one commit changes of a lake, and how it gets into a folder: what makes it count comes last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from quetsach import storage
from quetsach.lake import compacted, rollups
from quetsach.lake.compacted import Compacted
from quetsach.lake.delivery import Delivery

FOLDER = "deliveries"
"""Of the commit records."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is committed in one step where a journal is kept (``lake.journal``), and in this order where none is.

    Args:
        report: the feed and report that it is about; ``None`` where it is about all of them.
        files: in the writer's folder, each with its path in the lake.
        records: commits that are new, or changed.
        moved: days whose sightings lie in other files from now on.
        forget: days before this one are taken out of what was moved.
        making: of all roll-ups (``rollups.MAKING``), where it is another from now on.
        gone: paths that nothing stands on any more; whoever commits discards them.
    """

    report: tuple[str, str] | None
    files: Sequence[tuple[Path, str]] = ()
    records: Sequence[Delivery] = ()
    moved: Sequence[Compacted] = ()
    forget: date | None = None
    making: str = ""
    gone: Sequence[str] = ()


def publish(folder: Path, change: Change, *, tmp: Path) -> None:
    """Put a change into a lake's folder, on the disk when this returns; for the one writer of what it is about.

    Raises:
        OSError: it cannot be written.
        LakeError: the record of compacted days is damaged.
    """
    for file, _ in change.files:
        storage.sync(file)
    storage.publish((file, folder / path) for file, path in change.files)
    if change.making:
        storage.write(tmp / "making", change.making)
        storage.publish([(tmp / "making", folder / rollups.MAKING_FILE)])
    for commit in change.records:
        storage.write(tmp / "delivery.json", commit.to_json())
        storage.publish([(tmp / "delivery.json", folder / FOLDER / f"{commit.id}.json")])
    if change.moved:
        compacted.revise(folder, change.moved, tmp=tmp)
    if change.forget:
        compacted.forget(folder, before=change.forget, tmp=tmp)


def gathering(
    lake: Path,
    made: Compacted,
    sightings: Sequence[Path],
    *,
    tmp: Path,
    held: Mapping[str, pa.Table] = MappingProxyType({}),
) -> Change:
    """Write the sightings of a day together, divided and in the order of addresses; return what to commit.

    Args:
        lake: the lake's folder.
        made: what the files will hold.
        sightings: the files that hold it now; they stay, for the caller to discard.
        tmp: the writer's folder.
        held: what is in some of them, by their path in the lake.

    Raises:
        LakeError: a file is damaged.
    """
    in_memory = {lake / path: table for path, table in held.items()}
    staged = compacted.stage(compacted.batches_of(sightings, in_memory), made.divisions, tmp=tmp)
    known = next((one for one in compacted.read_compacted(lake) if one.subject == made.subject), made)
    made = replace(made, revision=known.revision, network=known.network, revised=known.revised)
    gone = [str(path.relative_to(lake)) for path in sightings]
    files = list(zip(staged, made.paths, strict=True))
    return Change((made.feed, made.report), files=files, moved=[made], gone=gone)
