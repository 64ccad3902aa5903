"""Forms about units."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import MAX_BYTES
from quetsach.campaign.units.table import (
    CODE_FORM,
    EMAIL_FORM,
    KEY_FORM,
    MAX_EXCHANGE,
    PHONE_FORM,
    parse_share,
)
from quetsach.campaign.units.unit import WHOLE
from quetsach.web.office.day_field import DayField
from quetsach.web.office.editions import EditedForm
from quetsach.web.office.refusal import refusal_text
from quetsach.web.office.tree.models import UNIT_KIND_TITLES, Group, GroupSet, Unit

MOST_SUCCESSORS = 50


def _whole(form: re.Pattern[str]) -> str:
    """Django looks for a pattern anywhere in the text; ours are of the whole."""
    return rf"\A(?:{form.pattern})\Z"


class UnitField(forms.CharField):
    """A unit, named by its key; where it stands is checked by the service."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=40, help_text=_("Its key, such as 31-2025: it stands on the unit's page."), **options
        )

    def clean(self, value: Any) -> Any:
        """Return the unit of the key."""
        return unit_of_key(super().clean(value))


class UnitForm(forms.Form):
    """What can be corrected of a unit without making it another one."""

    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    decree = forms.CharField(label=_("Decree"), max_length=200, required=False)
    exchange_code = forms.RegexField(
        _whole(settings.COUNTRY.unit_codes.exchange),
        label=_("Code in the exchange of documents"),
        max_length=MAX_EXCHANGE,
        required=False,
        help_text=format_lazy(
            _("The agency's electronic code, such as {example}; empty where it is not known."),
            example=settings.COUNTRY.unit_codes.examples["exchange_code"],
        ),
    )


class UnitChangeForm(EditedForm, UnitForm):
    """Corrections of a unit that is there."""


class NewUnitForm(UnitForm):
    """A unit that begins."""

    key = forms.RegexField(
        _whole(KEY_FORM),
        label=_("Key"),
        max_length=40,
        help_text=_("Code and year, such as 305-2026: it names the unit for ever, also when the code is used again."),
    )
    code = forms.RegexField(
        _whole(CODE_FORM), label=_("Code"), max_length=30, help_text=_("The official code, with its zeros.")
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(kind.value, title) for kind, title in UNIT_KIND_TITLES.items()][1:]
    )
    opened = DayField(label=_("First day"))
    field_order = ("key", "code", "kind", "name_vi", "name_en", "opened", "decree", "exchange_code")


class MoveForm(forms.Form):
    """To whom a unit reports from a day on."""

    parent = UnitField(label=_("Reports to"))
    since = DayField(label=_("From this day on"))


class CloseForm(forms.Form):
    """When a unit ends and who takes over."""

    on = DayField(label=_("First day without it"))
    decree = forms.CharField(label=_("Decree"), max_length=200, required=False)
    successors = forms.CharField(
        label=_("Who takes over"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One unit a line: key and share, such as 11296-2025 0.6. Leave it empty if nobody does."),
    )

    def clean_successors(self) -> list[tuple[Unit, int]]:
        """Return units with their shares in millionths."""
        lines = [line.split() for line in self.cleaned_data["successors"].splitlines() if line.strip()]
        if len(lines) > MOST_SUCCESSORS or any(len(words) > 2 for words in lines):
            raise forms.ValidationError(_("Write one key and one share on each line."))
        try:
            return [(unit_of_key(words[0]), parse_share(words[1]) if words[1:] else WHOLE) for words in lines]
        except UnitsError as error:
            raise forms.ValidationError(refusal_text(error)) from error


class NewContactForm(forms.Form):
    """How a unit is reached."""

    name = forms.CharField(label=_("Full name"), max_length=100, required=False)
    title = forms.CharField(label=_("Position"), max_length=100, required=False)
    email = forms.RegexField(_whole(EMAIL_FORM), label=_("E-mail address"), max_length=200, required=False)
    phone = forms.RegexField(_whole(PHONE_FORM), label=_("Telephone"), max_length=40, required=False)
    is_primary = forms.BooleanField(label=_("First contact: letters go there"), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a contact that cannot be reached."""
        if not self.errors and not (self.cleaned_data["email"] or self.cleaned_data["phone"]):
            raise forms.ValidationError(_("Give an e-mail address or a telephone number."))
        return self.cleaned_data


class ContactForm(EditedForm, NewContactForm):
    """Another way to reach a unit, in the place of the one that is there."""


class GroupSetForm(forms.Form):
    """A way to divide units, or one part of it."""

    code = forms.RegexField(
        _whole(KEY_FORM), label=_("Code"), max_length=40, help_text=_("Small letters, such as sector.")
    )
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=100)
    name_en = forms.CharField(label=_("Name in English"), max_length=100, required=False)


class GroupForm(GroupSetForm):
    """One part of a set."""

    group_set = forms.ModelChoiceField(
        GroupSet.objects.order_by("code"), label=_("Set"), to_field_name="code", empty_label="–"
    )
    field_order = ("group_set", "code", "name_vi", "name_en")


class JoinForm(forms.Form):
    """Which group of a set a unit is in from a day on."""

    group_set = forms.ModelChoiceField(
        GroupSet.objects.order_by("code"), label=_("Set"), to_field_name="code", empty_label="–"
    )
    group = forms.ModelChoiceField(
        Group.objects.order_by("group_set__code", "code"), label=_("Group"), required=False, empty_label=_("none")
    )
    since = DayField(label=_("From this day on"))

    def clean(self) -> dict[str, Any]:
        """Refuse a group of another set."""
        group, group_set = self.cleaned_data.get("group"), self.cleaned_data.get("group_set")
        if group is not None and group.group_set != group_set:
            raise forms.ValidationError(_("This group is of another set."))
        return self.cleaned_data


class ImportForm(forms.Form):
    """A file with tables of units."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV (UTF-8) or XLSX, up to 8 MB, in the form of the export. You see what it changes first."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def clean_file(self) -> Any:
        """Refuse by size, before anything is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 8 MB: import it in parts."))
        return file


def unit_of_key(key: str) -> Unit:
    """Return the unit of a key that somebody typed.

    Raises:
        ValidationError: there is none.
    """
    found = Unit.objects.filter(key=key.strip().lower()).first()
    if found is None:
        raise forms.ValidationError(_("There is no unit of this key."))
    return found
