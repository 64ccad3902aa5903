"""The files of a pack: as a folder that is read, and as one opaque file that no scanner takes for malware."""

import hashlib
import lzma
import os
from collections.abc import Mapping
from pathlib import Path

from quetsach import storage
from quetsach.core.indicator_list import ListKind
from quetsach.core.text import Number, SystemText, Text
from quetsach.packs import ContainerError, PackError

# A pack as one opaque file, ``<family>-<version>.qsp``: compressed, and masked so that no scanner reads our rules.
#
# Form: magic ``QSPACK1\n``, 16 bytes of key, then the masked body. The body is the XZ stream of the files, each as
# length of the name (1 byte), name, length (4 bytes, big-endian), bytes. The mask is SHAKE-256 of the key. The key is
# taken from the SHA-256 of the files, and is checked after unpacking, so damage is noticed. This is no protection from
# forgery: signatures are (TUF).

FILES = ("pack.toml", "rules.yar", "recipe.toml", "guidance.vi.md", "guidance.en.md", "sources.md")
"""What a pack consists of. ``specimen.py`` stays with the analysts."""

GUIDANCE_FILES = ("pack.toml", "guidance.vi.md", "guidance.en.md", "sources.md")
"""What a pack for devices consists of, on which the tool does not run: it tells people what to do."""

CONTAINER_LIMIT_BYTES = 8 << 20
"""A packed file may not be larger."""

CONTENT_LIMIT_BYTES = 32 << 20
"""What it unpacks to may not be larger."""

_MAGIC = b"QSPACK1\n"
_KEY_BYTES = 16
_MEMORY_LIMIT_BYTES = 128 << 20
_MOST_FILES = 64
_HINT = Text("name a .qsp file or the folder of a pack; what was downloaded is downloaded again")


def pack(content: Mapping[str, bytes]) -> bytes:
    """Return the container of the given files (name -> bytes); the same files give the same bytes.

    Raises:
        ContainerError: there are too many or too large files, or a name is unfit.
    """
    parts = []
    for name in sorted(content):
        encoded = name.encode()
        if not 0 < len(encoded) < 256:
            raise ContainerError(Text("the file name {name} does not fit", name=repr(name)))
        parts += [bytes([len(encoded)]), encoded, len(content[name]).to_bytes(4), content[name]]
    body = b"".join(parts)
    if len(content) > _MOST_FILES or len(body) > CONTENT_LIMIT_BYTES:
        raise ContainerError(
            Text("more than {files} files or {size} bytes", files=_MOST_FILES, size=Number(CONTENT_LIMIT_BYTES)),
            hint=Text("make it smaller"),
        )
    key = hashlib.sha256(body).digest()[:_KEY_BYTES]
    packed = lzma.compress(body, format=lzma.FORMAT_XZ, check=lzma.CHECK_NONE, preset=6)
    if len(packed) > CONTAINER_LIMIT_BYTES - len(_MAGIC) - _KEY_BYTES:
        raise ContainerError(
            Text("larger than {size} bytes when packed", size=Number(CONTAINER_LIMIT_BYTES)),
            hint=Text("make it smaller"),
        )
    return _MAGIC + key + _masked(packed, key)


def unpack(raw: bytes) -> dict[str, bytes]:
    """Return the files of a container: name -> bytes.

    Raises:
        ContainerError: the bytes are no container, are damaged, or unpack to too much.
    """
    if not raw.startswith(_MAGIC) or len(raw) > CONTAINER_LIMIT_BYTES:
        raise ContainerError(Text("this is not a packed .qsp file"), hint=_HINT)
    key = raw[len(_MAGIC) : len(_MAGIC) + _KEY_BYTES]
    body = _decompress(_masked(raw[len(_MAGIC) + _KEY_BYTES :], key))
    if hashlib.sha256(body).digest()[:_KEY_BYTES] != key:
        raise ContainerError(Text("the pack is damaged: its check sum differs"), hint=_HINT)
    return _split(body)


def _decompress(packed: bytes) -> bytes:
    decompressor = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MEMORY_LIMIT_BYTES)
    try:
        body = decompressor.decompress(packed, max_length=CONTENT_LIMIT_BYTES)
    except (lzma.LZMAError, MemoryError, EOFError):
        raise ContainerError(Text("the pack is damaged: it cannot be unpacked"), hint=_HINT) from None
    if not decompressor.eof or decompressor.unused_data:
        raise ContainerError(Text("the pack is damaged: cut short, too long or too large"), hint=_HINT)
    return body


def _split(body: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    at = 0
    while at < len(body):
        name_end = at + 1 + body[at]
        start = name_end + 4
        end = start + int.from_bytes(body[name_end:start])
        if end > len(body) or len(files) >= _MOST_FILES:
            raise ContainerError(Text("the pack is damaged: its files do not add up"), hint=_HINT)
        name = body[at + 1 : name_end].decode("utf-8", "backslashreplace")
        if name in files:
            raise ContainerError(Text("the pack has the file {name} twice", name=repr(name)), hint=_HINT)
        files[name] = body[start:end]
        at = end
    return files


def _masked(data: bytes, key: bytes) -> bytes:
    if not data:
        return b""
    stream = hashlib.shake_256(key).digest(len(data))
    return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(len(data))


# The files of a pack folder, read and not yet understood: what a build needs, without a match engine.

FILE_LIMIT_BYTES = 4 << 20

LIST_FILES = tuple(kind.file_name for kind in ListKind)
"""What a pack may have besides ``container.FILES``."""

LIST_LIMIT_BYTES = 16 << 20


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the content of a pack folder: file name -> bytes; which files it must have, its ``pack.toml`` decides.

    Raises:
        PackError: a file is unreadable or too large, or one is missing that every pack has.
    """
    names = [n for n in (*FILES, *LIST_FILES) if n in GUIDANCE_FILES or os.path.lexists(folder / n)]
    return {n: read_file(folder / n, LIST_LIMIT_BYTES if n in LIST_FILES else FILE_LIMIT_BYTES) for n in names}


def read_file(path: Path, limit: int) -> bytes:
    """Return the bytes of a file of a pack.

    Raises:
        PackError: it is unreadable or larger than ``limit`` bytes.
    """
    try:
        with path.open("rb") as file:
            raw = storage.read_up_to(file, limit)
    except OSError as error:
        raise PackError(
            Text("cannot be read: {reason}", reason=SystemText(error.strerror)),
            where=str(path),
            hint=Text("a pack needs this file"),
        ) from None
    if len(raw) > limit:
        raise PackError(
            Text("larger than {limit} bytes", limit=Number(limit)),
            where=str(path),
            hint=Text("a pack's files are small texts"),
        )
    return raw
