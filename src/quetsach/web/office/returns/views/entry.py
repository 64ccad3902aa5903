"""Writing a return: the page of the form, by account or by link; on paper, and as a spreadsheet that comes back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign import authority
from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.answers import Answers, Fault
from quetsach.campaign.returns.form import Form
from quetsach.campaign.returns.state import Act, Scope, State
from quetsach.core.text import LocalText
from quetsach.web.design.words import here
from quetsach.web.office.editions import (
    ClashError,
    Difference,
    autosaved,
    differences,
    edition_of,
    is_autosave,
    not_autosaved,
)
from quetsach.web.office.people.access import require
from quetsach.web.office.refusal import FlashErrors, refusal_text
from quetsach.web.office.returns.models import Period, Return, ReturnDecision
from quetsach.web.office.returns.page import SCOPES, cell_names, form_view
from quetsach.web.office.returns.selectors.asking import asker_of
from quetsach.web.office.returns.selectors.filed import return_of
from quetsach.web.office.returns.selectors.owing import deadline_of
from quetsach.web.office.returns.services.entry import (
    Author,
    FaultyError,
    filled_in,
    link_used,
    read_return,
    return_save,
    return_submit,
)
from quetsach.web.office.returns.services.link import LinkError, link_of
from quetsach.web.office.returns.views.returns import asked
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import has_children

# Writing a return: the page of the form, for people with an account and for holders of a link.


@dataclass(slots=True)
class _EntryState:
    """A return on the desk of whoever writes it."""

    author: Author
    period: Period
    unit: Unit
    now: datetime
    filed: Return | None
    refusal: str = ""
    answers: Answers | None = None
    scope: Scope = Scope.OWN
    edition: str = ""
    clash: list[Difference] = field(default_factory=list)

    def context(self) -> dict[str, Any]:
        """Return what the template shows; what was typed stays, right or wrong."""
        cells = self.answers.cells if self.answers else self.filed.cells if self.filed else {}
        faults = self.answers.faults if self.answers else ()
        form = self.period.assignment.form.form
        return {
            "period": self.period,
            "unit": self.unit,
            "form": form,
            "sections": form_view(form, cells, faults),
            "errors": _named(form, self.answers.errors if self.answers else ()),
            "notes": _named(form, self.answers.notes if self.answers else ()),
            "refusal": self.refusal,
            "scope": self.scope if self.answers else Scope(self.filed.scope) if self.filed else Scope.OWN,
            "scopes": [(scope.value, title) for scope, title in SCOPES.items()] if self._has_below() else (),
            "filed": self.filed,
            "edition": self.edition or edition_of(filled_in(self.filed)),
            "clash": self.clash,
            "may_save": self.filed is None or self.filed.state in {State.DRAFT, State.RETURNED},
            "is_closed": self.filed is not None and self.filed.state == State.APPROVED,
            "sent_back": self._sent_back(),
            "deadline": deadline_of(self.period, self.unit),
        }

    def take(self, request: HttpRequest) -> Return | None:
        """Save or submit what was posted; ``None`` if it was refused, which the page then tells."""
        form = self.period.assignment.form.form
        cells = {name: request.POST.get(name, "") for name in form.fields()}
        self.scope = Scope.SUBTREE if request.POST.get("scope") == Scope.SUBTREE else Scope.OWN
        self.edition = request.POST.get("edition", "")[:32]
        try:
            if "submit" in request.POST and not is_autosave(request):
                return return_submit(
                    author=self.author,
                    period=self.period,
                    unit=self.unit,
                    scope=self.scope,
                    cells=cells,
                    has_seen_notes="notes-seen" in request.POST,
                    now=self.now,
                    edition=self.edition,
                )
            return return_save(
                author=self.author,
                period=self.period,
                unit=self.unit,
                scope=self.scope,
                cells=cells,
                now=self.now,
                edition=self.edition,
            )
        except ClashError as error:
            self.answers, self.refusal = read_return(self.period, self.unit, cells, now=self.now), refusal_text(error)
            self.edition, self.clash = edition_of(error.stored), self._clash(error, cells)
        except FaultyError as error:
            self.answers, self.refusal = error.answers, refusal_text(error)
        except ReturnError as error:
            self.answers, self.refusal = read_return(self.period, self.unit, cells, now=self.now), refusal_text(error)
        return None

    def kept_by_itself(self, kept: Return | None) -> HttpResponse:
        """Answer the script that keeps the draft."""
        return not_autosaved(self.refusal) if kept is None else autosaved(edition_of(filled_in(kept)), now=self.now)

    def _clash(self, error: ClashError, cells: dict[str, str]) -> list[Difference]:
        """Return the cells in which what is stored and what was typed differ, as the page calls them."""
        scopes = {str(scope): title for scope, title in SCOPES.items()}
        rows = [(_("This return counts"), scopes.get(error.stored.get("scope", "")), scopes[self.scope])]
        names = cell_names(self.period.assignment.form.form)
        rows += [(here(names[name]), error.stored.get(name, ""), cells[name].strip()) for name in cells]
        return differences(rows)

    def _has_below(self) -> bool:
        """Whether there is anybody whose machines the unit could count with its own."""
        return has_children(self.unit, self.period.last)

    def _sent_back(self) -> ReturnDecision | None:
        if self.filed is None or self.filed.state != State.RETURNED:
            return None
        return self.filed.decisions.filter(act=Act.RETURN).last()


def _named(form: Form, faults: Iterable[Fault]) -> list[tuple[str, LocalText, Fault]]:
    """Return each fault with the anchor and the question that it belongs to."""
    labels = {element.id: element.label for element in form.elements()}
    return [(f"o-{f.field.replace('.', '-')}", labels[f.field.partition(".")[0]], f) for f in faults]


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Write a unit's return."""
    at = asked(request, assignment, period, unit)
    require(at.person, authority.Permission.ENTER_RETURN, at.unit, day=at.day)
    desk = _EntryState(at.person, at.period, at.unit, at.now, at.filed)
    if request.method == "POST":
        filed = desk.take(request)
        if is_autosave(request):
            return desk.kept_by_itself(filed)
        if filed is not None and filed.state == State.SUBMITTED:
            messages.success(request, _("The return is submitted."))
            return redirect("office:returns:filed", assignment, period, unit)
        if filed is not None:
            messages.success(request, _("The draft is saved. It is not submitted yet."))
            return redirect(f"{request.path}?check")
    elif "check" in request.GET and desk.filed is not None:
        desk.answers = read_return(desk.period, desk.unit, desk.filed.cells, now=desk.now)
        desk.scope = Scope(desk.filed.scope)
    status = 422 if desk.refusal else 200
    return render(request, "office/returns/entry.html", desk.context(), status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entry_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Write a unit's return without an account. Opening the link changes nothing; only the form does."""
    now = datetime.now(UTC)
    try:
        link = link_of(token, now=now)
    except LinkError as error:
        return render(request, "office/returns/link_closed.html", {"refusal": refusal_text(error)}, status=404)
    filed = return_of(link.unit, link.period)
    desk = _EntryState(link, link.period, link.unit, now, filed)
    done = ""
    if request.method == "POST":
        kept = desk.take(request)
        if kept is not None:
            desk.filed, desk.answers, desk.edition = kept, None, ""
            done = "submitted" if kept.state == State.SUBMITTED else "saved"
            if done == "saved":
                desk.answers, desk.scope = read_return(link.period, link.unit, kept.cells, now=now), Scope(kept.scope)
    elif request.method == "GET":
        link_used(link=link, act="shown", now=now)
    asker = asker_of(link.period.assignment)
    context = {**desk.context(), "done": done, "expires_at": link.expires_at, "asker": asker}
    return render(request, "office/returns/link.html", context, status=422 if desk.refusal else 200)


# A return without the office's page: on paper, and as a spreadsheet that comes back.

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_BYTES = 1 << 20


@require_safe
def paper(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """The form on paper, with unit and period filled in; ``?trong`` leaves the answers empty."""
    at = asked(request, assignment, period, unit)
    cells = at.filed.cells if at.filed and "trong" not in request.GET else {}
    form = at.period.assignment.form.form
    context = {
        "period": at.period,
        "unit": at.unit,
        "form": form,
        "sections": form_view(form, cells),
        "deadline": deadline_of(at.period, at.unit),
        "is_empty": not cells,
    }
    return render(request, "office/returns/paper.html", context)


@require_safe
def template(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """The form as a spreadsheet, with unit, period and what is written so far."""
    from quetsach.web.office.returns.sheet import write_sheet  # noqa: PLC0415 - slow to load

    at = asked(request, assignment, period, unit)
    one = at.filed
    content = write_sheet(at.period, at.unit, one.cells if one else {}, Scope(one.scope) if one else Scope.OWN)
    answer = HttpResponse(content, content_type=_XLSX)
    answer["Content-Disposition"] = f'attachment; filename="bao-cao-{at.period.key}-{at.unit.key}.xlsx"'
    return answer


@require_POST
def take_in(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Take in a filled spreadsheet as a draft, and tell what is wrong with which cell."""
    from quetsach.web.office.returns.sheet import read_sheet  # noqa: PLC0415 - slow to load

    at = asked(request, assignment, period, unit)
    require(at.person, authority.Permission.ENTER_RETURN, at.unit, day=at.day)
    with FlashErrors(request):
        sheet = read_sheet(_uploaded(request), at.period, at.unit)
        filed = return_save(
            author=at.person, period=at.period, unit=at.unit, scope=sheet.scope, cells=sheet.cells, now=at.now
        )
        answers = read_return(at.period, at.unit, filed.cells, now=at.now)
        faults = [(sheet.places.get(f.field, ""), f) for f in answers.faults]
        context = {"period": at.period, "unit": at.unit, "faults": faults, "count": len(sheet.cells)}
        return render(request, "office/returns/taken_in.html", context)
    return redirect("office:returns:entry", assignment, period, unit)


def _uploaded(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise ReturnError(_("no file was chosen"))
    if (file.size or 0) > _MOST_BYTES:
        raise ReturnError(_("the file is too large"), hint=_("send the template as it was downloaded"))
    return bytes(file.read())
