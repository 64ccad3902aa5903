"""What a letter still lacks before a second person can be asked: a draft is kept without any of it."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.letters.errors import LetterError
from quetsach.campaign.letters.placeholders import open_names
from quetsach.campaign.letters.register import check_sign
from quetsach.web.design.templatetags.words import day as written_day
from quetsach.web.office.letters.models import Letter

NEEDED = {
    "agency": _("Issuing agency"),
    "sign": _("Sign"),
    "place": _("Place"),
    "subject": _("Subject"),
    "addressees": _("Addressed to"),
    "body": _("Text of the letter"),
    "signer_title": _("Title of the signer"),
    "signer_name": _("Name of the signer"),
}
"""The fields that every letter has, with what the form calls them."""


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One thing to be done: in which field of the form, what it is called, and what is wrong there."""

    field: str
    label: str | Promise
    what: str | Promise


def open_points(letter: Letter, *, day: date) -> list[OpenPoint]:
    """Return what is missing or cannot stand on a day of Viet Nam, in the order of the form."""
    found = [
        OpenPoint(name, label, _("not filled in yet"))
        for name, label in NEEDED.items()
        if not getattr(letter, name).strip()
    ]
    if letter.sign and not _is_sign(letter.sign):
        found.append(OpenPoint("sign", NEEDED["sign"], _("Capitals and digits in groups, as in STTTT-CNTT")))
    if letter.due and letter.due < day:
        over = _("%(due)s is over; choose today or a later day") % {"due": written_day(letter.due)}
        found.append(OpenPoint("due", _("Answer by"), over))
    for number, annex in enumerate(letter.annexes, 1):
        if not (annex["title"].strip() and annex["body"].strip()):
            field = f"annex_body_{number}" if annex["title"].strip() else f"annex_title_{number}"
            title = _("Annex %(number)s: title") % {"number": number}
            found.append(OpenPoint(field, title, _("An annex needs a title and a text")))
    texts = [letter.subject, letter.body, letter.addressees, *(str(a["body"]) for a in letter.annexes)]
    if names := open_names("\n".join(texts)):
        shown = ", ".join(f"{{{name}}}" for name in names)
        found.append(OpenPoint("body", NEEDED["body"], _("still to be filled in: %(names)s") % {"names": shown}))
    return found


def _is_sign(text: str) -> bool:
    try:
        return bool(check_sign(text))
    except LetterError:
        return False
