"""Forms of returns: the list, one version in words and as files, and a new one from a file that one looks at first."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.campaign.authority import Act
from quetsach.campaign.returns.form import Form, read_form
from quetsach.web.office.people.access import may_do, require, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.returns.forms import FormFileForm, FormTextForm
from quetsach.web.office.returns.models import ReturnForm
from quetsach.web.office.returns.selectors.forms import changes_since, form_uses, form_versions, rules_of
from quetsach.web.office.returns.services.assignment import form_take_in
from quetsach.web.office.returns.wording import COUNTS, KINDS, SPANS
from quetsach.web.office.tree.selectors import root_unit

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """All forms with their versions."""
    context = {"versions": form_versions(), "may_take_in": _may_take_in(request)}
    return render(request, "office/returns/forms.html", context)


@require_safe
def form(request: HttpRequest, code: str) -> HttpResponse:
    """One version in words: what it asks, what must hold, where it is used."""
    kept = get_object_or_404(ReturnForm, code=code)
    return render(
        request, "office/returns/form_version.html", {"kept": kept, "uses": form_uses(kept), **_shown(kept.form)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Take a form or a new version in: first what the file asks, then the taking."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    if "document" in request.POST:
        agreed = FormTextForm(request.POST)
        if agreed.is_valid():
            with Telling(
                request, _("The form is here. Units are asked for returns on it when you say so."), form=agreed
            ):
                kept = form_take_in(content=agreed.content(), by=person, now=now)
                return redirect("office:returns:form", kept.code)
        return render(request, "office/returns/form_new.html", {"form": agreed}, status=422)
    chosen = FormFileForm(request.POST or None, request.FILES or None)
    if not chosen.is_valid():
        return render(request, "office/returns/form_new.html", {"form": chosen}, status=422 if chosen.errors else 200)
    content: bytes = chosen.cleaned_data["file"]
    context = {"document": content.decode(), **_shown(read_form(content, file=_("file")))}
    return render(request, "office/returns/form_preview.html", context)


@require_safe
def toml(_request: HttpRequest, code: str) -> HttpResponse:
    """The file as it was taken in."""
    kept = get_object_or_404(ReturnForm, code=code)
    return _file(kept.document.encode(), f"{kept.code}.toml", "application/toml")


@require_safe
def as_json(_request: HttpRequest, code: str) -> HttpResponse:
    """The form as JSON, for programs."""
    kept = get_object_or_404(ReturnForm, code=code)
    text = json.dumps(asdict(kept.form), ensure_ascii=False, indent=2) + "\n"
    return _file(text.encode(), f"{kept.code}.json", "application/json")


@require_safe
def xlsx(_request: HttpRequest, code: str) -> HttpResponse:
    """The form as an empty spreadsheet, to look at: units get their own with name and period."""
    from quetsach.web.office.returns.sheet import write_blank  # noqa: PLC0415 - slow to load

    kept = get_object_or_404(ReturnForm, code=code)
    return _file(write_blank(kept.form), f"{kept.code}.xlsx", _XLSX)


def _shown(found: Form) -> dict[str, object]:
    sections = [
        (
            section.title,
            [
                (
                    element,
                    KINDS[element.kind],
                    COUNTS[element.counts] if element.counts else "",
                    SPANS[element.span] if element.span else "",
                )
                for element in section.elements
            ],
        )
        for section in found.sections
    ]
    return {"shown": found, "sections": sections, "rules": rules_of(found), "changes": changes_since(found)}


def _may_take_in(request: HttpRequest) -> bool:
    return may_do(current_person(request), Act.RUN_CAMPAIGN, root_unit(), day=today(datetime.now(UTC)))


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
