"""The versions of a letter: each can be read, compared with what the letter says now, and put back."""

from collections.abc import Iterator
from typing import Any

from django.forms import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from quetsach.campaign.authority import Act
from quetsach.web.office.editions import chosen, differences, edition_of, readable
from quetsach.web.office.letters.forms import LetterForm
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.selectors import letters as selectors
from quetsach.web.office.letters.services.draft import letter_restore
from quetsach.web.office.letters.wording import written, written_then
from quetsach.web.office.people.access import may_do
from quetsach.web.office.people.current_user import CurrentUser
from quetsach.web.office.refusal import Telling


@require_http_methods(["GET", "HEAD", "POST"])
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One version beside what the letter says now; on POST the letter says it again."""
    visitor = CurrentUser.of(request)
    letter = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    one = get_object_or_404(letter.versions.select_related("saved_by", "letter__unit"), number=number)
    if request.method == "POST":
        edition = request.POST.get("edition", "") or "none"  # without one nothing is known of what was looked at
        with Telling(request, _("The letter says again what it said in version %(number)s.") % {"number": number}):
            letter_restore(version=one, by=visitor.person, now=visitor.now, edition=edition)
            return redirect("office:letters:letter", pk)
    now, then = written(letter), written_then(one)
    context: dict[str, Any] = {
        "letter": letter,
        "version": one,
        "said": [(label, said) for label, _now, then in _rows(letter, {}, then) if (said := readable(then))],
        "changes": differences(_rows(letter, now, then)),
        "edition": edition_of(now),
        "may_restore": letter.is_open and may_do(visitor.person, Act.WRITE_LETTER, letter.unit, day=visitor.day),
        "tab": "letters",
    }
    return render(request, "office/letters/version.html", context)


def _rows(letter: Letter, now: dict[str, Any], then: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield label, present and former value in the order of the form; then annexes that it has no place for."""
    fields, names = LetterForm(instance=letter).fields, now | then
    for name in [name for name in fields if name in names] + [name for name in names if name not in fields]:
        field = fields.get(name, Field(label=name))
        yield str(field.label), chosen(field, now.get(name)), chosen(field, then.get(name))
