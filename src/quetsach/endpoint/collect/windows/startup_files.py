"""The readers ``shortcuts``, ``autorun`` and ``hidden-folders``: files of drives and Startup folders."""

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, anchor_of, drive_of, path_on_drive, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.windows.binary import Record, wide_text
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import ScanIssue, reason_of

# Shortcuts of the shell: what a .lnk file starts ([MS-SHLLINK] "Shell Link (.LNK) Binary File Format").
#
# Worms put them on the root of drives and into Startup folders. Read is what starts: target, arguments, folder.

SHORTCUT_LIMIT_BYTES = 1 << 20
"""Real shortcuts have a few kilobytes."""

_HEADER = bytes.fromhex("4c000000 0114020000000000c000000000000046")
_HEADER_BYTES = 0x4C
_ID_LIST, _LINK_INFO, _NAME, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON, _WIDE = (1 << bit for bit in range(8))
_ENVIRONMENT = 0xA0000001
_WIDE_HEADER = 0x24
_LOCAL = 1
_SPACES = " \t\r\n"  # a no-break space is a name: worms hide folders behind it
_MOST_BLOCKS = 64
_MOST_ITEMS = 256
_DRIVE, _FILE = 0x20, 0x30
_KIND = 0x70
_LONG_NAME = b"\x04\x00\xef\xbe"
_LONG_NAME_AT = {3: 20, 7: 38, 8: 42, 9: 46}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What a shortcut starts. Texts are as written, a path of Windows among them; empty where there is none."""

    target: str
    arguments: str
    folder: str

    @property
    def command(self) -> str:
        """The command line: target and arguments."""
        target = f'"{self.target}"' if " " in self.target else self.target
        return f"{target} {self.arguments}".strip(_SPACES)


def parse_shortcut(data: bytes) -> Shortcut | None:
    """Return what a shortcut starts; ``None`` when the bytes are no shortcut.

    The target is the text with environment variables where there is one, as Windows takes it first; else the local
    path of the link information; else the names of the item list; else the relative path.
    """
    if not data.startswith(_HEADER):
        return None
    record = Record(data[:SHORTCUT_LIMIT_BYTES])
    flags = record.number(20, 4)
    at = _HEADER_BYTES
    from_items = from_information = ""
    if flags & _ID_LIST:
        size = record.number(at, 2)
        from_items = _item_path(Record(record.part(at + 2, size)))
        at += 2 + size
    if flags & _LINK_INFO:
        size = record.number(at, 4)
        from_information = _local_path(Record(record.part(at, size)))
        at += max(size, 4)
    texts: dict[int, str] = {}
    for flag in (_NAME, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON):
        if flags & flag:
            texts[flag], at = _counted(record, at, is_wide=bool(flags & _WIDE))
    target = _environment_target(record, at) or from_information or from_items or texts.get(_RELATIVE, "")
    return Shortcut(target, texts.get(_ARGUMENTS, "").strip(_SPACES), texts.get(_FOLDER, ""))


def _counted(record: Record, at: int, *, is_wide: bool) -> tuple[str, int]:
    count = record.number(at, 2)
    size = 2 * count if is_wide else count
    text = record.wide(at + 2, count) if is_wide else record.narrow(at + 2, count)
    return text, at + 2 + size


def _local_path(information: Record) -> str:
    """Return the path in LinkInfo (section 2.3); of a network target nothing, it is not on this disk."""
    if not information.number(8, 4) & _LOCAL:
        return ""
    if information.number(4, 4) >= _WIDE_HEADER:
        base, rest = information.number(28, 4), information.number(32, 4)
        path = information.wide(base, 32_768) + (information.wide(rest, 32_768) if rest else "")
        if base and path:
            return path
    base, rest = information.number(16, 4), information.number(24, 4)
    return information.narrow(base, 32_768) + (information.narrow(rest, 32_768) if rest else "")


def _item_path(items: Record) -> str:
    """Return the path that a list of shell items spells: a drive, then names of folders and files."""
    names: list[str] = []
    at = 0
    for _ in range(_MOST_ITEMS):
        size = items.number(at, 2)
        if size < 3:
            break
        item = Record(items.part(at, size))
        kind = item.number(2, 1)
        if kind & _KIND == _DRIVE:
            names = [item.narrow(3, 3).rstrip("\\")]
        elif kind & _KIND == _FILE:
            names.append(_long_name(item) or (item.wide(14, 260) if kind & 4 else item.narrow(14, 260)))
        at += size
    return "\\".join(name for name in names if name)


def _long_name(item: Record) -> str:
    """Return the name that the extension 0xBEEF0004 of an item has, the one that is shown."""
    signature = item.data.find(_LONG_NAME)
    if signature < 4:
        return ""
    start = signature - 4
    offset = _LONG_NAME_AT.get(item.number(start + 2, 2), 0)
    return wide_text(item.part(start + offset, item.number(start, 2) - offset)) if offset else ""


def _environment_target(record: Record, at: int) -> str:
    """Return the target with variables such as ``%TEMP%`` from the extra data (section 2.5.4)."""
    for _ in range(_MOST_BLOCKS):
        size = record.number(at, 4)
        if size < 8:
            return ""
        if record.number(at + 4, 4) == _ENVIRONMENT:
            return record.wide(at + 268, 260) or record.narrow(at + 8, 260)
        at += size
    return ""


# The reader ``shortcuts``: what lies in Startup folders and on the root of drives, shortcuts with what they start.

_NO_PROGRAM = frozenset({b"desktop.ini"})


def read_shortcuts(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield files. Fields: ``place``, ``path``, ``name``, ``command`` (of a shortcut), ``user``."""
    for user, path, file in reading.files():
        if isinstance(file, ScanIssue):
            yield file
            continue
        if posixpath.basename(path).lower() in _NO_PROGRAM:
            continue
        found = parse_shortcut(file.content)
        command = found.command if found else ""
        fields = {
            "place": reading.place.name,
            "path": printable(path_on_drive(file.anchor.path)),
            "name": printable(posixpath.basename(path)),
            "command": printable(command.encode("utf-8", "surrogatepass")),
            "user": printable(user.name),
        }
        named = reading.meant(command, drive_of(file.anchor.path) or user.home, file.anchor.path)
        yield Artefact(reading.place.kind, file.anchor, fields, tuple(dict.fromkeys((file.anchor.path, *named))))


