"""What a draft begins with, who it comes from, and what it lacks before a second person can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.letter import check_sign, open_names
from quetsach.campaign.units.unit import UnitKind
from quetsach.core.country import Country
from quetsach.web.design.words import day as written_day
from quetsach.web.office.letters.document.letter import issuer_on, issuers_of
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import position_of

ISSUER_FIELDS = (
    *("superior", "agency", "place", "sign", "address", "drafting"),
    *("signer_powers", "signer_title", "signer_name"),
)
_TERRITORIES = {UnitKind.PROVINCE, UnitKind.DISTRICT, UnitKind.COMMUNE}


def issuer_of(letter: Letter, day: date) -> Mapping[str, str]:
    """Return what the issuer of a letter is called on a day, in the letter's language; empty what is not known."""
    empty = dict.fromkeys(ISSUER_FIELDS, "")
    earlier = Letter.objects.filter(unit=letter.unit, language=letter.language).exclude(pk=letter.pk)
    if last := earlier.order_by("pk").last():
        return {name: getattr(last, name) for name in ISSUER_FIELDS}
    known = (
        issuer_on(issuers_of(settings.CENTER.data), letter.unit.key, day)
        if letter.language == settings.LANGUAGE_CODE
        else None
    )
    if known:
        issuer = known.issuer
        return empty | {
            "superior": issuer.superior,
            "agency": issuer.agency,
            "place": issuer.place,
            "sign": issuer.symbol,
            "address": issuer.address,
            "signer_title": known.title,
        }
    with override(letter.language):
        return empty | _from_tree(letter.unit, day, letter.language)


def _from_tree(unit: Unit, day: date, language: str) -> dict[str, str]:
    """A territory writes through its authority, which names nobody above itself; a ministry names nobody."""
    country: Country = settings.COUNTRY
    territory, capital = country.territory, country.capital.in_language(language)
    if unit.kind in _TERRITORIES:
        return {
            "agency": territory.agency_of(unit.name, language),
            "place": territory.place_of(unit.name, language),
            "signer_powers": territory.powers.in_language(language),
            "signer_title": territory.signer.in_language(language),
        }
    position = position_of(unit, day)
    above = position.parent if position else None
    if unit.kind == UnitKind.MINISTRY or above is None or above.kind == UnitKind.CENTRE:
        return {"agency": unit.name, "place": capital}
    if above.kind in _TERRITORIES:
        superior = territory.agency_of(above.name, language)
        return {"superior": superior, "agency": unit.name, "place": territory.place_of(above.name, language)}
    return {"superior": above.name, "agency": unit.name, "place": capital}


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
