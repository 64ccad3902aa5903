r"""Where a file is that the kernel names: ``\Device\HarddiskVolume3\x``, ``\??\C:\x`` and ``C:\x`` are ``/x``."""

from collections.abc import Mapping

_PREFIXES = ("\\??\\", "\\\\?\\", "\\dosdevices\\")
_DEVICE = "\\device\\"


def tree_path(name: str, drives: Mapping[str, str], system_drive: str) -> bytes:
    r"""Return a path of the tree; empty for an empty name.

    What lies on no drive gets the name of its device as its first name: ``/Mup:/server/share/x.exe``. No file of the
    tree has such a path, so nothing is found by it, and people see where it came from.

    Args:
        name: of a file, absolute.
        drives: device -> drive (``\Device\HarddiskVolume3`` -> ``C:``).
        system_drive: the drive whose files have no drive in their path (``C:``).
    """
    is_named = bool(name)
    for prefix in _PREFIXES:
        if name[: len(prefix)].casefold() == prefix:
            name = name[len(prefix) :]
    if name[: len(_DEVICE)].casefold() == _DEVICE:
        name = _on_drive(name, drives)
    elif name.startswith("\\\\"):
        name = f"Mup:\\{name[2:]}"
    parts = [part for part in name.replace("/", "\\").split("\\") if part]
    if parts and parts[0].casefold() == system_drive.casefold():
        del parts[0]
    elif parts and len(parts[0]) == 2 and parts[0][1] == ":":
        parts[0] = parts[0].upper()
    return ("/" + "/".join(parts)).encode("utf-8", "surrogatepass") if parts or is_named else b""


def is_of_the_tree(path: bytes) -> bool:
    """Return whether a path that ``tree_path`` gave lies on a drive."""
    first = path[1:].partition(b"/")[0]
    return bool(path) and (not first.endswith(b":") or len(first) == 2)


def _on_drive(name: str, drives: Mapping[str, str]) -> str:
    for device, drive in drives.items():
        if name.casefold().startswith(f"{device}\\".casefold()):
            return f"{drive}{name[len(device) :]}"
    device, _, rest = name[len(_DEVICE) :].partition("\\")
    return f"{device}:\\{rest}"
