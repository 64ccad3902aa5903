"""Reads a TOML table field by field, strictly: a missing, mistyped or unknown field is an error that names it."""

import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Never

from quetsach.core.pack import LocalText
from quetsach.packs.errors import PackError

_LONGEST_TEXT = 2_000
_MOST_ITEMS = 500


def read_toml(raw: bytes, *, where: str) -> "Table":
    """Return the top table of a TOML file.

    Raises:
        PackError: it is not UTF-8 or not TOML; the message has line and column.
    """
    try:
        content = tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise PackError(f"byte {error.start} is not UTF-8", where=where, hint="save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"not valid TOML: {error}", where=where, hint="mend the line named above") from None
    except RecursionError:
        raise PackError("nested too deeply", where=where, hint="a pack needs two levels at most") from None
    return Table(content, where=where)


class Table:
    """One table; every ``take_*`` removes its field, and ``finish`` refuses what is left."""

    def __init__(self, content: Mapping[str, Any], *, where: str) -> None:
        self._left = dict(content)
        self.where = where

    def fail(self, what: str, *, hint: str = "") -> Never:
        """Raise the error of this table."""
        raise PackError(what, where=self.where, hint=hint)

    def take_text(self, name: str, *, default: str | None = None, hint: str = "") -> str:
        """Return a text of one line, 1 to 2,000 characters; the default stands for a missing field only."""
        if name not in self._left and default is not None:
            return default
        value = self._take(name, str, "a text", hint)
        if not value.strip() or len(value) > _LONGEST_TEXT:
            self.fail(
                f"field {name!r} is empty or longer than {_LONGEST_TEXT} characters", hint=hint or "write one line"
            )
        if not value.isprintable():
            self.fail(f"field {name!r} has control or invisible characters", hint="write it as one plain line")
        return value

    def take_number(self, name: str) -> int:
        """Return a whole number."""
        return self._take(name, int, "a whole number", "")

    def take_flag(self, name: str) -> bool:
        """Return true or false; a missing field is false."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            self.fail(f"field {name!r} must be true or false", hint="write it without quotes")
        return value

    def take_texts(self, name: str, *, hint: str = "") -> tuple[str, ...]:
        """Return a list of texts; a missing field is an empty list."""
        if name not in self._left:
            return ()
        items = self._take(name, list, "a list of texts", hint)
        if len(items) > _MOST_ITEMS:
            self.fail(f"field {name!r} has more than {_MOST_ITEMS} items", hint="shorten it")
        part = Table({str(number): item for number, item in enumerate(items, 1)}, where=f"{self.where}: {name}")
        return tuple(part.take_text(str(number)) for number in range(1, len(items) + 1))

    def take_local_text(self, name: str) -> LocalText:
        """Return a text in both languages, given as a table with ``vi`` and ``en``."""
        table = self.take_table(name, hint=f"write {name}.vi and {name}.en")
        text = LocalText(vi=table.take_text("vi"), en=table.take_text("en"))
        table.finish()
        return text

    def take_table(self, name: str, *, hint: str = "") -> "Table":
        """Return a table inside this one."""
        return Table(self._take(name, dict, "a table", hint), where=f"{self.where}: {name}")

    def take_tables(self, name: str) -> "tuple[Table, ...]":
        """Return a list of tables; each is named by its number and, if it has one, its ``id``."""
        items = self._take(name, list, "a list of tables", f"write [[{name}]]")
        if len(items) > _MOST_ITEMS:
            self.fail(f"more than {_MOST_ITEMS} tables {name!r}", hint="split the pack")
        if not all(isinstance(item, dict) for item in items):
            self.fail(f"field {name!r} must be a list of tables", hint=f"write [[{name}]]")
        return tuple(Table(item, where=_title(self.where, name, n, item)) for n, item in enumerate(items, 1))

    def take_pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return a table of texts as pairs in their order; a missing field is empty."""
        if name not in self._left:
            return ()
        table = self.take_table(name)
        return tuple((key, table.take_text(key)) for key in list(table._left))  # noqa: SLF001  (its own kind)

    def take_choice[T](self, name: str, choose: Callable[[str], T], choices: tuple[str, ...]) -> T:
        """Return one of a few values."""
        text = self.take_text(name, hint=f"one of {', '.join(choices)}")
        if text not in choices:
            self.fail(f"field {name!r} is {text!r}", hint=f"one of {', '.join(choices)}")
        return choose(text)

    def finish(self) -> None:
        """Refuse fields that nobody asked for: most are typing mistakes."""
        if self._left:
            self.fail(f"unknown field {next(iter(self._left))!r}", hint="remove it or mend its name")

    def _take[T](self, name: str, kind: type[T], description: str, hint: str) -> T:
        if name not in self._left:
            self.fail(f"field {name!r} is missing", hint=hint or f"add {name!r}: {description}")
        value = self._left.pop(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            self.fail(f"field {name!r} must be {description}", hint=hint or "mend its value")
        return value


def _title(where: str, name: str, number: int, item: Mapping[str, Any]) -> str:
    named = item.get("id")
    return f"{where}: {name} {number}" + (f" ({named})" if isinstance(named, str) and named.isprintable() else "")
