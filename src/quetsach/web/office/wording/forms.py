"""The form of a text."""

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.editions import EditedForm
from quetsach.web.office.wording.services import LONGEST


def _area(language: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 8, "lang": language})


class TextForm(EditedForm):
    """A text in both languages."""

    vi = forms.CharField(label=_("Vietnamese"), max_length=LONGEST, widget=_area("vi"))
    en = forms.CharField(label=_("English"), max_length=LONGEST, widget=_area("en"))
