"""Writing a letter: the list, its text and versions, its preview, its files, asking for approval, issuing."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.core.paginator import Paginator
from django.forms import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import IncompleteError
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.editions import (
    autosaved,
    chosen,
    differences,
    edition_of,
    first_fault,
    is_autosave,
    not_autosaved,
    readable,
)
from quetsach.web.office.letters.content import digest_of, text_of, written, written_then
from quetsach.web.office.letters.document.printing import print_original
from quetsach.web.office.letters.forms import BeginForm, LetterForm
from quetsach.web.office.letters.models import Attachment, Letter, LetterState
from quetsach.web.office.letters.selectors import letters as selectors
from quetsach.web.office.letters.selectors.distribution import distribution_of
from quetsach.web.office.letters.selectors.draft import open_points
from quetsach.web.office.letters.services.draft import (
    Reference,
    attachment_add,
    attachment_remove,
    letter_begin,
    letter_restore,
    letter_save,
    letter_submit,
)
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.letters.services.templates import template_keep
from quetsach.web.office.letters.signing_credentials import outlook_of
from quetsach.web.office.people.access import CurrentUser, may_do
from quetsach.web.office.plans.selectors import campaign_of
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

# Writing a letter: the list, a new one, its text, its preview, its files, asking for approval, issuing.

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """Return a PDF to be shown, under the number of its letter."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{_file_name(name)}.pdf"'
    return response


def docx_answer(content: bytes, name: str) -> HttpResponse:
    """Return a DOCX to be kept, under the number of its letter."""
    response = HttpResponse(content, content_type=_DOCX)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.docx"'
    return response


def _file_name(name: str) -> str:
    return name.replace("/", "-").encode("ascii", "ignore").decode() or "letter"


