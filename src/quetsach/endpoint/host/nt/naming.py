r"""Paths as the people of a Windows write them, and as the tree has them: ``C:\Users\An`` and ``/Users/An``.

Nothing is asked of the system here. The other way is ``artefact.windows_text``.
"""

import re

from quetsach.endpoint.errors import ScanError

_NAMED_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"[\\/]{2}[?.][\\/]|\\\?\?\\")
_ON_SHARE = re.compile(r"UNC[\\/]", re.IGNORECASE)


def tree_path_of(text: str, *, current: str, system_drive: str, current_of_drive: str = "") -> bytes:
    r"""Return what a person wrote as a path of the tree of the running Windows.

    Args:
        text: absolute, from the current folder on, from the top of its drive (``\x``), or from the current folder of a
            drive (``C:x``). With ``\\?\`` it is taken as it is written, and may end in dots and spaces.
        current: the current folder, absolute.
        system_drive: the drive whose files have no drive in their path.
        current_of_drive: the current folder of the drive that ``text`` names, where it names one; its top if empty.

    Raises:
        ScanError: it is on another machine, or no file.
    """
    device = _DEVICE.match(text)
    path, is_exact = text[device.end() if device else 0 :], device is not None
    if _ON_SHARE.match(path) if is_exact else path.startswith(("\\\\", "//", "\\/", "/\\")):
        raise ScanError("it is on another machine", where=text, hint="run the tool there, or connect it as a drive")
    if not is_exact:
        path = _absolute(path, current, current_of_drive)
    if not _NAMED_DRIVE.match(path) or path[2:3] not in ("", "\\", "/") or "\0" in path:
        raise ScanError("this is no file or folder of this machine", where=text)
    drive = path[:2].upper()
    names = _names(path[2:], is_exact=is_exact)
    top = [] if drive == system_drive.upper() else [drive]
    return ("/" + "/".join((*top, *names))).encode("utf-8", "surrogatepass")


def inside_path_of(text: str) -> bytes:
    r"""Return what a person wrote of a drive that is looked at as a path of its tree, with or without its letter."""
    path = text[2:] if _NAMED_DRIVE.match(text) else text
    return ("/" + "/".join(_names(path, is_exact=False))).encode("utf-8", "surrogatepass")


def _absolute(path: str, current: str, current_of_drive: str) -> str:
    if _NAMED_DRIVE.match(path):
        is_from_top = path[2:3] in ("\\", "/")
        return path if is_from_top else f"{current_of_drive or path[:2]}\\{path[2:]}"
    current = _DEVICE.sub("", current, count=1)
    return current[:2] + path if path.startswith(("\\", "/")) else f"{current}\\{path}"


def _names(path: str, *, is_exact: bool) -> list[str]:
    """Return the names of a path; Windows takes dots and spaces off their ends unless it is told not to."""
    names: list[str] = []
    for part in re.split(r"[\\/]", path):
        name = part if is_exact else part.rstrip(" .") or part.strip(" ")
        if part == ".." and not is_exact:
            del names[-1:]
        elif name and (is_exact or name.strip(". ")):
            names.append(name)
    return names
