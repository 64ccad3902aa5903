"""Pages of lists of stolen accounts."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.accounts import MOST_FAULTS_TOLD
from quetsach.campaign.authority import Permission
from quetsach.web.limits import ACCOUNT_FILE_BYTES
from quetsach.web.office.accounts import selectors
from quetsach.web.office.accounts.forms import ROW_FAULTS, EraseForm, TakeInForm
from quetsach.web.office.accounts.models import Batch
from quetsach.web.office.accounts.services.batches import batch_erase, batch_take_in
from quetsach.web.office.people.access import CurrentUser, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

_A_PAGE = 50


@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """Show all lists, and whether owners can be answered."""
    visitor = _entered(request)
    context = {
        "page": Paginator(selectors.all_batches(), _A_PAGE).get_page(request.GET.get("page")),
        "is_on": settings.CENTER.answers_owners,
        "is_open": selectors.is_open(visitor.now),
        "is_wanted": settings.CENTER.account_check,
    }
    return render(request, "office/accounts/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Take a list in."""
    visitor = _entered(request)
    is_sent = request.method == "POST"
    form = TakeInForm(request.POST, request.FILES) if is_sent else TakeInForm()
    if is_sent and form.is_valid():
        done = _("The list is here, sealed. It waits for a second person.")
        with FlashErrors(request, done, form=form, field="file"):
            content = form.cleaned_data["file"].read(ACCOUNT_FILE_BYTES + 1)
            made = batch_take_in(content=content, told=form.told, by=visitor.person, now=visitor.now)
            return redirect("office:accounts:batch", made.pk)
    context = {"form": form, "is_on": settings.CENTER.answers_owners}
    return render(request, "office/accounts/take_in.html", context, status=422 if is_sent else 200)


@require_safe
def batch(request: HttpRequest, number: int) -> HttpResponse:
    """Show one list."""
    _entered(request)
    return _batch(request, get_object_or_404(selectors.all_batches(), pk=number), EraseForm())


@require_POST
def batch_end(request: HttpRequest, number: int) -> HttpResponse:
    """Erase the entries of a list."""
    visitor = _entered(request)
    found = get_object_or_404(selectors.all_batches(), pk=number)
    form = EraseForm(request.POST)
    if form.is_valid():
        with FlashErrors(request, _("All entries of the list are erased."), form=form, field="reason"):
            batch_erase(batch=found, reason=form.cleaned_data["reason"], by=visitor.person, now=visitor.now)
            return redirect("office:accounts:batch", number)
    return _batch(request, found, form, status=422)


def _batch(request: HttpRequest, found: Batch, form: EraseForm, *, status: int = 200) -> HttpResponse:
    context = {
        "batch": found,
        "form": form,
        "told": selectors.told_count(found),
        "left": selectors.left_count(found),
        "approval": selectors.waiting_approval(found),
        "faults": [(one["line"], ROW_FAULTS.get(one["code"], one["code"])) for one in found.faults],
        "most_faults": MOST_FAULTS_TOLD,
    }
    return render(request, "office/accounts/batch.html", context, status=status)


def _entered(request: HttpRequest) -> CurrentUser:
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
    return visitor
