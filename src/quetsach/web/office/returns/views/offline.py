"""A return without the office's page: on paper, and as a spreadsheet that comes back."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.campaign import authority
from quetsach.campaign.returns.errors import ReturnError
from quetsach.campaign.returns.state import Scope
from quetsach.web.office.people.access import require
from quetsach.web.office.refusal import Telling
from quetsach.web.office.returns.page import form_view
from quetsach.web.office.returns.selectors.owing import deadline_of
from quetsach.web.office.returns.services.entry import read_return, return_save
from quetsach.web.office.returns.views.finding import asked

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
    require(at.person, authority.Act.ENTER_RETURN, at.unit, day=at.day)
    with Telling(request):
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
