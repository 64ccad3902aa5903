"""The desk: the first page of the office."""

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quetsach.web.office.desk import desk_of
from quetsach.web.office.request import OfficeRequest


@require_safe
def desk(request: OfficeRequest) -> HttpResponse:
    """What waits for the person who is signed in."""
    return render(request, "office/desk.html", {"waiting": desk_of(request.user, now=datetime.now(UTC))})
