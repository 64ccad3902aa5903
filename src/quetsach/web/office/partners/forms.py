"""Forms of the partners' pages."""

import json
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.partners.declaration import CountedAs, MachineKey
from quetsach.core.period import Period
from quetsach.web.office.day_field import DayField
from quetsach.web.office.partners.wording import COUNTED_AS, KEYS, LEVELS, OVERLAPS, VERSIONS, WINDOWS

_TEXT: dict[str, Any] = {"widget": forms.Textarea(attrs={"rows": 3}), "max_length": 2000}
DEFAULT_DAYS = 30


class PartnerForm(forms.Form):
    """A new partner."""

    name = forms.CharField(label=_("Name"), max_length=120)
    key = forms.SlugField(
        label=_("Short name"),
        max_length=40,
        help_text=_("Lower-case letters, digits and hyphens; it cannot be changed."),
    )
    contact = forms.CharField(label=_("Whom to ask about the figures"), max_length=200, required=False)


class DeclarationForm(forms.Form):
    """How a partner counts, as the next version of its declaration."""

    first = DayField(label=_("Holds for windows that begin on or after"))
    window = forms.ChoiceField(label=_("Each row counts over"), choices=list(WINDOWS.items()))
    level = forms.ChoiceField(label=_("Each row is about one"), choices=list(LEVELS.items()))
    key = forms.ChoiceField(label=_("One machine is told from another by"), choices=list(KEYS.items()))
    outcomes = forms.ChoiceField(
        label=_("Infected, cleaned and families are counted as"),
        choices=[(kind.value, COUNTED_AS[kind]) for kind in (CountedAs.MACHINES, CountedAs.TURNS)],
    )
    versions = forms.ChoiceField(label=_("Versions of a product"), choices=list(VERSIONS.items()))
    products = forms.ChoiceField(
        label=_("Can one machine stand under two products?"), choices=list(OVERLAPS.items()), initial="unknown"
    )
    method_vi = forms.CharField(label=_("How it is counted, in Vietnamese"), **_TEXT)
    method_en = forms.CharField(label=_("How it is counted, in English"), **_TEXT)
    deduplication_vi = forms.CharField(label=_("How repeats are removed, in Vietnamese"), **_TEXT)
    deduplication_en = forms.CharField(label=_("How repeats are removed, in English"), **_TEXT)

    def clean(self) -> dict[str, Any]:
        """Refuse machines where none are told apart."""
        data: dict[str, Any] = super().clean() or {}
        if (data.get("key"), data.get("outcomes")) == (MachineKey.NONE, CountedAs.MACHINES):
            self.add_error("outcomes", _("Without a mark of the machine, only turns can be counted."))
        return data

    def content(self, version: int) -> bytes:
        """Return the declaration as its file."""
        data = self.cleaned_data
        lines = [f"version = {version}", f"first = {data['first'].isoformat()}"]
        choices = ("window", "level", "outcomes", "key", "versions", "products")
        lines += [f"{name} = {_quoted(data[name])}" for name in choices]
        for name in ("method", "deduplication"):
            lines.append(f"{name} = {{vi = {_quoted(data[f'{name}_vi'])}, en = {_quoted(data[f'{name}_en'])}}}")
        return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    """Write a text as TOML does; a string of JSON is one, but for the control character U+007F."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class TokenForm(forms.Form):
    """A token for a partner's program."""

    label = forms.CharField(label=_("What the token is for"), max_length=60)


class ReportForm(forms.Form):
    """A partner's report as a file."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_("CSV or JSON lines, UTF-8, may be compressed with gzip; at most 32 MiB here."),
    )


class PeriodForm(forms.Form):
    """The days that totals are shown for."""

    first = DayField(label=_("From"))
    last = DayField(label=_("To"))

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("This day is before the first one."))
        return data

    def period(self, newest: date) -> Period:
        """Return the days that were asked for, else the last thirty with data."""
        if self.is_bound and self.is_valid():
            return Period(self.cleaned_data["first"], self.cleaned_data["last"])
        return Period(newest - timedelta(days=DEFAULT_DAYS - 1), newest)
