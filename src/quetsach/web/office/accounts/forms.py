"""Forms of lists of stolen accounts, and the question of an owner."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.accounts import MOST_ADDRESS_BYTES, AccountError, normal_address
from quetsach.web.office.accounts.services.batches import MOST_DAYS, USUAL_DAYS, Handover
from quetsach.web.office.day_field import DayField

_LONGEST_NAME = 200

ROW_FAULTS: Mapping[str, str | Promise] = {
    "address": _("this is no e-mail address"),
    "cells": _("it has another number of cells than the first line"),
    "day": _("its day is none, or lies ahead"),
    "malware": _("the name of its malware is too long"),
    "site": _("its site is none"),
}
"""Word for the reason -> why a row was not taken."""


class AskForm(forms.Form):
    """One address."""

    address = forms.CharField(
        label=_("Your e-mail address"),
        max_length=MOST_ADDRESS_BYTES + 66,  # a host in letters of its own is longer when it is sent
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": _("Write your e-mail address.")},
    )

    def clean_address(self) -> str:
        """Return the address in its one form."""
        try:
            return normal_address(self.cleaned_data["address"])
        except AccountError as error:
            raise ValidationError(_("This is not an e-mail address. Write it as in lan@example.vn.")) from error


class TakeInForm(forms.Form):
    """A list, and what is said about it."""

    source = forms.CharField(
        label=_("Handed over by"), max_length=200, help_text=_("The full name of the body, as owners read it.")
    )
    ground = forms.CharField(
        label=_("Legal ground"),
        max_length=500,
        help_text=_("On which law, order or agreement the list may be used to tell owners."),
    )
    handed_over_on = DayField(label=_("Handed over on"))
    text_vi = forms.CharField(
        label=_("What owners are told about the list"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In Vietnamese: where the data come from, in two or three sentences. What to do follows below."),
    )
    text_en = forms.CharField(
        label=_("The same in English"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    days = forms.IntegerField(
        label=_("Days until the entries are erased"), min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS
    )
    file = forms.FileField(
        label=_("File"),
        max_length=_LONGEST_NAME,
        help_text=_(
            "CSV in UTF-8, at most 8 MiB and 100,000 rows; first line address,site,day,malware. Any other column is "
            "refused, passwords above all."
        ),
    )

    @property
    def told(self) -> Handover:
        """What is said about the list."""
        return Handover(**{name: value for name, value in self.cleaned_data.items() if name != "file"})


class EraseForm(forms.Form):
    """Why a list is erased."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
