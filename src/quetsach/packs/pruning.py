"""Old metadata and files that no client can still need leave the repository.

All versions of the root stay for ever: a client that slept for years climbs them one by one. Of the other roles the
newest stay, so that a client in the middle of an update finds what the timestamp it read leads to; files go with the
last list that names them.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tuf.api.metadata import Metadata, Signed, Targets
from tuf.api.serialization import DeserializationError

KEEP = 10
"""So many versions of each role's metadata stay."""

_METADATA = re.compile(r"(\d{1,9})\.([a-z]+)\.json")


def prune(repository: Path, versions: Mapping[str, int], keep: int = KEEP) -> int:
    """Delete what lies behind the newest ``keep`` versions of each role, and return how many files went.

    Args:
        repository: its folder.
        versions: the current version by role; roles that are not in it are left alone.
        keep: how many versions stay, at least one.
    """
    gone = 0
    for path in (repository / "metadata").iterdir():
        found = _METADATA.fullmatch(path.name)
        if not found or found[2] not in versions or found[2] == "root":
            continue
        if int(found[1]) <= versions[found[2]] - max(keep, 1):
            path.unlink(missing_ok=True)
            gone += 1
    listed = _listed(repository / "metadata")
    for role in versions.keys() & listed.keys():
        for path in (repository / "targets" / role).glob("*"):
            if path.name not in listed[role]:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _listed(metadata: Path) -> dict[str, set[str]]:
    """Return the names of files, as they lie in their folder, that any list that is left names."""
    listed: dict[str, set[str]] = {}
    for path in metadata.iterdir():
        found = _METADATA.fullmatch(path.name)
        with suppress(DeserializationError, OSError):
            signed: Signed | None = Metadata.from_file(str(path)).signed if found else None
            if found and isinstance(signed, Targets):
                names = listed.setdefault(found[2], set())
                for target in signed.targets.values():
                    _, _, name = target.path.partition("/")
                    names.update(f"{digest}.{name}" for digest in target.hashes.values())
    return listed
