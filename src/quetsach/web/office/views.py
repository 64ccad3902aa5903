"""The desk: the first page of the office."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quetsach.web.office.desk import desk_of
from quetsach.web.office.people.here import person_here


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the person who is signed in."""
    return render(request, "office/desk.html", {"waiting": desk_of(person_here(request), now=datetime.now(UTC))})
