"""The form of a source, made of the description that the reader of its file follows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.centre.centre import Centre
from quetsach.centre.sources.keeping import landing_folders, secret_hosts, secrets_of
from quetsach.centre.sources.source import Field, Form, Kind, Proof, fields_of
from quetsach.web.design.words import here
from quetsach.web.office.sources.words import FIELDS, HELPS, PROOFS

_LONGEST = 2000


class SourceForm(forms.Form):
    """What a source of one kind is; ``edition`` says which text of the file the form was opened on."""

    edition = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, kind: Kind, centre: Centre, before: Mapping[str, Any], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for field in fields_of(kind):
            if field.is_local or field.form is Form.FLAG or (field.name == "name" and before):
                continue
            self.fields[field.key] = _made(field, centre, before)

    def values(self) -> dict[str, Any]:
        """Return what was filled in, by the keys of the description."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "edition"}
        if found.get("proof", Proof.HEADER) != Proof.HEADER:
            found.pop("header", None)
        return found


def _made(field: Field, centre: Centre, before: Mapping[str, Any]) -> forms.Field:
    common: dict[str, Any] = {
        "label": FIELDS[field.key],
        "help_text": HELPS.get(field.key, ""),
        "required": field.is_needed,
        "initial": before.get(field.key, field.default),
    }
    if field.form is Form.NUMBER:
        return forms.IntegerField(min_value=field.least, max_value=field.most, **common)
    if field.form is Form.CLOCK:
        return forms.RegexField(r"^(?:[01]\d|2[0-3]):[0-5]\d$", **common)
    if choices := _choices(field, centre, before):
        return forms.ChoiceField(choices=choices, **common)
    return forms.CharField(max_length=_LONGEST, **common)


def _choices(field: Field, centre: Centre, before: Mapping[str, Any]) -> list[tuple[str, str | Promise]]:
    """Return what can be chosen; of a secret the names of files, never what they hold."""
    nothing: list[tuple[str, str | Promise]] = [] if field.is_needed else [("", _("none"))]
    if field.name == "feed":
        layouts = centre.layouts
        known = before.get("feed", "")
        lost = [(known, known)] if known and known not in layouts.feeds() else []  # its pull tells of it
        return [*lost, *((feed, f"{here(layouts.of_feed(feed)[0].title)} ({feed})") for feed in layouts.feeds())]
    if field.form is Form.CHOICE:
        return [(proof.value, PROOFS[proof]) for proof in Proof]
    if field.form is not Form.PATH:
        return []
    if field.name == "folder":
        paths = [(path, path.name) for path in landing_folders(centre.data)]
    else:
        paths = [
            (path, f"{host}: {path.name}")
            for host in secret_hosts(centre.data)
            for path in secrets_of(centre.data, host)
        ]
    known = before.get(field.name)
    kept = [(known, _("as it is: %(name)s") % {"name": Path(known).name})] if known else []
    rest = [(str(path), title) for path, title in paths if str(path) != known]
    return [*kept, *nothing, *rest] or [("", _("nothing to choose from"))]
