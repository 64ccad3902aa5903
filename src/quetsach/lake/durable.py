"""Files that are there whole or not at all, also after a crash or a power cut."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Force a file's content, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents so that they last."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def publish(staged: Path, final: Path) -> None:
    """Move a complete, synced file to its name in one step; one that has the name is replaced."""
    make_folder(final.parent)
    staged.replace(final)
    sync(final.parent)


def write(path: Path, content: bytes, *, staged: Path) -> None:
    """Write a file by way of ``staged``, which is on the same file system."""
    staged.write_bytes(content)
    sync(staged)
    publish(staged, path)
