"""Leads from an address as it is printed to that of the page in the reader's language."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "HEAD", "POST"])
def moved(request: HttpRequest, *, name: str, **places: str) -> HttpResponse:
    """Lead on to a page by its name, with the question that the address had; a form that was sent is sent there."""
    query = request.META.get("QUERY_STRING", "")
    address = reverse(name, kwargs=places) + (f"?{query}" if query else "")
    return HttpResponsePermanentRedirect(address, preserve_request=request.method == "POST")
