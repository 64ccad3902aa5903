"""The page of the log."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quetsach.web.office.log.forms import WantedForm
from quetsach.web.office.log.selectors import entries_for, may_read
from quetsach.web.office.log.subjects import subject_names, value_names
from quetsach.web.office.people.access import AccessError, today
from quetsach.web.office.people.here import person_here

_A_PAGE = 50


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """What was done in the subtrees whose log the person reads."""
    day = today(datetime.now(UTC))
    if not may_read(person_here(request), day=day):
        raise AccessError("the log is not yours to read", is_hidden=False)
    form = WantedForm(request.GET)
    wanted = form.wanted()
    query = urlencode({name: value for name, value in request.GET.items() if name != "page" and value})
    pages = Paginator(entries_for(person_here(request), wanted, day=day), _A_PAGE).get_page(request.GET.get("page"))
    names = subject_names(entry.subject for entry in pages)
    called = value_names(entry.detail for entry in pages)
    context = {"form": form, "pages": pages, "query": query, "names": names, "called": called}
    return render(request, "office/log/entries.html", context)
