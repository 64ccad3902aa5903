"""Templates of letters: those that every centre begins with (TOML files of this package), those of units, their places.

Also what was published of the letters of an earlier campaign.
"""

import tomllib
from datetime import date, datetime
from importlib import resources

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.letter import DocumentKind, fill, read_chain
from quetsach.web.design.words import day as written_day
from quetsach.web.identity import site
from quetsach.web.office.letters.models import Letter, PublishedLetters, Template
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.selectors import campaign_of

MAX_TITLE_LENGTH = 200


def samples_load() -> int:
    """Put the templates of this build in place; what a unit made of its own stays.

    Returns:
        How many there are.
    """
    folder = resources.files("quetsach.web.office.letters").joinpath("samples")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    for file in files:
        sample = tomllib.loads(file.read_text("utf-8"))
        Template.objects.update_or_create(
            code=file.name.removesuffix(".toml"),
            unit=None,
            defaults={
                "purpose": sample.get("purpose", DocumentKind.NEW),
                "language": sample.get("language", "vi"),
                "title": sample["title"],
                "subject": sample["subject"],
                "body": sample["body"].strip(),
                "annexes": [{**annex, "body": annex["body"].strip()} for annex in sample.get("annexes", ())],
            },
        )
    return len(files)


def published_letters_load(*, campaign: str, document: bytes) -> None:
    """Keep what was published of the letters of a campaign, to set beside how they go here.

    Raises:
        CampaignError: the file is not of the form it must have.
        LetterError: its letters contradict each other.
    """
    read_chain(document, file="letters.toml")
    PublishedLetters.objects.update_or_create(campaign=campaign, defaults={"document": document.decode()})


@transaction.atomic
def template_keep(*, letter: Letter, title: str, by: Person, now: datetime) -> Template:
    """Make a template for a unit of one of its letters; done again, it takes the letter as it is then.

    Raises:
        AccessError: not this person's to do.
        LetterError: without a title.
    """
    require(by, Permission.WRITE_LETTER, letter.unit, day=today(now))
    if not title.strip() or len(title) > MAX_TITLE_LENGTH:
        raise LetterError(_("a template needs a title of at most 200 characters"))
    kept, _is_new = Template.objects.update_or_create(
        code=f"{letter.unit.key}-{letter.pk}",
        defaults={
            "unit": letter.unit,
            "purpose": letter.purpose,
            "language": letter.language,
            "title": title.strip(),
            "subject": letter.subject,
            "body": letter.body,
            "annexes": letter.annexes,
        },
    )
    log_append(by=by, act="template-keep", subject=letter.log_subject, unit=letter.unit, detail={}, now=now)
    return kept


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
