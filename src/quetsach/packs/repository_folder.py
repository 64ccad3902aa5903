"""The folder of a repository on disk: which metadata counts, how it is written, and what no client needs any more."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuf.api.exceptions import LengthOrHashMismatchError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs import SigningError

# The folder of a repository as it lies on disk: which metadata counts, which files it lists, how both are written.
#
# Files are written whole under another name and renamed; ``timestamp.json`` comes last and commits everything before
# it.
#
# Source: The Update Framework specification 1.0, sections 4 (formats) and 6 (repository).

type Delegator = Root | Targets


@dataclass(frozen=True, slots=True)
class Document:
    """Signed metadata with the exact bytes of its file, which is what snapshot and timestamp vouch for."""

    metadata: Metadata[Any]
    raw: bytes

    @property
    def signed(self) -> Signed:
        """Return what is signed, without the signatures."""
        signed: Signed = self.metadata.signed
        return signed

    @property
    def listed(self) -> dict[str, TargetFile]:
        """Return the files that it lists, if it is of a role that lists any."""
        return dict(self.signed.targets) if isinstance(self.signed, Targets) else {}

    @property
    def meta(self) -> MetaFile:
        """Return what a snapshot or timestamp says of it."""
        return MetaFile.from_data(self.signed.version, self.raw, ["sha256"])

    def holds_under(self, delegator: Delegator, role: str) -> bool:
        """Say whether enough keys of the role, as the delegator names them, have signed."""
        try:
            delegator.verify_delegate(role, self.metadata.signed_bytes, self.metadata.signatures)
        except (UnsignedMetadataError, ValueError):
            return False
        return True


class RepositoryFolder:
    """``metadata/`` and ``targets/`` of a repository, and ``pending/`` with a root that waits for signatures."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metadata = path / "metadata"
        self._targets = path / "targets"

    def old(self, role: str) -> Document | None:
        """Return what clients see of a role: of root the highest number, of the rest what timestamp leads to.

        Raises:
            SigningError: a file is damaged.
        """
        if role == "root":
            numbers = [int(p.name.split(".")[0]) for p in self.metadata.glob("*.root.json") if p.name[0].isdecimal()]
            return self.read(f"{max(numbers)}.root.json") if numbers else None
        if role == "timestamp":
            return self.read("timestamp.json")
        leader = self.old("timestamp" if role == "snapshot" else "snapshot")
        match leader.signed if leader else None:
            case Timestamp(snapshot_meta=listed) if role == "snapshot":
                return self.read(f"{listed.version}.snapshot.json")
            case Snapshot(meta=meta) if role != "snapshot" and f"{role}.json" in meta:
                return self.read(f"{meta[f'{role}.json'].version}.{role}.json")
        return None

    def last(self, role: str) -> Document | None:
        """Return the highest version of a role that lies here, whether clients see it already or not.

        Raises:
            SigningError: a file is damaged.
        """
        old = self.old(role)
        if role in {"root", "timestamp"}:
            return old
        version = old.signed.version if old else 0
        while (following := self.read(f"{version + 1}.{role}.json")) is not None:
            if following.signed.version != version + 1:
                break  # an older one under a newer name: every client would refuse a snapshot that goes back to it
            old, version = following, version + 1
        return old

    def is_complete(self, document: Document) -> bool:
        """Say whether all files that it lists are here and are what was signed."""
        for target in document.listed.values():
            try:
                target.verify_length_and_hashes(self._file_of(target).read_bytes())
            except (OSError, LengthOrHashMismatchError):
                return False
        return True

    def published(self, role: str) -> dict[str, bytes]:
        """Return the files that a role lists for clients, by name without its folder.

        Raises:
            SigningError: a file is missing or is not what was signed.
        """
        old = self.old(role)
        return self.files_of(role, old) if old else {}

    def files_of(self, role: str, document: Document) -> dict[str, bytes]:
        """Return the files that a list of a role names, by name without its folder.

        Raises:
            SigningError: a file is missing or is not what was signed.
        """
        files = {}
        for target in document.listed.values():
            path = self._file_of(target)
            try:
                content = path.read_bytes()
                target.verify_length_and_hashes(content)
            except (OSError, LengthOrHashMismatchError) as error:
                raise SigningError(
                    Text("a published file is damaged"), where=str(path), hint=Text("publish it again")
                ) from error
            files[target.path.removeprefix(f"{role}/")] = content
        return files

    def store_file(self, role: str, name: str, content: bytes) -> TargetFile:
        """Write a file under the name that carries its hash."""
        target = TargetFile.from_data(f"{role}/{name}", content, ["sha256"])
        path = self._file_of(target)
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
        return target

    def store(self, role: str, document: Document) -> None:
        """Write metadata under the name that clients ask for."""
        name = "timestamp.json" if role == "timestamp" else f"{document.signed.version}.{role}.json"
        write_whole(self.metadata / name, document.raw)

    def pending_root(self, version: int) -> Path:
        """Return where a root of that version waits for its signatures."""
        return self.path / "pending" / f"{version}.root.json"

    def read(self, name: str) -> Document | None:
        """Read a file of metadata by its name; ``None`` if there is none.

        Raises:
            SigningError: it is damaged.
        """
        return read_document(self.metadata / name)

    def _file_of(self, target: TargetFile) -> Path:
        role, _, name = target.path.partition("/")
        return self._targets / role / f"{target.hashes['sha256']}.{name}"


def read_document(path: Path) -> Document | None:
    """Read a file of metadata; ``None`` if there is none.

    Raises:
        SigningError: it is damaged.
    """
    try:
        raw = path.read_bytes()
        return Document(Metadata.from_bytes(raw), raw)
    except FileNotFoundError:
        return None
    except DeserializationError as error:
        hint = Text("restore it from a copy: versions must never go back")
        raise SigningError(Text("the repository's metadata is damaged"), where=str(path), hint=hint) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that everybody may read so that its name never stands for half of it, also after a power cut."""
    storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
    storage.write(path, content, mode=storage.SHARED)


# Old metadata and files that no client can still need leave the repository.
#
# All versions of the root stay for ever: a client that slept for years climbs them one by one. Of the other roles the
# newest stay, so that a client in the middle of an update finds what the timestamp it read leads to; files go with the
# last list that names them.

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
