"""The folder of a repository as it lies on disk: which metadata counts, which files it lists, how both are written.

Files are written whole under another name and renamed; ``timestamp.json`` comes last and commits everything before it.

Source: The Update Framework specification 1.0, sections 4 (formats) and 6 (repository).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuf.api.exceptions import LengthOrHashMismatchError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from quetsach import storage
from quetsach.packs.errors import SigningError

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
                raise SigningError("a published file is damaged", where=str(path), hint="publish it again") from error
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
        hint = "restore it from a copy: versions must never go back"
        raise SigningError("the repository's metadata is damaged", where=str(path), hint=hint) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that everybody may read so that its name never stands for half of it, also after a power cut."""
    storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
    storage.write(path, content, mode=storage.SHARED)
