"""Pages of signing in and of people."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who it is."""
    return render(request, "office/people/sign_in.html")


def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up a second factor."""
    return render(request, "office/people/sign_in.html")
