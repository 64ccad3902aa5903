"""Pages of publicity in the office: each parses its request, calls one service or selector, and renders."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.codes import read_code
from quetsach.campaign.errors import PublicityError
from quetsach.campaign.kit_texts import Facts
from quetsach.web.design.words import page_language
from quetsach.web.office.blob_store import KITS, BlobError
from quetsach.web.office.people.access import current_person, may_do, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.publicity import services
from quetsach.web.office.publicity.contents import (
    announcements,
    archive_file,
    archive_names,
    kit_texts,
    message_blocks,
    press_release,
)
from quetsach.web.office.publicity.forms import CodeForm, KitForm, ReachForm, ReasonForm
from quetsach.web.office.publicity.selectors import kits as selectors
from quetsach.web.office.publicity.selectors.kits import KitStanding, KitState, genuine
from quetsach.web.office.publicity.selectors.reach import reach_of
from quetsach.web.office.publicity.services import visit_count
from quetsach.web.office.publicity.sheets.typesetter import SHEETS
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

# Pages that anybody opens: is this sheet genuine, and the way in from a QR code.

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
    return _page(request, {"form": form, "is_wrong": is_wrong, "never": kit_texts().sheet.never})


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
    if request.get_full_path() != reverse("verify"):  # where to ask is for everybody to find, not what was asked
        response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, public=True, max_age=_CACHE_SECONDS)
    return response


_DAYS_SHOWN = 28
_SHOWN_TYPES: Mapping[str, str] = {"pdf": "application/pdf", "png": "image/png"}
"""What opens in the browser; everything else is saved."""


@require_http_methods(["GET", "HEAD", "POST"])
def kit_list(request: HttpRequest) -> HttpResponse:
    """The kits of my units; on POST a new one, in one step."""
    person, now = current_person(request), datetime.now(UTC)
    day = today(now)
    units = selectors.units_offered(person, Permission.MAKE_KIT, day=day)
    form = KitForm(request.POST or None, initial={"unit": units[0].label if units else ""})
    if request.method == "POST" and form.is_valid():
        made = _make(form, person, now)
        if made is not None:
            return made
    may_reword = may_do(person, Permission.MAKE_KIT, root_unit(), day=day)
    context = {"kits": selectors.kits_seen(person, day=day), "units": units, "form": form, "may_reword": may_reword}
    return render(request, "office/publicity/list.html", context)


@require_safe
def kit(request: HttpRequest, number: int) -> HttpResponse:
    """One kit: how it stands, what is in it, and what to do next."""
    shown, person, now = _kit(request, number)
    folder = _language(services.facts_of(shown.kit))
    try:
        names = archive_names(KITS.read(shown.kit.sha256))
    except BlobError:
        names = ()
    pictures = [
        {"sheet": sheet, "name": f"{folder}/{sheet.file.in_language(folder)}"}
        for sheet in SHEETS
        if sheet.medium == "screen" and names
    ]
    context = {
        "shown": shown,
        "may_make": may_do(person, Permission.MAKE_KIT, shown.kit.unit, day=today(now)),
        "pictures": pictures,
        "files": names,
        "form": ReasonForm(),
    }
    return render(request, "office/publicity/kit.html", context)


@require_safe
def texts(request: HttpRequest, number: int) -> HttpResponse:
    """What the kit says: message blocks, press release, announcement."""
    shown, _by, _now = _kit(request, number)
    facts = services.facts_of(shown.kit)
    language = _language(facts)
    context = {
        "shown": shown,
        "blocks": message_blocks(facts, language),
        "press": press_release(facts, language),
        "scripts": announcements(facts),
    }
    return render(request, "office/publicity/texts.html", context)


@require_safe
def kit_file(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One file of a kit, for looking at it."""
    shown, _by, _now = _kit(request, number)
    try:
        content = archive_file(KITS.read(shown.kit.sha256), name)
    except PublicityError as error:
        raise Http404 from error
    kind = name.rpartition(".")[2]
    response = HttpResponse(content, content_type=_SHOWN_TYPES.get(kind, "application/octet-stream"))
    if kind not in _SHOWN_TYPES:
        response["Content-Disposition"] = f'attachment; filename="{name.rpartition("/")[2]}"'
    return response


@require_safe
def kit_download(request: HttpRequest, number: int) -> HttpResponse:
    """The whole kit, once a second person has let it out."""
    shown, _by, _now = _kit(request, number)
    kit = shown.kit
    if shown.state is not KitState.RELEASED:
        raise Http404
    response = HttpResponse(KITS.read(kit.sha256), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="quet-sach-{kit.unit.key}-{kit.verification.code}.zip"'
    return response


@require_POST
def kit_submit(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a second person."""
    shown, person, now = _kit(request, number)
    with FlashErrors(request, _("Asked. Another person with the same right must now look at the kit.")):
        services.kit_submit(kit=shown.kit, by=person, now=now)
    return redirect("office:publicity:kit", number)


@require_POST
def kit_revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Take a kit back."""
    shown, person, now = _kit(request, number)
    with FlashErrors(request, _("The kit is taken back. The page of its code says so from now on.")):
        services.kit_revoke(kit=shown.kit, reason=request.POST.get("reason", ""), by=person, now=now)
    return redirect("office:publicity:kit", number)


@require_safe
def reach(request: HttpRequest) -> HttpResponse:
    """How far the publicity of a unit and of all below it came."""
    person, now = current_person(request), datetime.now(UTC)
    day, utc_day = today(now), now.date()
    last = utc_day - timedelta(days=utc_day.weekday() + 1)  # the last Sunday
    start = {"first": last - timedelta(days=_DAYS_SHOWN - 1), "last": last, "unit": ""}
    form = ReachForm(request.GET if "first" in request.GET else {**start, "unit": request.GET.get("unit", "")})
    context: dict[str, Any] = {"form": form, "units": selectors.units_offered(person, Permission.SEE, day=day)}
    if form.is_valid():
        asked = form.cleaned_data
        unit = selectors.unit_asked_for(person, asked["unit"], Permission.SEE, day=day)
        if unit is None:
            form.add_error("unit", _("There is no unit with this name or key."))
        else:
            context |= {"unit": unit, "reach": reach_of(unit, asked["period"], person=person, day=day)}
    return render(request, "office/publicity/reach.html", context)


def _make(form: KitForm, person: Person, now: datetime) -> HttpResponse | None:
    """Make the kit and lead to it; a fault goes to the form."""
    unit = selectors.unit_asked_for(person, form.cleaned_data["unit"], Permission.MAKE_KIT, day=today(now))
    if unit is None:
        form.add_error("unit", _("There is no unit with this name or key."))
        return None
    try:
        made = services.kit_make(unit=unit, campaign=form.cleaned_data["campaign"], by=person, now=now)
    except PublicityError:
        form.add_error(None, _("The kit cannot be made: the name of the unit or of the campaign is too long."))
        return None
    return redirect("office:publicity:kit", made.pk)


def _kit(request: HttpRequest, number: int) -> tuple[KitStanding, Person, datetime]:
    person, now = current_person(request), datetime.now(UTC)
    shown = selectors.kit_seen(person, number, day=today(now))
    if shown is None:
        raise Http404
    return shown, person, now


def _language(facts: Facts) -> str:
    """Return the language of the page where the kit has it, otherwise the kit's first."""
    language = page_language()
    return language if language in facts.languages else facts.languages[0]
