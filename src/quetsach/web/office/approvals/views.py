"""Pages of approvals."""

from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.web.office.approvals import selectors
from quetsach.web.office.approvals.models import APPROVAL_TITLES
from quetsach.web.office.approvals.services import approval_decide, consequence_of, unvouched
from quetsach.web.office.people.access import current_person, today
from quetsach.web.office.people.sign_in_views import require_again
from quetsach.web.office.refusal import FlashErrors

_A_PAGE = 50
_LONGEST_REASON = 2000


@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the person, what the person asked for, what was decided."""
    day = today(datetime.now(UTC))
    lists = {
        "": lambda: selectors.waiting_for(current_person(request), day=day),
        "asked": lambda: selectors.asked_by(current_person(request)),
        "decided": lambda: selectors.decided_near(current_person(request), day=day),
    }
    shown = request.GET.get("list", "")
    found = lists.get(shown, lists[""])()
    context = {
        "pages": Paginator(found, _A_PAGE).get_page(request.GET.get("page")),
        "shown": shown if shown in lists else "",
        "query": f"list={shown}" if shown in lists and shown else "",
    }
    return render(request, "office/approvals/list.html", context)


@require_safe
def approval(request: HttpRequest, key: int) -> HttpResponse:
    """One approval: what it is about, and the decision."""
    day = today(datetime.now(UTC))
    found = selectors.approval_for(current_person(request), key, day=day)
    context: dict[str, Any] = {
        "approval": found,
        "kind": APPROVAL_TITLES[found.kind],
        "subject_url": selectors.subject_url(found),
        "may_decide": found.is_granted is None and selectors.may_decide(current_person(request), found, day=day),
        "unvouched": unvouched(found, current_person(request)),
        "is_own": found.asked_by_id == current_person(request).pk,
    }
    if consequence := consequence_of(found):
        context |= {"detail": consequence.template, **consequence.context(found)}
    return render(request, "office/approvals/approval.html", context)


@require_POST
def decide(request: HttpRequest, key: int) -> HttpResponse:
    """Grant or refuse, after showing the second factor again."""
    require_again(request)
    now = datetime.now(UTC)
    found = selectors.approval_for(current_person(request), key, day=today(now))
    is_granted = request.POST.get("verdict") == "grant"
    consequence = consequence_of(found)
    granted = consequence.done if consequence else _("Granted.")
    with FlashErrors(request, granted if is_granted else _("Refused.")):
        approval_decide(
            approval=found,
            is_granted=is_granted,
            reason=request.POST.get("reason", "").strip()[:_LONGEST_REASON],
            by=current_person(request),
            now=now,
        )
        return redirect("office:approvals:list")
    return redirect("office:approvals:approval", key)
