"""The page of the log, and what to look for in it."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from quetsach.core.text import Text
from quetsach.web.office.audit.selectors import Wanted, entries_for, may_read
from quetsach.web.office.audit.words import ACT_TITLES, names_in, subject_names
from quetsach.web.office.day_field import DayField
from quetsach.web.office.people.access import current_person, today
from quetsach.web.office.refusal import AccessError

# What to look for in the log.


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


# The page of the log.

_A_PAGE = 50


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """What was done in the subtrees whose log the person reads."""
    day = today(datetime.now(UTC))
    if not may_read(current_person(request), day=day):
        raise AccessError(Text("the log is not yours to read"), is_hidden=False)
    form = WantedForm(request.GET)
    wanted = form.wanted()
    query = urlencode({name: value for name, value in request.GET.items() if name != "page" and value})
    pages = Paginator(entries_for(current_person(request), wanted, day=day), _A_PAGE).get_page(request.GET.get("page"))
    names = subject_names(entry.subject for entry in pages)
    inside = names_in(entry.detail for entry in pages)
    context = {"form": form, "pages": pages, "query": query, "names": names, "inside": inside}
    return render(request, "office/audit/entries.html", context)
