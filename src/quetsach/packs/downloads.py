"""What people download: the list of a release's files, and a wheel sealed with a centre's root of trust."""

import base64
import csv
import hashlib
import io
import json
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.core.help_line import NO_HELP_LINE, HelpLine
from quetsach.core.text import Text
from quetsach.installation import HELP_FILE
from quetsach.packs import PackError
from quetsach.packs.source import REPOSITORY_FILE, ROOT_FILE, Trust, repository_toml

# What people download: the list of a release's files, which lies beside them as ``release.json``.
#
# Each file stands for one system and one kind of use. Sizes and hashes are those of the file as it is handed out, so
# signatures are made before the list. The builders write the list; a centre reads it to publish and to show the files.

FORMAT = "quetsach-release/1"
LIST_FILE = "release.json"
SYSTEMS = ("windows", "linux")
KINDS = {"windows": ("setup", "portable"), "linux": ("bundle", "rescue")}
"""What there may be for a system, the first first: installed for good; run without installation; started from."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,150}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,40}")
_LIST_LIMIT_BYTES = 65_536
_MOST_FILES = 50
_LONGEST_SIGNER = 200
_PIECE_BYTES = 1 << 20


class ReleaseError(PackError):
    """The list of a release, or one of its files, is not as it must be."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Download:
    """One file of a release.

    Args:
        name: its file name.
        system: ``windows`` or ``linux``.
        kind: one of ``KINDS`` of that system.
        machine: the processor it runs on, such as ``x64``.
        version: of the tool inside.
        size_bytes: of the file as it is handed out.
        sha256: of the same, in hex.
        signed_by: who signed the file itself (Authenticode); empty where nobody did.
        root_sha256: of the root of trust inside, in hex; empty where there is none.
    """

    name: str
    system: str
    kind: str
    machine: str
    version: str
    size_bytes: int
    sha256: str
    signed_by: str = ""
    root_sha256: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or ".." in self.name:
            raise ReleaseError(Text("{name} is not a name that a file of a release can have", name=repr(self.name)))
        if self.kind not in KINDS.get(self.system, ()):
            raise ReleaseError(
                Text("there is no {kind} for {system}", kind=repr(self.kind), system=repr(self.system)), where=self.name
            )
        if not _VERSION.fullmatch(self.version) or not _VERSION.fullmatch(self.machine):
            raise ReleaseError(Text("the version or the machine is no such word"), where=self.name)
        if self.size_bytes <= 0 or not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ReleaseError(Text("the size or the SHA-256 is none"), where=self.name)
        if not re.fullmatch(r"([0-9a-f]{64})?", self.root_sha256):
            raise ReleaseError(Text("the SHA-256 of the root of trust is none"), where=self.name)
        if len(self.signed_by) > _LONGEST_SIGNER or not self.signed_by.isprintable():
            raise ReleaseError(Text("the name of the signer is none"), where=self.name)


def described(
    path: Path, *, system: str, kind: str, version: str, machine: str = "x64", signed_by: str = "", root: bytes = b""
) -> Download:
    """Return the entry of a file that is there; ``root`` is the root of trust inside.

    Raises:
        ReleaseError: it cannot be read, or a word is not one that the list can have.
    """
    size_bytes, sha256 = _measured(path)
    root_sha256 = hashlib.sha256(root).hexdigest() if root else ""
    return Download(path.name, system, kind, machine, version, size_bytes, sha256, signed_by, root_sha256)


def add_downloads(folder: Path, entries: Iterable[Download]) -> tuple[Download, ...]:
    """Put entries into the list of a folder, in place of those for the same system and kind; return the whole list.

    Raises:
        ReleaseError: the list that is there is damaged.
        OSError: it cannot be written.
    """
    kept = {(e.system, e.kind, e.machine): e for e in _read(folder) or ()}
    kept |= {(e.system, e.kind, e.machine): e for e in entries}
    whole = tuple(sorted(kept.values(), key=_place))
    text = json.dumps({"format": FORMAT, "files": [asdict(entry) for entry in whole]}, indent=1, ensure_ascii=False)
    storage.write(folder / LIST_FILE, text + "\n", mode=storage.SHARED)
    return whole


def read_downloads(folder: Path) -> tuple[Download, ...]:
    """Return the list of a release whose files are all there and are what the list says; none where there is no list.

    Raises:
        ReleaseError: the list is damaged, or a file is missing or is another one.
    """
    entries = _read(folder) or ()
    for entry in entries:
        if _measured(folder / entry.name) != (entry.size_bytes, entry.sha256):
            raise ReleaseError(Text("the file is not the one of the list"), where=str(folder / entry.name))
    return entries


