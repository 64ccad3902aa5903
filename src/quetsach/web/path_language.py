"""The language of an answer is that of its address, and of nothing else."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class PathLanguage(LocaleMiddleware):
    """Django's middleware without its guess that answers depend on ``Accept-Language``: none of ours do.

    Caches would keep every page and file once for each browser's list of languages. Only pages have one language; what
    files are written in, they say themselves.
    """

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Name the language of a page."""
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", translation.get_language())
        return response
