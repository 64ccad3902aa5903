"""On which line of a TOML file a field stands: ``tomllib`` says that of a typing mistake only, not of a wrong value."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

type FieldPath = tuple[str | int, ...]
"""Names of tables and fields from the top; of a list of tables the number, counted from 0."""

_KEY = re.compile(r"""[ \t]*(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*(?:\.|(?=[=\]]))""")
_BLANK = re.compile(r"(?:\s+|#[^\n]*)*+")
_HEADER = re.compile(r"\[\[?")
_VALUE_PART = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[\]{}\n]|[^"'\#\[\]{}\n]+''',
    re.DOTALL,
)
_MOST_LEVELS = 8


class TomlLines:
    """The lines of the tables and fields of one text that ``tomllib`` has read; what cannot be followed has none.

    They are looked for when the first is asked for: most packs have no mistake.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _lines(self) -> Mapping[FieldPath, int]:
        lines: dict[FieldPath, int] = {}
        for path, line in _statements(self._text.replace("\r\n", "\n")):
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], line)
        return lines

    def line(self, path: FieldPath) -> int:
        """Return the line, from 1, of a field; of the table that should have it when it is missing; 0 if unknown."""
        for length in range(len(path), 0, -1):
            if (found := self._lines.get(path[:length])) is not None:
                return found
        return 0


def _statements(text: str) -> Iterator[tuple[FieldPath, int]]:
    """Yield each header of a table and each field with its line."""
    table: FieldPath = ()
    seen: Counter[FieldPath] = Counter()
    place, line = 0, 1
    while place < len(text):
        start = _after_blank(text, place)
        line += text.count("\n", place, start)
        place = start
        if header := _HEADER.match(text, place):
            names, end = _key(text, header.end())
            is_list = len(header.group()) == 2
            table = _numbered(names, seen, is_new=is_list)
            if names:
                yield table, line
        else:
            names, end = _key(text, place)
            if names:
                yield (*table, *names), line
        place = _after_value(text, end)
        line += text.count("\n", start, place)


def _after_blank(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _key(text: str, place: int) -> tuple[FieldPath, int]:
    """Return the names of a dotted key and where it ends."""
    names: list[str] = []
    while len(names) < _MOST_LEVELS and (part := _KEY.match(text, place)):
        names.append(_unquoted(part.group().strip().removesuffix(".").strip()))
        place = part.end()
        if not part.group().endswith("."):
            break
    return tuple(names), place


def _unquoted(name: str) -> str:
    if name.startswith("'"):
        return name[1:-1]
    if not name.startswith('"'):
        return name
    try:
        return str(tomllib.loads(f"name = {name}")["name"])
    except tomllib.TOMLDecodeError:
        return name


def _numbered(names: FieldPath, seen: Counter[FieldPath], *, is_new: bool) -> FieldPath:
    """Return the path of a header with the numbers of the lists of tables that it goes through."""
    path: FieldPath = ()
    for number, name in enumerate(names, 1):
        path = (*path, name)
        if is_new and number == len(names):
            seen[path] += 1
        if seen[path]:
            path = (*path, seen[path] - 1)
    return path


def _after_value(text: str, place: int) -> int:
    """Return where the line ends on which a value ends: lists and texts may go over several."""
    depth = 0
    while place < len(text):
        part = _VALUE_PART.match(text, place)
        if part is None:
            return text.find("\n", place) + 1 or len(text)
        place = part.end()
        word = part.group()
        if word == "\n" and depth <= 0:
            return place
        depth += (word in ("[", "{")) - (word in ("]", "}"))
    return place