def parse_downloads(raw: bytes, *, where: str = "") -> tuple[Download, ...]:
    """Read the text of a list.

    Raises:
        ReleaseError: it is none.
    """
    try:
        listed: Any = json.loads(raw)
        if listed["format"] != FORMAT or len(listed["files"]) > _MOST_FILES:
            raise ReleaseError(
                Text("this version does not read such a list"), where=where, hint=Text("a newer one may be needed")
            )
        return tuple(Download(**_typed(entry)) for entry in listed["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReleaseError(Text("the list of the release is damaged"), where=where, hint=str(error)) from error


def _typed(entry: dict[str, Any]) -> dict[str, Any]:
    for name, value in entry.items():
        if not isinstance(value, int if name == "size_bytes" else str) or isinstance(value, bool):
            raise TypeError(name)
    return entry


def _place(entry: Download) -> tuple[int, int, str]:
    return SYSTEMS.index(entry.system), KINDS[entry.system].index(entry.kind), entry.machine


def _read(folder: Path) -> tuple[Download, ...] | None:
    path = folder / LIST_FILE
    try:
        with path.open("rb") as file:
            raw = storage.read_up_to(file, _LIST_LIMIT_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReleaseError(Text("the list of the release cannot be read"), where=str(path), hint=str(error)) from error
    return parse_downloads(raw, where=str(path))


def _measured(path: Path) -> tuple[int, str]:
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
                size_bytes += len(piece)
    except OSError as error:
        raise ReleaseError(Text("the file cannot be read"), where=str(path), hint=str(error)) from error
    return size_bytes, digest.hexdigest()


# Seal a built wheel of the tool with a centre's root of trust and address, so that its first update needs no trust.
#
# A wheel is a zip with a list of its files and their hashes (``RECORD``); three files are added under ``bundled/trust``
# and the list is written anew. The same wheel and root always give the same bytes.
#
# Source: PyPA specifications, "Binary distribution format" (wheel 1.0) and "Recording installed projects".

TRUST_FOLDER = "quetsach/bundled/trust"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NOT_A_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    struct.error,
)
_WHEEL_LIMIT_BYTES = 256 * 1024 * 1024


class ToolError(PackError):
    """The file is no wheel that can be sealed."""

    exit_code = 1


def seal_tool(
    wheel: bytes, *, root: bytes, repository: str, reports: str = "", help_line: HelpLine = NO_HELP_LINE
) -> bytes:
    """Return the wheel with a root of trust, the addresses of its centre and whom people call inside.

    Args:
        wheel: a built wheel; one that was sealed before is sealed anew.
        root: the bytes of the centre's TUF root.
        repository: address of its repository; may be empty.
        reports: address where it takes reports; may be empty.
        help_line: whom people call.

    Raises:
        ToolError: this is no wheel, or one of unreasonable size.
    """
    try:
        files = _read_wheel(wheel)
    except _NOT_A_ZIP as error:
        raise ToolError(Text("this is not a wheel"), hint=str(error)) from error
    record = next((name for name in files if name.endswith(".dist-info/RECORD") and name.count("/") == 1), None)
    if record is None:
        raise ToolError(Text("this is not a wheel"), hint=Text("it has no list of its files (RECORD)"))
    files[f"{TRUST_FOLDER}/{ROOT_FILE}"] = root
    files[f"{TRUST_FOLDER}/{REPOSITORY_FILE}"] = repository_toml(Trust(root, repository, reports)).encode()
    files[f"{TRUST_FOLDER}/{HELP_FILE}"] = json.dumps(dict(help_line.as_texts()), indent=1).encode()
    del files[record]
    files[record] = _record(files, record)
    return _write(files)


def sealed_root(wheel: bytes) -> bytes:
    """Return the root of trust with which a wheel was sealed; empty for one that was not.

    Raises:
        ToolError: this is no wheel.
    """
    try:
        return _read_wheel(wheel).get(f"{TRUST_FOLDER}/{ROOT_FILE}", b"")
    except _NOT_A_ZIP as error:
        raise ToolError(Text("this is not a wheel"), hint=str(error)) from error


def _read_wheel(wheel: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > _WHEEL_LIMIT_BYTES:
            raise ToolError(Text("the wheel is larger than a tool can be"))
        return {entry.filename: archive.read(entry) for entry in entries}


def _record(files: Mapping[str, bytes], record: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow([name, f"sha256={digest}", len(content)])
    rows.writerow([record, "", ""])
    return text.getvalue().encode()


def _write(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()
