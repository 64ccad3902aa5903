"""Paths of the running system as its tree has them, which on POSIX systems are the same."""

import os
from pathlib import Path


def tree_path(path: str | Path) -> bytes:
    """Return a path of this system, a relative one from the current folder on, as a path of the running tree."""
    return os.fsencode(Path.cwd() / path)


def real_path(path: bytes) -> bytes:
    """Return where a path of the running tree leads, links followed, in a form that can be compared."""
    return os.path.realpath(path)


def inside_path(text: str) -> bytes:
    """Return what a person wrote of a mounted disk as a path of its tree: it starts at the root."""
    return os.fsencode(Path("/" + text.lstrip("/")))
