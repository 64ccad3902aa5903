"""The desk: the first page of the office."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the person who is signed in."""
    return render(request, "office/desk.html")
