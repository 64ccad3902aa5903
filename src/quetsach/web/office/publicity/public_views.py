"""Pages that anybody opens: is this sheet genuine, and the way in from a QR code."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from quetsach.campaign.publicity.errors import PublicityError
from quetsach.campaign.publicity.verification_code import read_code
from quetsach.web.office.publicity.forms import CodeForm
from quetsach.web.office.publicity.selectors.verification import genuine
from quetsach.web.office.publicity.services.visits import visit_count
from quetsach.web.office.publicity.wording import kit_texts

_CACHE_SECONDS = 60


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code; a code that may be one leads to its page."""
    form = CodeForm(request.GET) if "ma" in request.GET else CodeForm()
    is_wrong = False
    if form.is_bound and form.is_valid():
        try:
            return redirect("verification", read_code(form.cleaned_data["ma"]))
        except PublicityError:
            is_wrong = True
    return _page(request, {"form": form, "is_wrong": is_wrong})


@require_safe
def verification(request: HttpRequest, code: str) -> HttpResponse:
    """Say what a code stands for, or calmly that it is none of ours."""
    try:
        read = read_code(code)
    except PublicityError:
        return _page(request, {"form": CodeForm(initial={"ma": code[:60]}), "is_wrong": True}, status=404)
    if read != code:
        return redirect("verification", read)
    found = genuine(read)
    context = {"form": CodeForm(), "code": read, "found": found, "never": kit_texts().sheet.never}
    return _page(request, context, status=200 if found else 404)


@require_safe
def visit(request: HttpRequest, key: str) -> HttpResponse:
    """Count the visit for the unit and lead to the start page; a key that is no unit's leads there, too."""
    visit_count(key=key, request=request, now=datetime.now(UTC))
    response = redirect("home")
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, no_store=True)
    return response


def _page(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = render(request, "publicity/verify.html", {**context, "language": get_language()}, status=status)
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, public=True, max_age=_CACHE_SECONDS)
    return response
