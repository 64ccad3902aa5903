"""What is known of a letter, written into the places of its text that are in braces, in its own language."""

from datetime import date

from django.utils.translation import override

from quetsach.campaign.letters.placeholders import fill
from quetsach.web.design.templatetags.words import day as written_day
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.plans.selectors import campaign_of
from quetsach.web.public_address import site


def fill_in(letter: Letter, day: date) -> None:
    """Write what is known by now into the places that are still in braces."""
    values = _values(letter, day)
    letter.subject, letter.body = fill(letter.subject, values), fill(letter.body, values)
    letter.annexes = [
        {**annex, "title": fill(annex["title"], values), "body": fill(annex["body"], values)}
        for annex in letter.annexes
    ]


def _values(letter: Letter, day: date) -> dict[str, str]:
    with override(letter.language):
        return _worded_values(letter, day)


def _worded_values(letter: Letter, day: date) -> dict[str, str]:
    values = {
        "unit": letter.unit.name,
        "agency": letter.agency,
        "portal": site().rpartition("://")[2],
        "year": str(day.year),
    }
    if letter.campaign:
        known = campaign_of(letter.campaign)
        values["campaign"] = known.plan.name.in_language(letter.language) if known else letter.campaign
    if letter.due:
        values["due"] = written_day(letter.due)
    for name, other in (("covered", letter.covers), ("earlier", letter.earlier)):
        if other and other.issued_on:
            values[f"{name}_number"] = other.number_sign
            values[f"{name}_day"] = written_day(other.issued_on)
            values[f"{name}_agency"], values[f"{name}_subject"] = other.agency, other.subject
    return values
