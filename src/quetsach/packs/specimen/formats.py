"""Binary files of Windows, written from nothing: shortcuts, jobs, cached actions, a repository of WMI."""

import hashlib
import struct
from collections.abc import Sequence
from uuid import UUID

LINK_CLASS = UUID("00021401-0000-0000-c000-000000000046")


def build_shortcut(  # one parameter for each part of the form
    *,
    local_path: str = "",
    wide_path: str = "",
    arguments: str = "",
    folder: str = "",
    relative: str = "",
    environment: str = "",
    items: Sequence[str] = (),
) -> bytes:
    """Return a .lnk file ([MS-SHLLINK]); ``items`` are the names below the drive C: of its item list."""
    flags = 0x80 | (1 if items else 0) | (2 if local_path or wide_path else 0)
    flags |= (
        (8 if relative else 0) | (0x10 if folder else 0) | (0x20 if arguments else 0) | (0x200 if environment else 0)
    )
    body = struct.pack("<I16sI", 0x4C, LINK_CLASS.bytes_le, flags).ljust(0x4C, b"\0")
    if items:
        parts = [b"\x2fC:\\".ljust(23, b"\0"), *(_item(name) for name in items)]
        listed = b"".join(struct.pack("<H", len(part) + 2) + part for part in parts) + b"\0\0"
        body += struct.pack("<H", len(listed)) + listed
    if local_path or wide_path:
        body += _information(local_path, wide_path)
    for text in (relative, folder, arguments):
        if text:
            body += struct.pack("<H", len(text)) + text.encode("utf-16-le")
    if environment:
        block = environment.encode("latin-1", "replace").ljust(260, b"\0") + environment.encode("utf-16-le").ljust(
            520, b"\0"
        )
        body += struct.pack("<II", 0x314, 0xA0000001) + block
    return body + bytes(4)


def _item(name: str) -> bytes:
    """Return a shell item of a file with its long name in the extension 0xBEEF0004, version 3."""
    short = b"SHORT~1\0"
    wide = (name + "\0").encode("utf-16-le")
    extension = struct.pack("<HHIIIHH", 20 + len(wide) + 2, 3, 0xBEEF0004, 0, 0, 0, 0) + wide + b"\0\0"
    return b"\x31\0" + struct.pack("<IIH", 0, 0, 0x20) + short + extension


def _information(narrow: str, wide: str) -> bytes:
    header = 0x24 if wide else 0x1C
    raw = narrow.encode("latin-1", "replace") + b"\0"
    base, suffix = header, header + len(raw)
    content = raw + b"\0"
    fields = [0, header, 1, 0, base, 0, suffix]
    if wide:
        wide_base = header + len(content)
        content += (wide + "\0").encode("utf-16-le")
        fields += [wide_base, wide_base + 2 * len(wide)]
    fields[0] = header + len(content)
    return struct.pack(f"<{len(fields)}I", *fields) + content


def build_job(
    program: str,
    arguments: str = "",
    *,
    folder: str = "",
    author: str = "",
    flags: int = 0,
    triggers: Sequence[int] = (),
) -> bytes:
    """Return a .job file ([MS-TSCH] 2.4); ``triggers`` are kinds, 7 is a sign-in."""
    texts = b"".join(
        struct.pack("<H", len(text) + 1) + (text + "\0").encode("utf-16-le") if text else b"\0\0"
        for text in (program, arguments, folder, author, "")
    )
    variable = struct.pack("<H", 0) + texts + struct.pack("<HH", 0, 0)
    start = 68 + len(variable)
    fixed = struct.pack("<HH16sHH", 0x0601, 1, bytes(16), 70, start) + struct.pack("<HHHH", 0, 0, 0, 0)
    fixed += struct.pack("<IIIII", 0x20, 0, 0, 0x41301, flags) + bytes(16)
    listed = b"".join(struct.pack("<HH", 48, 0) + bytes(28) + struct.pack("<I", kind) + bytes(12) for kind in triggers)
    return fixed + variable + struct.pack("<H", len(triggers)) + listed


def build_task(
    command: str, arguments: str = "", *, author: str = "", hidden: bool = False, trigger: str = "LogonTrigger"
) -> bytes:
    """Return the file of a task as Windows writes it: XML in UTF-16."""
    text = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Author>{author}</Author></RegistrationInfo>
  <Triggers><{trigger}><Enabled>true</Enabled></{trigger}></Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId></Principal></Principals>
  <Settings><Hidden>{str(hidden).lower()}</Hidden><Enabled>true</Enabled></Settings>
  <Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>"""
    return text.encode("utf-16")


def build_actions(command: str, arguments: str = "", *, handler: str = "") -> bytes:
    """Return ``Actions`` of the task cache, form 3: a program, then a class of COM if one is given."""
    parts = [struct.pack("<H", 3), _counted("Author"), b"\x66\x66", _counted("")]
    parts += [_counted(command), _counted(arguments), _counted(""), b"\0\0"]
    if handler:
        parts += [b"\x77\x77", _counted(""), UUID(handler).bytes_le, _counted("")]
    return b"".join(parts)


def _counted(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw)) + raw


def build_instance(kind: str, *texts: str, sid: bytes = b"", algorithm: str = "sha256") -> bytes:
    """Return the record of an instance in the repository of WMI: hash of its class, times, properties, heap."""
    heap = b"\0" + kind.encode() + b"\0"
    heap += struct.pack("<I", len(sid)) + sid if sid else b""
    for text in texts:
        narrow = text.encode("latin-1", "ignore").decode("latin-1") == text
        heap += b"\0" + text.encode("latin-1") + b"\0" if narrow else b"\1" + (text + "\0").encode("utf-16-le")
    digest = hashlib.new(algorithm, kind.upper().encode("utf-16-le")).hexdigest().upper()
    properties = bytes(2) + struct.pack("<8I", *range(8)) + struct.pack("<IB", 4, 1)
    content = struct.pack("<IB", 0, 0) + properties + struct.pack("<I", len(heap) | 0x80000000) + heap
    return digest.encode("utf-16-le") + struct.pack("<QQI", 1, 2, len(content) + 4) + content


def build_repository(*instances: bytes, deleted: bytes = b"") -> bytes:
    """Return pages of a repository of WMI: one record for each instance, and bytes that no record has."""
    pages = b""
    for number, instance in enumerate(instances, 1):
        table = struct.pack("<IIII", number, 48, len(instance), 0) + bytes(16)
        pages += (table.ljust(48, b"\0") + instance + bytes(8) + deleted).ljust(8192, b"\0")
    return pages
