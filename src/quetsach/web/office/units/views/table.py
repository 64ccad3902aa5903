"""Tables of units out and in."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.web.office.people.access import today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.units.forms import ImportForm
from quetsach.web.office.units.selectors.exporting import TABLES, as_csv, as_xlsx, export_tables
from quetsach.web.office.units.selectors.reach import import_draft
from quetsach.web.office.units.services.importing import (
    draft_drop,
    draft_keep,
    import_preview,
    units_import,
)
from quetsach.web.office.units.services.unit import require_centre

_MOST_SHOWN = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """Return what the person sees as XLSX, which goes out while it is written, or one table of it as CSV."""
    day = today(datetime.now(UTC))
    tables = export_tables(current_person(request), day=day)
    name = request.GET.get("table", "")
    if name in TABLES:
        return HttpResponse(as_csv(tables[name]), "text/csv; charset=utf-8", headers=_as_file(f"{name}-{day}.csv"))
    return StreamingHttpResponse(as_xlsx(tables), content_type=_XLSX, headers=_as_file(f"units-{day}.xlsx"))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """Take a file; the next page reads it, once, and shows what it would change."""
    now = datetime.now(UTC)
    require_centre(current_person(request), now=now)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        draft_keep(file=(file.name, file.read()), by=current_person(request), now=now)
        return redirect("office:units:preview")
    return render(request, "office/units/import.html", {"form": form, "tables": TABLES})


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the kept file would change; apply it, or throw it away."""
    now = datetime.now(UTC)
    require_centre(current_person(request), now=now)
    draft = import_draft(current_person(request))
    if draft is None:
        return redirect("office:units:import")
    files = [(draft.name, bytes(draft.content))]
    if request.method == "POST":
        if request.POST.get("wants") != "apply":
            draft_drop(by=current_person(request))
            return redirect("office:units:import")
        with Telling(request, _("The file is applied.")):
            units_import(files=files, expected=request.POST.get("digest", ""), by=current_person(request), now=now)
            draft_drop(by=current_person(request))
            return redirect("office:units:list")
        return redirect("office:units:preview")
    shown = {"draft": draft, "most": _MOST_SHOWN, "first": f":{_MOST_SHOWN}"}
    with Telling(request):
        found = import_preview(files=files, by=current_person(request), now=now)
        return render(request, "office/units/preview.html", {**shown, "preview": found, "plan": found.plan})
    draft_drop(by=current_person(request))
    return redirect("office:units:import")