# The reader ``autorun``: what a drive runs when it is plugged in (Microsoft Learn, "Autorun.inf Entries").
#
# Worms pad it with junk, write its words in any case and twice; only lines that Windows would follow are given.

_ENTRY = re.compile(
    rb"\s*(open|shellexecute|shell(?:\\[^\\=]{1,64}\\command)?|icon|action|label)\s*=\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_RUNS = re.compile(rb"open|shellexecute|shell\\.*", re.IGNORECASE | re.DOTALL)
_LONGEST_LINE = 4_096


def read_autorun(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield the lines that say something. Fields: ``place``, ``path``, ``line``, ``command``, ``user``."""
    for user, file in reading.texts():
        if isinstance(file, ScanIssue):
            yield file
            continue
        for anchor in file.lines():
            entry = parse_autorun_entry(anchor.line)
            if entry is None:
                continue
            name, value = entry
            command = value if _RUNS.fullmatch(name) else b""
            fields = {
                "place": reading.place.name,
                "path": printable(path_on_drive(file.anchor.path)),
                "line": printable(name + b"=" + value),
                "command": printable(command),
                "user": printable(user.name),
            }
            named = reading.named(command, posixpath.dirname(file.anchor.path), file.anchor)
            yield Artefact(reading.place.kind, anchor, fields, named)


def parse_autorun_entry(line: bytes) -> tuple[bytes, bytes] | None:
    """Return name and value of a line that Windows follows; ``None`` for other lines, junk among them."""
    plain = line[:_LONGEST_LINE].replace(b"\0", b"").strip(b"\xff\xfe\xef\xbb\xbf\r\n\t ")  # UTF-16 read as bytes
    found = _ENTRY.fullmatch(plain)
    return (found.group(1), found.group(2).strip()) if found else None


# The reader ``hidden-folders``: folders of the drive's root that are marked as hidden and as the system's own.
#
# Worms of memory sticks mark the owner's folders so and put shortcuts of their names beside them (ATT&CK T1091).


def read_hidden_folders(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield folders that Windows shows to nobody, but for its own. Fields: ``place``, ``path``, ``name``."""
    for _, above in reading.paths():
        _, folders = reading.names(above or b"/")
        for path in folders:
            name = posixpath.basename(path)
            if _is_spared(name, reading.place.spared):
                continue
            try:
                if not _is_hidden(reading.tree, path):
                    continue
                anchor = anchor_of(path, reading.tree.lstat(path), "")
            except OSError as error:
                yield ScanIssue(path, reason_of(error))
                continue
            fields = {"place": reading.place.name, "path": printable(path_on_drive(path)), "name": printable(name)}
            yield Artefact(ArtefactKind.HIDDEN_FOLDER, anchor, fields)


def _is_hidden(tree: Tree, path: bytes) -> bool:
    with tree.parent(path, follow=False) as (above, name), above.folder(name) as folder:
        marks = folder.marks()
        return marks is not None and marks.is_hidden


def _is_spared(name: bytes, patterns: tuple[str, ...]) -> bool:
    text = folded(name.decode("utf-8", "surrogateescape"))
    return any(_pattern(pattern).fullmatch(text) for pattern in patterns)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(folded(pattern)))
