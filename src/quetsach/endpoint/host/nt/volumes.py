"""Which disks a running Windows has, where they are seen in the tree, and which a scan stays out of."""

import re

from quetsach.endpoint.host.mount import Mount
from quetsach.endpoint.host.nt.drives import CD, NETWORK, MachineDrives, is_substitute
from quetsach.endpoint.host.nt.file_calls import VolumeCalls
from quetsach.endpoint.host.nt.names import bytes_of
from quetsach.endpoint.host.nt.tree import shunned
from quetsach.endpoint.trouble import Reason

_SUBSTITUTE = re.compile(r"\\\?\?\\([A-Za-z]):(.*)", re.DOTALL)


def mounts(calls: VolumeCalls) -> tuple[Mount, ...]:
    """Return where disks are seen: by letters, in folders, and as folders that have a letter (``subst``)."""
    drives = MachineDrives(calls)
    found: list[Mount] = []
    known: dict[str, bytes] = {}
    for letter, drive in drives.kinds().items():
        if not is_substitute(drive):
            volume = calls.volume_of(f"{letter}:\\") or drive.device or letter
            known[letter] = bytes_of(volume)
            found.append(Mount(known[letter], b"", _place(drives, f"{letter}:")))
            found += [
                Mount(known[letter], b"", _place(drives, place)) for place in calls.places_of(volume) if len(place) > 3
            ]
    for letter, drive in drives.kinds().items():
        if (substitute := _SUBSTITUTE.fullmatch(drive.device)) and (device := known.get(substitute[1].upper())):
            top = bytes_of(substitute[2].replace("\\", "/")).rstrip(b"/")
            found.append(Mount(device, top, _place(drives, f"{letter}:")))
    return tuple(dict.fromkeys(found))


def devices_shunned(calls: VolumeCalls) -> dict[int, Reason]:
    """Return device number -> reason for drives that a scan does not go into by itself."""
    reasons = {NETWORK: Reason.NETWORK, CD: Reason.VIRTUAL}
    return {
        shunned(f"{letter}:".encode()).volume: reasons[drive.kind]
        for letter, drive in MachineDrives(calls).kinds().items()
        if drive.kind in reasons
    }


def _place(drives: MachineDrives, path: str) -> bytes:
    return drives.inside(f"\\??\\{path.rstrip('\\')}").rstrip(b"/")
