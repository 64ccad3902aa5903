"""Short names: ``PROGRA~3`` is ``ProgramData``, ``NGUYEN~1`` a person's folder. Malware starts itself by them.

NTFS keeps them, and ntfs-3g tells them; a copy of a drive has lost them, so there they are guessed as Windows makes
them. Source: Microsoft Learn, "Naming Files, Paths, and Namespaces" and "How Windows Generates 8.3 File Names from
Long File Names".
"""

import os
import re
import unicodedata
from collections.abc import Iterable

SHORT_NAME = "system.ntfs_dos_name"
"""The attribute in which ntfs-3g tells the short name of a file."""

_SHORT = re.compile(rb"([^.~/]{1,6})~([1-9])(?:\.([^.~/]{1,3}))?")
_MOST_ASKED = 20_000
_LEFT_OUT = re.compile(r"[^A-Z0-9!#$%&'()@^_`{}~-]")
_OTHER_LETTERS = str.maketrans("Đđ", "Dd")


def long_name(folder_fd: int, name: bytes, names: Iterable[bytes]) -> bytes | None:
    """Return which of the names in a folder a short name stands for; ``None`` when it is not short, or none of them."""
    form = _SHORT.fullmatch(name)
    if form is None:
        return None
    found = sorted(names)[:_MOST_ASKED]
    told = {other: short for other in found if (short := _told(folder_fd, other))}
    for other, short in told.items():
        if short.upper() == name.upper():
            return other
    base, number, ending = form[1].upper(), int(form[2]), (form[3] or b"").upper()
    alike = [other for other in found if other not in told and _begins(other, base, ending)]
    return alike[number - 1] if number <= len(alike) else None


def _told(folder_fd: int, name: bytes) -> bytes:
    try:
        return os.getxattr(f"/proc/self/fd/{folder_fd}/".encode() + name, SHORT_NAME, follow_symlinks=False)
    except OSError:
        return b""


def _begins(name: bytes, base: bytes, ending: bytes) -> bool:
    """Return whether Windows would make a short name with this base and ending of a name."""
    stem, dot, last = name.decode("utf-8", "replace").rpartition(".")
    if not dot or not stem:
        stem, last = stem + last, ""
    return (_plain(stem)[:6], _plain(last)[:3]) == (base, ending)


def _plain(text: str) -> bytes:
    """Return a text in capitals with what short names may hold: no spaces, no dots, letters without their marks."""
    letters = unicodedata.normalize("NFD", text.translate(_OTHER_LETTERS)).upper()
    return _LEFT_OUT.sub("", letters).encode()
