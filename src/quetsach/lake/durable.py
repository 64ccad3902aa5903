"""Files that are there whole or not at all, also after a crash or a power cut."""

import os
from collections.abc import Iterable
from pathlib import Path


def sync(path: Path) -> None:
    """Force a file's content, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder with its parents so that they last."""
    for touched in sorted(_make_folder(folder)):
        sync(touched)


def publish(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move complete, synced files to their names, each in one step; all last when this returns.

    A file that has the name already is replaced. Folders are synced together at the end: a journal then has to be
    written once for all of them.
    """
    touched: set[Path] = set()
    for staged, final in moves:
        touched |= _make_folder(final.parent) | {final.parent}
        staged.replace(final)
    for folder in sorted(touched):
        sync(folder)


def write(path: Path, content: bytes, *, staged: Path) -> None:
    """Write a file by way of ``staged``, which is on the same file system."""
    staged.write_bytes(content)
    sync(staged)
    publish([(staged, path)])


def _make_folder(folder: Path) -> set[Path]:
    """Create a folder with its parents; return the folders that got a new name in them."""
    if folder.is_dir():
        return set()
    touched = _make_folder(folder.parent) | {folder.parent}
    folder.mkdir(exist_ok=True)
    return touched
