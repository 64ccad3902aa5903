"""The publication record: which rows of a table are put together in a window, chosen once for everything that shows it.

Portal, API, open data and evaluation print the same windows. Each asks here, so that none puts other rows together than
the others did, and what would be shown is held against all that was shown before, of this window and of those that
overlap it. The record holds figures that are kept back: it is as private as the lake.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach import storage
from quetsach.assess.estimate import NotEstimable
from quetsach.assess.privacy import Shown, folded_rows
from quetsach.centre import RecordError
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.core.text import Text

FORMAT = "quetsach-publication-record/1"


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """What was shown of each table and window; ``data`` is the centre's data folder."""

    data: Path

    def kept_back(self, table: str, window: Period, values: Mapping[str, float]) -> frozenset[str] | NotEstimable:
        """Return the rows of a table that are put together, and keep that choice.

        Asked again with the same figures the answer is the same. Once others are known, it holds the rows that it held
        before, and more where they are needed.

        Args:
            table: its name; figures of another kind are another table.
            window: what was counted over (whole UTC days).
            values: the figure of each row: mean daily ones, that add up over days.

        Returns:
            The rows, or why the table must not be published: then nothing is kept.

        Raises:
            RecordError: the record cannot be read or written.
        """
        folder = self._folder(table)
        try:
            storage.make_folder(folder)
            with storage.locked(folder / ".lock"):
                earlier = [_read(path) for path in _beside(folder, window)]
                for shown in earlier:
                    if shown.window == window and shown.values == values:
                        return shown.kept_back
                chosen = folded_rows(values, window=window, earlier=earlier)
                if isinstance(chosen, NotEstimable):
                    return chosen
                storage.write(folder / f"{window}.json", _text(chosen))
        except OSError as error:
            raise RecordError(_NOT_USED, where=str(error.filename or folder)) from error
        return chosen.kept_back

    def take_over(
        self, table: str, window: Period, printed: Mapping[str, float], *, together: float, rows: Collection[str]
    ) -> None:
        """Keep what went out of a window that the record does not know: it was lost, or is younger than that.

        A window that it knows stays as it is.

        Args:
            table: its name.
            window: what was counted over (whole UTC days).
            printed: the figures of the rows that stood alone.
            together: what the others were together; 0 where there were none.
            rows: all rows that are known today. Any that did not stand alone may have been among the others.

        Raises:
            RecordError: the record cannot be read or written.
        """
        folder = self._folder(table)
        path = folder / f"{window}.json"
        hidden = frozenset(rows) - printed.keys() if together else frozenset[str]()
        # Nobody knows any more what each of them was. Of the figures of rows that are kept back only the sum is used.
        values = dict(printed) | {row: together / len(hidden) for row in hidden}
        try:
            storage.make_folder(folder)
            with storage.locked(folder / ".lock"):
                if not path.exists():
                    storage.write(path, _text(Shown(window, values, hidden, hidden)))
        except OSError as error:
            raise RecordError(_NOT_USED, where=str(error.filename or folder)) from error

    def _folder(self, table: str) -> Path:
        return self.data / "publication-record" / table


_NOT_USED = Text("The publication record cannot be read or written, so nobody knows which rows were put together.")
_DAMAGED = Text("A file of the publication record is damaged, so nobody knows which rows were put together.")
_RESTORE = Text("put it back from the centre's backup")


def _beside(folder: Path, window: Period) -> list[Path]:
    """Return the files of the windows that share days with a window, or with one that does, the earliest first."""
    found = {}
    for path in folder.glob("*.json"):
        try:
            found[Period.parse(path.stem)] = path
        except InputError:
            continue
    first, last = window.first, window.last
    for _ in range(2):
        near = sorted(one for one in found if one.first <= last and first <= one.last)
        if near:
            first, last = min(one.first for one in near), max(one.last for one in near)
    return [found[one] for one in near]


def _read(path: Path) -> Shown:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise RecordError(_DAMAGED, where=str(path), advice=_RESTORE)
        values = {str(row): float(value) for row, value in document["values"].items()}
        kept_back, small = (frozenset(map(str, document[name])) for name in ("kept_back", "small"))
        return Shown(Period.parse(path.stem), values, kept_back, small)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordError(_DAMAGED, where=str(path), advice=_RESTORE) from error


def _text(shown: Shown) -> str:
    rows = {"kept_back": sorted(shown.kept_back), "small": sorted(shown.small)}
    document = {"format": FORMAT, **rows, "values": dict(sorted(shown.values.items()))}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
