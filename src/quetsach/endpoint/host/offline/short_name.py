"""Short names: ``PROGRA~3`` is ``ProgramData``, ``NGUYEN~1`` a person's folder. Malware starts itself by them.

NTFS keeps them, and ntfs-3g tells them; a copy of a drive has lost them, so there they are guessed as Windows makes
them. Source: Microsoft Learn, "Naming Files, Paths, and Namespaces" and "How Windows Generates 8.3 File Names from
Long File Names".
"""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

SHORT_NAME = "system.ntfs_dos_name"
"""The attribute in which ntfs-3g tells the short name of a file."""

_SHORT = re.compile(rb"([^.~/]{1,6})~([1-9])(?:\.([^.~/]{1,3}))?")
_MOST_ASKED = 20_000
_LEFT_OUT = re.compile(r"[^A-Z0-9!#$%&'()@^_`{}~-]")
_OTHER_LETTERS = str.maketrans("Đđ", "Dd")


@dataclass(frozen=True, slots=True)
class ShortNames:
    """The short names of one folder."""

    told: Mapping[bytes, bytes]
    """In capitals -> long name, as NTFS keeps them."""
    alike: Mapping[tuple[bytes, bytes], Sequence[bytes]]
    """Of names whose short one is not known: base and ending that Windows would give them -> names, in order."""

    @classmethod
    def of(cls, folder_fd: int, names: Iterable[bytes]) -> Self:
        """Ask for the short names of the names in an open folder, so many as are ever asked for."""
        told: dict[bytes, bytes] = {}
        alike: defaultdict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
        for name in sorted(names)[:_MOST_ASKED]:
            if short := _told(folder_fd, name):
                told[short.upper()] = name
            else:
                alike[_parts(name)].append(name)
        return cls(told, alike)

    def long(self, name: bytes) -> bytes | None:
        """Return which name a short one stands for; ``None`` when it is not short, or stands for none of them."""
        form = _SHORT.fullmatch(name)
        if form is None:
            return None
        alike = self.alike.get((form[1].upper(), (form[3] or b"").upper()), ())
        guessed = alike[int(form[2]) - 1] if int(form[2]) <= len(alike) else None
        return self.told.get(name.upper(), guessed)


def is_short(name: bytes) -> bool:
    """Return whether a name has the form of a short one."""
    return _SHORT.fullmatch(name) is not None


def _told(folder_fd: int, name: bytes) -> bytes:
    try:
        return os.getxattr(f"/proc/self/fd/{folder_fd}/".encode() + name, SHORT_NAME, follow_symlinks=False)
    except OSError:
        return b""


def _parts(name: bytes) -> tuple[bytes, bytes]:
    """Return the base and the ending of the short name that Windows would make of a name."""
    stem, dot, last = name.decode("utf-8", "replace").rpartition(".")
    if not dot or not stem:
        stem, last = stem + last, ""
    return _plain(stem)[:6], _plain(last)[:3]


def _plain(text: str) -> bytes:
    """Return a text in capitals with what short names may hold: no spaces, no dots, letters without their marks."""
    letters = unicodedata.normalize("NFD", text.translate(_OTHER_LETTERS)).upper()
    return _LEFT_OUT.sub("", letters).encode()
