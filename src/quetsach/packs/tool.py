"""Seal a built wheel of the tool with a centre's root of trust and address, so that its first update needs no trust.

A wheel is a zip with a list of its files and their hashes (``RECORD``); two files are added under ``bundled/trust`` and
the list is written anew. The same wheel and root always give the same bytes.

Source: PyPA specifications, "Binary distribution format" (wheel 1.0) and "Recording installed projects".
"""

import base64
import csv
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping

from quetsach.packs.errors import PackError
from quetsach.packs.trust import REPOSITORY_FILE, ROOT_FILE, Trust, repository_toml

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


def seal_tool(wheel: bytes, *, root: bytes, repository: str, reports: str = "") -> bytes:
    """Return the wheel with a root of trust and the addresses of its centre inside.

    Args:
        wheel: a built wheel; one that was sealed before is sealed anew.
        root: the bytes of the centre's TUF root.
        repository: address of its repository; may be empty.
        reports: address where it takes reports; may be empty.

    Raises:
        ToolError: this is no wheel, or one of unreasonable size.
    """
    try:
        files = _read(wheel)
    except _NOT_A_ZIP as error:
        raise ToolError("this is not a wheel", hint=str(error)) from error
    record = next((name for name in files if name.endswith(".dist-info/RECORD") and name.count("/") == 1), None)
    if record is None:
        raise ToolError("this is not a wheel", hint="it has no list of its files (RECORD)")
    files[f"{TRUST_FOLDER}/{ROOT_FILE}"] = root
    files[f"{TRUST_FOLDER}/{REPOSITORY_FILE}"] = repository_toml(Trust(root, repository, reports)).encode()
    del files[record]
    files[record] = _record(files, record)
    return _write(files)


def sealed_root(wheel: bytes) -> bytes:
    """Return the root of trust with which a wheel was sealed; empty for one that was not.

    Raises:
        ToolError: this is no wheel.
    """
    try:
        return _read(wheel).get(f"{TRUST_FOLDER}/{ROOT_FILE}", b"")
    except _NOT_A_ZIP as error:
        raise ToolError("this is not a wheel", hint=str(error)) from error


def _read(wheel: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > _WHEEL_LIMIT_BYTES:
            raise ToolError("the wheel is larger than a tool can be")
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
