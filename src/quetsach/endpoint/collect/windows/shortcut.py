"""Shortcuts of the shell: what a .lnk file starts ([MS-SHLLINK] "Shell Link (.LNK) Binary File Format").

Worms put them on the root of drives and into Startup folders. Read is what starts: target, arguments, folder.
"""

from dataclasses import dataclass

from quetsach.endpoint.collect.windows.binary import Record, wide_text

LIMIT_BYTES = 1 << 20
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
    record = Record(data[:LIMIT_BYTES])
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