PAGE = 50


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """All letters within sight, the newest first."""
    visitor = CurrentUser.of(request)
    state = request.GET.get("state", "")
    found = selectors.letters_at(selectors.letters_visible(visitor.person, day=visitor.day), state)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    stages = selectors.stages_of(list(page))
    may_write = bool(selectors.own_units(visitor.person, Permission.WRITE_LETTER, day=visitor.day))
    context = {
        "page": page,
        "rows": [(letter, stages[letter.pk]) for letter in page],
        "state": state,
        "stages": list(selectors.LetterStage),
        "may_write": may_write,
        "to_renew": selectors.own_keys_to_renew(visitor.person, now=visitor.now),
        "tab": "letters",
    }
    return render(request, "office/letters/letters.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a letter, perhaps one that passes on, replaces or revokes another."""
    visitor = CurrentUser.of(request)
    units = selectors.own_units(visitor.person, Permission.WRITE_LETTER, day=visitor.day)
    reference = _reference(request, visitor)
    initial = {"unit": units[0].key if units else None, "campaign": request.GET.get("campaign", "")[:60]}
    if reference.earlier:
        initial = {"unit": reference.earlier.unit.key, "campaign": reference.earlier.campaign}
    if related := reference.earlier or reference.covers:
        initial["language"] = related.language
    form = BeginForm(request.POST or None, units=units, purposes=reference.purposes, initial=initial)
    if form.is_valid():
        with FlashErrors(request, form=form):
            letter = letter_begin(**form.cleaned_data, by=visitor.person, now=visitor.now, reference=reference)
            return redirect("office:letters:edit", letter.pk)
    context = {"form": form, "reference": reference, "units": units, "tab": "letters"}
    return render(request, "office/letters/begin.html", context)


@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter: what it is, how far it is, what can be done with it."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    digest = digest_of(found)
    approvals = selectors.approvals_of(found, digest)
    may = {
        act.name.lower(): may_do(visitor.person, act, found.unit, day=visitor.day)
        for act in (Permission.WRITE_LETTER, Permission.ISSUE_LETTER)
    }
    may["see_campaign"] = may_do(visitor.person, Permission.SEE, root_unit(), day=visitor.day)
    context: dict[str, Any] = {
        "letter": found,
        "digest": digest,
        "approval": approvals.of_this,
        "refused": approvals.refused,
        "stage": selectors.stages_of([found])[found.pk],
        "outlook": outlook_of(found, now=visitor.now) if found.is_open else None,
        "campaign": campaign_of(found.campaign) if found.campaign else None,
        "may": may,
        "open_points": open_points(found, day=visitor.day) if found.state == LetterState.DRAFT else (),
        "attachments": found.attachments.order_by("name"),
        "versions": found.versions.select_related("saved_by").order_by("-number")[:20],
        "cascade": distribution_of(found) if found.is_issued else None,
        "tab": "letters",
    }
    return render(request, "office/letters/letter.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the letter."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    if not found.is_open:
        return redirect("office:letters:letter", pk)
    form = LetterForm(request.POST or None, instance=found)
    is_auto = is_autosave(request)
    if form.is_valid():
        with FlashErrors(request, "" if is_auto else _("The draft is saved."), form=form):
            saved = letter_save(
                letter=found,
                content=form.content(),
                by=visitor.person,
                now=visitor.now,
                edition=form.cleaned_data["edition"],
                is_auto=is_auto,
            )
            if is_auto:
                return autosaved(edition_of(written(saved)), now=visitor.now)
            return redirect("office:letters:letter", pk)
    if is_auto:
        return not_autosaved(first_fault(form))
    return render(request, "office/letters/edit.html", {"form": form, "letter": found, "tab": "letters"})


@require_safe
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter on paper: the original once it was issued, before that what it would look like."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    if found.sha256 and found.state == LetterState.ISSUED:
        return pdf_answer(LETTERS.read(found.sha256), found.number_sign)
    with FlashErrors(request):
        return pdf_answer(print_original(text_of(found), None), found.number_sign or f"draft-{found.pk}")
    return redirect("office:letters:letter", pk)


@require_safe
def docx(request: HttpRequest, pk: int) -> HttpResponse:
    """The working form of the letter, for a word processor; it is never signed."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    word = import_module("quetsach.web.office.letters.document.word")  # by name: it is slow to load
    with FlashErrors(request):
        return docx_answer(word.render_docx(text_of(found)), found.number_sign or f"draft-{found.pk}")
    return redirect("office:letters:letter", pk)


@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a second person."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    # The page to which a refusal leads lists every open place: said twice, the list is read by nobody.
    refusals = {IncompleteError.code: _("Nothing was submitted. What the letter still lacks is listed below.")}
    with FlashErrors(request, _("The letter waits for the approval of a second person."), words=refusals):
        letter_submit(letter=found, by=visitor.person, now=visitor.now)
    return redirect("office:letters:letter", pk)


@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Number, sign and keep it."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    with FlashErrors(request, _("The letter is issued. Now choose whom it goes to.")):
        letter_issue(
            letter=found, by=visitor.person, now=visitor.now, may_be_unsigned=request.POST.get("unsigned") == "yes"
        )
        return redirect("office:letters:send", pk)
    return redirect("office:letters:letter", pk)


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a template of the letter."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    title = request.POST.get("title", "")
    with FlashErrors(request, _("New letters can begin with it now.")):
        template_keep(letter=found, title=title, by=visitor.person, now=visitor.now)
    return redirect("office:letters:letter", pk)


@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a file with the letter, or take one away."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    if "remove" in request.POST:
        chosen = get_object_or_404(found.attachments, sha256=request.POST["remove"])
        with FlashErrors(request, _("Removed.")):
            attachment_remove(attachment=chosen, by=visitor.person, now=visitor.now)
    elif upload := request.FILES.get("file"):
        content = upload.read()
        with FlashErrors(request, _("Added.")):
            attachment_add(letter=found, name=upload.name or "", content=content, by=visitor.person, now=visitor.now)
    return redirect("office:letters:letter", pk)


@require_safe
def attachment(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Hand out a file of the letter."""
    visitor = CurrentUser.of(request)
    found = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    return file_answer(get_object_or_404(found.attachments, pk=number))


def file_answer(found: Attachment) -> HttpResponse:
    """Return a file to be kept: it was written by others and is never shown inside our pages."""
    response = HttpResponse(LETTERS.read(found.sha256), content_type="application/octet-stream")
    ending = found.name[found.name.rfind(".") :]
    response["Content-Disposition"] = f'attachment; filename="{found.sha256[:12]}{ending}"'
    return response


def _reference(request: HttpRequest, visitor: CurrentUser) -> Reference:
    """Read from the address what the new letter refers to."""
    if (covers := request.GET.get("covers", "")).isdecimal():
        dispatch = selectors.dispatch_visible(visitor.person, int(covers[:18]), day=visitor.day)
        return Reference(covers=dispatch.letter)
    kind, earlier = request.GET.get("kind", ""), request.GET.get("earlier", "")
    if earlier.isdecimal() and kind in set(DocumentKind):
        found: Letter = selectors.letter_visible(visitor.person, int(earlier[:18]), day=visitor.day)
        return Reference(earlier=found, kind=DocumentKind(kind))
    return Reference()


# The versions of a letter: each can be read, compared with what the letter says now, and put back.


@require_http_methods(["GET", "HEAD", "POST"])
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One version beside what the letter says now; on POST the letter says it again."""
    visitor = CurrentUser.of(request)
    letter = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    one = get_object_or_404(letter.versions.select_related("saved_by", "letter__unit"), number=number)
    if request.method == "POST":
        edition = request.POST.get("edition", "") or "none"  # without one nothing is known of what was looked at
        with FlashErrors(request, _("The letter says again what it said in version %(number)s.") % {"number": number}):
            letter_restore(version=one, by=visitor.person, now=visitor.now, edition=edition)
            return redirect("office:letters:letter", pk)
    now, then = written(letter), written_then(one)
    context: dict[str, Any] = {
        "letter": letter,
        "version": one,
        "said": [(label, said) for label, _now, then in _rows(letter, {}, then) if (said := readable(then))],
        "changes": differences(_rows(letter, now, then)),
        "edition": edition_of(now),
        "may_restore": letter.is_open and may_do(visitor.person, Permission.WRITE_LETTER, letter.unit, day=visitor.day),
        "tab": "letters",
    }
    return render(request, "office/letters/version.html", context)


def _rows(letter: Letter, now: dict[str, Any], then: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield label, present and former value in the order of the form; then annexes that it has no place for."""
    fields, names = LetterForm(instance=letter).fields, now | then
    for name in [name for name in fields if name in names] + [name for name in names if name not in fields]:
        field = fields.get(name, Field(label=name))
        yield str(field.label), chosen(field, now.get(name)), chosen(field, then.get(name))
