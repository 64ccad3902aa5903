"""The dashboard: the first page of the office."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quetsach.web.office.dashboard import dashboard_of
from quetsach.web.office.middleware import is_office
from quetsach.web.office.people.current_user import current_person
from quetsach.web.portal.views import error


def failed(status: int) -> Callable[..., HttpResponse]:
    """Return the view that explains one kind of failure: inside the office in its own page, else in the public one."""
    public = error(status)

    def view(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        if is_office(request.path):
            return render(request, "office/error.html", {"status": status}, status=status)
        return public(request, *arguments, **named)

    return view


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits for the person who is signed in."""
    found = dashboard_of(current_person(request), now=datetime.now(UTC))
    return render(request, "office/dashboard.html", {"dashboard": found})
