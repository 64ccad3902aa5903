"""The drives of the machine that a stick was started on."""

import json
import re
from dataclasses import dataclass
from typing import Any

from quetsach.rescue.errors import RescueError
from quetsach.rescue.programs import run

_COLUMNS = "PATH,TYPE,FSTYPE,LABEL,UUID,SIZE,MODEL,PKNAME,HOTPLUG"
_KINDS = {"ntfs": "ntfs", "BitLocker": "bitlocker", "vfat": "fat", "exfat": "exfat"}
_IDENTIFIER = re.compile(r"[0-9A-Fa-f-]{4,40}")
_ON_STICKS = ("fat", "exfat")


@dataclass(frozen=True, slots=True)
class Volume:
    """A file system that Windows may use.

    ``kind`` is ``ntfs``, ``bitlocker`` (encrypted), ``fat`` or ``exfat``; ``name`` what its owner called it, ``disk``
    the model of the disk it lies on, ``identifier`` its own number, by which a later start knows it again.
    """

    path: str
    kind: str
    name: str
    identifier: str
    size_bytes: int
    disk: str

    @property
    def is_locked(self) -> bool:
        """Whether it must be opened with a key first."""
        return self.kind == "bitlocker"


def volumes(own_disk: str) -> tuple[Volume, ...]:
    """Return the drives of this machine, but for those of the stick itself.

    Args:
        own_disk: name of the disk that the stick is (``sdb``); empty if it is none.

    Raises:
        RescueError: they cannot be listed.
    """
    return read_volumes(run("lsblk", "--json", "--bytes", "--list", "--output", _COLUMNS), own_disk)


def read_volumes(listing: str, own_disk: str) -> tuple[Volume, ...]:
    """Return the drives that ``lsblk`` lists; FAT only on what can be unplugged, for on others it is the firmware's.

    Raises:
        RescueError: the listing is not of that form.
    """
    try:
        rows = json.loads(listing)["blockdevices"]
        models = {row["path"]: row.get("model") for row in rows}
        found = [_volume(row, models) for row in rows if _counts(row, own_disk)]
    except (ValueError, KeyError, TypeError) as error:
        raise RescueError("the drives of this machine cannot be listed") from error
    return tuple(found)


def _counts(row: dict[str, Any], own_disk: str) -> bool:
    kind = _KINDS.get(row["fstype"] or "")
    if kind is None or (own_disk and own_disk in (row["pkname"], row["path"].rpartition("/")[2])):
        return False
    return bool(row["hotplug"]) if kind in _ON_STICKS else True


def _volume(row: dict[str, Any], models: dict[str, Any]) -> Volume:
    identifier = str(row["uuid"] or "")
    return Volume(
        path=row["path"],
        kind=_KINDS[row["fstype"]],
        name=str(row["label"] or ""),
        identifier=identifier if _IDENTIFIER.fullmatch(identifier) else row["path"].rpartition("/")[2],
        size_bytes=int(row["size"]),
        disk=" ".join(str(models.get(f"/dev/{row['pkname']}") or row["model"] or "").split()),
    )
