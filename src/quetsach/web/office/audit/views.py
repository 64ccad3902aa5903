"""The page of the log."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quetsach.web.office.audit.forms import WantedForm
from quetsach.web.office.audit.selectors import entries_for, may_read
from quetsach.web.office.audit.subjects import names_in, subject_names
from quetsach.web.office.errors import AccessError
from quetsach.web.office.people.access import today
from quetsach.web.office.people.current_user import current_person

_A_PAGE = 50


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """What was done in the subtrees whose log the person reads."""
    day = today(datetime.now(UTC))
    if not may_read(current_person(request), day=day):
        raise AccessError("the log is not yours to read", is_hidden=False)
    form = WantedForm(request.GET)
    wanted = form.wanted()
    query = urlencode({name: value for name, value in request.GET.items() if name != "page" and value})
    pages = Paginator(entries_for(current_person(request), wanted, day=day), _A_PAGE).get_page(request.GET.get("page"))
    names = subject_names(entry.subject for entry in pages)
    inside = names_in(entry.detail for entry in pages)
    context = {"form": form, "pages": pages, "query": query, "names": names, "inside": inside}
    return render(request, "office/audit/entries.html", context)
