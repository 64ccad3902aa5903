"""What to look for in the log."""

from django import forms
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.audit.selectors import Wanted
from quetsach.web.office.audit.words import ACT_TITLES
from quetsach.web.office.day_field import DayField


class WantedForm(forms.Form):
    """A filter; every field may stay empty."""

    text = forms.CharField(label=_("Person, unit or subject"), max_length=100, required=False)
    act = forms.ChoiceField(label=_("What was done"), required=False)
    first = DayField(label=_("From"), required=False)
    last = DayField(label=_("To"), required=False)

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        acts = sorted(((act, str(title)) for act, title in ACT_TITLES.items()), key=lambda pair: pair[1].casefold())
        self.fields["act"] = forms.ChoiceField(
            label=_("What was done"), required=False, choices=[("", _("Everything")), *acts]
        )

    def wanted(self) -> Wanted:
        """Return the filter; what is not valid takes everything."""
        if not self.is_valid():
            return Wanted()
        facts = self.cleaned_data
        return Wanted(facts["text"].strip(), facts["act"], facts["first"], facts["last"])
