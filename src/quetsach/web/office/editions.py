"""Forms that are written over a while: kept as they are, and never over what others saved since, unseen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any, Literal

from django import forms
from django.forms import BaseForm
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from quetsach.core.errors import QuetsachError
from quetsach.web.design.words import day

# Forms that are kept while they are written: a small script sends them as they are, and is answered in JSON.
#
# Nothing depends on the script. Without it the same form has a button that keeps a draft.


def is_autosave(request: HttpRequest) -> bool:
    """Whether the script sent the form, and nobody pressed a button."""
    return request.method == "POST" and "autosave" in request.POST


def autosaved(edition: str, *, now: datetime) -> JsonResponse:
    """Tell the script that the draft is kept, and the edition on which the form now stands."""
    said = _("The draft was saved by itself at %(time)s.") % {"time": f"{timezone.localtime(now):%H:%M}"}
    return JsonResponse({"edition": edition, "said": said})


def not_autosaved(why: str) -> JsonResponse:
    """Tell the script that nothing was kept, and why."""
    return JsonResponse({"said": _("Not saved by itself:") + " " + why}, status=409)


def first_fault(form: BaseForm) -> str:
    """Return the first thing that is wrong with a form, with the name of its field."""
    for name, texts in form.errors.items():
        label = f"{form.fields[name].label}: " if name in form.fields else ""
        return f"{label}{texts[0]}"
    return ""


# Lost updates: a form says which edition it was opened on, and what others saved since is not overwritten unseen.
#
# An edition is a digest of the values that a form changes. The form carries it, the service compares it with what is
# stored, under the lock under which it writes. On a clash nothing is saved: the page shows both texts side by side, and
# sending the form once more, now with the newer edition, is a decision.

_LONGEST = 3000
"""Above this many words a changed passage is shown as a whole: comparing takes the square of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed (``same``), went (``old``) or came (``new``)."""

    kind: Literal["same", "old", "new"]
    text: str


def word_changes(old: str, new: str) -> list[Piece]:
    """Return both texts as one run of pieces: those that are the same or old make ``old``, same or new make ``new``."""
    pieces: list[Piece] = []
    for piece in _changes(old.splitlines(keepends=True), new.splitlines(keepends=True), is_of_lines=True):
        if pieces and pieces[-1].kind == piece.kind:
            pieces[-1] = Piece(piece.kind, pieces[-1].text + piece.text)
        else:
            pieces.append(piece)
    return pieces


def _changes(old: list[str], new: list[str], *, is_of_lines: bool = False) -> Iterator[Piece]:
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[i:j]), "".join(new[k:m])
        if tag == "equal":
            yield Piece("same", before)
        elif tag == "replace" and is_of_lines and len(before.split()) + len(after.split()) <= _LONGEST:
            yield from _changes(_words(before), _words(after))
        else:
            if before:
                yield Piece("old", before)
            if after:
                yield Piece("new", after)


def _words(text: str) -> list[str]:
    """Split a text into words, each with the blanks behind it."""
    found: list[str] = []
    for character in text:
        if found and (character.isspace() or not found[-1][-1].isspace()):
            found[-1] += character
        else:
            found.append(character)
    return found


class ClashError(QuetsachError):
    """Somebody saved something else since the form was opened. ``stored`` is what stands there now."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        super().__init__(
            _("nothing was saved: this was changed while you were writing"),
            hint=_("compare both texts below; saving once more puts yours in the place of the other"),
        )
        self.stored = stored


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two texts differ, with the words that went and came."""

    label: str
    stored: str
    typed: str

    @property
    def changes(self) -> list[Piece]:
        """The way from the stored text to the typed one."""
        return word_changes(self.stored, self.typed)


def edition_of(stored: Mapping[str, Any]) -> str:
    """Return the edition of stored values: 32 hexadecimal digits of a SHA-256."""
    text = json.dumps(stored, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def refuse_clash(edition: str, stored: Mapping[str, Any]) -> None:
    """Refuse to overwrite what a form was not opened on; an empty edition is of a caller that is no form.

    Raises:
        ClashError: what is stored is another edition.
    """
    if edition and edition != edition_of(stored):
        raise ClashError(stored)


def differences(rows: Iterable[tuple[str, Any, Any]]) -> list[Difference]:
    """Return the fields whose stored and typed values read differently; rows are label, stored, typed."""
    read = (Difference(label, readable(stored), readable(typed)) for label, stored, typed in rows)
    return [one for one in read if one.stored != one.typed]


def readable(value: Any) -> str:
    """Return a value as a person reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return day(value)
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def chosen(field: forms.Field, value: Any) -> Any:
    """Return what a choice is called; any other value as it is."""
    if not isinstance(field, forms.ChoiceField):
        return value
    names: dict[Any, Any] = dict(field.choices)  # type: ignore[arg-type]  # the forms here have plain pairs
    return names.get(value, value)


class EditedForm(forms.Form):
    """A form over what is stored.

    Args:
        stored: the values by the names of the fields; they are also what the fields begin with.
    """

    edition = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, stored: Mapping[str, Any], **named: Any) -> None:
        named["initial"] = {**stored, "edition": edition_of(stored)}
        super().__init__(*arguments, **named)
        self.clash: list[Difference] = []

    def show_clash(self, error: ClashError) -> None:
        """Show both texts; the form now stands on what is stored, so that sending it again is a decision."""
        show_clash(self, error)


def show_clash(form: Any, error: ClashError) -> None:
    """Put both texts side by side into a form, and let it stand on the newer edition."""
    fields = form.fields
    form.clash = differences(
        (str(fields[name].label), chosen(fields[name], stored), chosen(fields[name], form.cleaned_data.get(name)))
        for name, stored in error.stored.items()
        if name in fields
    )
    form.data = form.data.copy()
    form.data[form.add_prefix("edition")] = edition_of(error.stored)
