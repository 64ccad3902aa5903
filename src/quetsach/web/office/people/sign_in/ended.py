"""What happens to a form that comes when its session has ended: it is kept, the person is told, and finds it again."""

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.bounds import SMALL_BODY_BYTES
from quetsach.web.office.people.models import KeptForm
from quetsach.web.office.people.services.keeping import MOST_BYTES, form_keep

_WAIT_SECONDS = 3600
KEPT = _("Your session has ended. What you typed is kept for you, but not saved yet: sign in to send it again.")
KEPT_HERE = _("This page was opened in a session that has ended. What you typed is kept, but not saved yet.")
KEPT_BUT_FILES = _(
    "Your session has ended. What you typed is kept for you, but not saved yet: sign in to send it again. "
    "Files have to be chosen once more."
)
NOTHING_SAVED = _("Your session had ended before this was sent. Nothing was saved.")


def to_sign_in(request: HttpRequest, *, had_session: bool, may_keep: bool) -> HttpResponse:
    """Lead to the page of signing in, with what was typed in safe keeping.

    Args:
        request: what came; its body is bounded.
        had_session: whether the browser showed a session that was ours: only then, or where something is kept, is there
            a message, for a message needs a session.
        may_keep: whether forms of this address hold what may be kept; never passwords and codes.
    """
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    most = 3 * MOST_BYTES if had_session else SMALL_BODY_BYTES  # of others, the server does not take more in
    kept = keep(request) if may_keep and _length(request) <= most else None
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"said": str(_told(kept))}, status=401)
    if kept is None:
        if had_session:
            _tell(request, NOTHING_SAVED)
        return redirect("account_login")
    _tell(request, _told(kept))
    return redirect_to_login(reverse("office:people:kept-forms"))


def keep(request: HttpRequest) -> KeptForm | None:
    """Keep the fields of a form, for the person for whom it was made; ``None`` if nothing is kept."""
    try:
        fields, has_files = request.POST, bool(request.FILES)
    except (RequestDataTooBig, MultiPartParserError, UnreadablePostError):
        return None
    return form_keep(path=request.get_full_path(), fields=fields, has_files=has_files, now=datetime.now(UTC))


def _length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _told(kept: KeptForm | None) -> str | Promise:
    if kept is None:
        return NOTHING_SAVED
    return KEPT_BUT_FILES if kept.has_files else KEPT


def _tell(request: HttpRequest, what: str | Promise) -> None:
    request.session.set_expiry(_WAIT_SECONDS)
    messages.warning(request, str(what))
