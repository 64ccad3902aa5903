"""Reads a TOML table field by field, strictly: a missing, mistyped or unknown field is an error with its line."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Never

from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import LocalText, Number, Text

# On which line of a TOML file a field stands: ``tomllib`` says that of a typing mistake only, not of a wrong value.

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


_LONGEST_TEXT = 2_000
_MOST_ITEMS = 500
_FIELD_NAME = re.compile(r"[a-z0-9_]{1,40}")
_DEEP_KEY = re.compile(r"""(?<![\w-])(?:(?>[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*+\.[ \t]*+){16}""")
"""A key of so many levels; ``tomllib`` takes minutes and gigabytes for one of thousands."""
_AT_LINE = re.compile(r"at line (\d+)")


def read_toml(raw: bytes, *, where: str, error: type[QuetsachError] = InputError) -> "Table":
    """Return the top table of a TOML file.

    Args:
        raw: the file.
        where: what it is called in errors.
        error: what is raised, here and by the table.

    Raises:
        QuetsachError: an ``error``: it is not UTF-8 or not TOML; the message has line and column.
    """
    try:
        text = raw.decode()
        if _DEEP_KEY.search(text):
            raise _too_deep(where, error)
        content = tomllib.loads(text)
    except UnicodeDecodeError as foreign:
        raise not_utf8(raw, foreign, where, error) from None
    except tomllib.TOMLDecodeError as mistake:
        found = _AT_LINE.search(str(mistake))
        line = int(found[1]) if found else text.rstrip().count("\n") + 1
        raise error(
            Text("not valid TOML: {error}", error=mistake), where=f"{where}:{line}", hint=Text("mend this line")
        ) from None
    except ValueError:  # a number of more digits than Python reads
        raise error(Text("a number in it has too many digits"), where=where, hint=Text("write a small one")) from None
    except RecursionError:
        raise _too_deep(where, error) from None
    return Table(content, where=where, lines=TomlLines(text), error=error)


def _too_deep(where: str, error: type[QuetsachError]) -> QuetsachError:
    return error(Text("nested too deeply"), where=where, hint=Text("such a file needs two levels at most"))


def not_utf8(raw: bytes, foreign: UnicodeDecodeError, where: str, error: type[QuetsachError]) -> QuetsachError:
    """Return the error of a file that is not UTF-8, with its line."""
    place = f"{where}:{raw.count(b'\n', 0, foreign.start) + 1}"
    return error(
        Text("byte {start} is not UTF-8", start=foreign.start), where=place, hint=Text("save the file as UTF-8")
    )


class Table:
    """One table; every ``take_*`` removes its field, and ``finish`` refuses what is left.

    Args:
        content: the fields.
        where: the file.
        lines: where the fields of the file stand.
        path: the way to this table from the top of the file.
        title: what to call the table in errors; empty for the whole file.
        error: what is raised.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        *,
        where: str,
        lines: TomlLines,
        path: FieldPath = (),
        title: str = "",
        error: type[QuetsachError] = InputError,
    ) -> None:
        self._left = dict(content)
        self._file = where
        self._lines = lines
        self._path = path
        self._title = title
        self._error = error

    def fail(self, what: str | LocalText, *, field: str = "", hint: str | LocalText = "") -> Never:
        """Raise the error of this table, or of one of its fields, with its line."""
        raise self._error(what, where=self.where(field), hint=hint)

    def where(self, field: str = "") -> str:
        """Return the file, the line of the table or of one of its fields (``match.path`` too), and the table's name."""
        line = self._lines.line((*self._path, *field.split(".")) if field else self._path)
        place = f"{self._file}:{line}" if line else self._file
        return f"{place}: {self._title}" if self._title else place

    def take_text(self, name: str, *, default: str | None = None, hint: LocalText | str = "") -> str:
        """Return a text of one line, 1 to 2,000 characters; the default stands for a missing field only."""
        if name not in self._left and default is not None:
            return default
        value = self._take(name, str, Text("a text"), hint)
        if not value.strip() or len(value) > _LONGEST_TEXT:
            what = Text(
                "field {name} is empty or longer than {most} characters", name=repr(name), most=Number(_LONGEST_TEXT)
            )
            self.fail(what, field=name, hint=hint or Text("write one line"))
        if not value.isprintable():
            what = Text("field {name} has control or invisible characters", name=repr(name))
            self.fail(what, field=name, hint=Text("write it as one plain line"))
        return value

    def take_matching(self, name: str, form: re.Pattern[str], description: LocalText | str) -> str:
        """Return a text of one line that a pattern matches as a whole."""
        value = self.take_text(name, hint=description)
        if not form.fullmatch(value):
            self.fail(Text("field {name} is {value}", name=repr(name), value=repr(value)), field=name, hint=description)
        return value

    def take_number(self, name: str) -> int:
        """Return a whole number."""
        return self._take(name, int, Text("a whole number"), "")

    def take_flag(self, name: str) -> bool:
        """Return true or false; a missing field is false."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            what = Text("field {name} must be true or false", name=repr(name))
            self.fail(what, field=name, hint=Text("write it without quotes"))
        return value

    def take_texts(self, name: str, *, hint: LocalText | str = "") -> tuple[str, ...]:
        """Return a list of texts; a missing field is an empty list."""
        if name not in self._left:
            return ()
        items = self._take(name, list, Text("a list of texts"), hint)
        if len(items) > _MOST_ITEMS:
            what = Text("field {name} has more than {most} items", name=repr(name), most=Number(_MOST_ITEMS))
            self.fail(what, field=name, hint=Text("shorten it"))
        part = self._part({str(number): item for number, item in enumerate(items, 1)}, (name,), name)
        return tuple(part.take_text(str(number)) for number in range(1, len(items) + 1))

    def take_local_text(self, name: str) -> LocalText:
        """Return a text in both languages, given as a table with ``vi`` and ``en``."""
        table = self.take_table(name, hint=Text("write {name}.vi and {name}.en", name=name))
        text = LocalText(vi=table.take_text("vi"), en=table.take_text("en"))
        table.finish()
        return text

    def has(self, name: str) -> bool:
        """Whether a field is there to take."""
        return name in self._left

    def is_empty(self) -> bool:
        """Whether there is nothing (more) to take."""
        return not self._left

    def take_one_or_more(self, name: str) -> tuple[str, ...]:
        """Return a text or a list of texts as a list; a missing field is an empty one."""
        if isinstance(self._left.get(name), str):
            return (self.take_text(name),)
        return self.take_texts(name, hint=Text("write a text, or a list of texts"))

    def take_table(self, name: str, *, default: Mapping[str, Any] | None = None, hint: LocalText | str = "") -> "Table":
        """Return a table inside this one; the default stands for a missing field only."""
        if name not in self._left and default is not None:
            return self._part(default, (name,), name)
        return self._part(self._take(name, dict, Text("a table"), hint), (name,), name)

    def take_tables(self, name: str) -> "tuple[Table, ...]":
        """Return a list of tables; each is named by its number and, if it has one, its ``id``."""
        items = self._take(name, list, Text("a list of tables"), _write_tables(name))
        if len(items) > _MOST_ITEMS:
            what = Text("more than {most} tables {name}", most=Number(_MOST_ITEMS), name=repr(name))
            self.fail(what, field=name, hint=Text("split the file"))
        if not all(isinstance(item, dict) for item in items):
            what = Text("field {name} must be {description}", name=repr(name), description=Text("a list of tables"))
            self.fail(what, field=name, hint=_write_tables(name))
        return tuple(self._part(item, (name, n), _title(name, n + 1, item)) for n, item in enumerate(items))

    def take_lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return a table whose fields, called anything, are a text or a list of texts; a missing one is empty."""
        table = self.take_table(name, default={})
        if odd := [key for key in table._left if not key.strip() or not key.isprintable()]:  # noqa: SLF001  (its own)
            table.fail(Text("{name} is no name of a field", name=repr(odd[0][:80])))
        return {key: table.take_one_or_more(key) for key in tuple(table._left)}  # noqa: SLF001  (its own)

    def take_pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return a table of texts as pairs in their order; a missing field is empty."""
        if name not in self._left:
            return ()
        table = self.take_table(name)
        keys = list(table._left)  # noqa: SLF001  (its own kind)
        if odd := [key for key in keys if not _FIELD_NAME.fullmatch(key)]:
            what = Text("{name} is no name of a field", name=repr(odd[0][:80]))
            table.fail(what, hint=Text("small letters, digits and _"))
        return tuple((key, table.take_text(key)) for key in keys)

    def take_choice[T](
        self, name: str, choose: Callable[[str], T], choices: tuple[str, ...], *, default: T | None = None
    ) -> T:
        """Return one of a few values; the default stands for a missing field only."""
        if name not in self._left and default is not None:
            return default
        hint = Text("one of {names}", names=", ".join(choices))
        text = self.take_text(name, hint=hint)
        if text not in choices:
            self.fail(Text("field {name} is {value}", name=repr(name), value=repr(text)), field=name, hint=hint)
        return choose(text)

    def finish(self, hint: LocalText | str = "") -> None:
        """Refuse fields that nobody asked for: most are typing mistakes."""
        if self._left:
            name = next(iter(self._left))
            what = Text("unknown field {name}", name=repr(name))
            self.fail(what, field=name, hint=hint or Text("remove it or mend its name"))

    def _part(self, content: Mapping[str, Any], path: FieldPath, title: str) -> "Table":
        """Return a table inside this one."""
        title = f"{self._title}: {title}" if self._title else title
        place = (*self._path, *path)
        return Table(content, where=self._file, lines=self._lines, path=place, title=title, error=self._error)

    def _take[T](self, name: str, kind: type[T], description: LocalText, hint: LocalText | str) -> T:
        if name not in self._left:
            what = Text("field {name} is missing", name=repr(name))
            self.fail(what, hint=hint or Text("add {name}: {description}", name=repr(name), description=description))
        value = self._left.pop(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            what = Text("field {name} must be {description}", name=repr(name), description=description)
            self.fail(what, field=name, hint=hint or Text("mend its value"))
        return value


def _title(name: str, number: int, item: Mapping[str, Any]) -> str:
    named = item.get("id")
    return f"{name} {number}" + (f" ({named})" if isinstance(named, str) and named.isprintable() else "")


def _write_tables(name: str) -> LocalText:
    return Text("write [[{name}]]", name=name)
