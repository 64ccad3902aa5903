"""Rewording a text."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.wording import places_left_open
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.selectors import root_unit
from quetsach.web.office.wording.models import Wording
from quetsach.web.office.wording.selectors import Document, digest_of

LONGEST = 4000


class WordingError(QuetsachError):
    """A text cannot be worded so."""


@transaction.atomic
def wording_save(
    *, document: Document, place: str, text: LocalText, by: Person, now: datetime, edition: str = ""
) -> Wording | None:
    """Keep a new version of a text; ``None`` if it says what counts already.

    Raises:
        AccessError: not this person's to reword.
        WordingError: the document has no such text, or a language is empty, too long or leaves open what nothing fills.
        ClashError: somebody reworded it since ``edition``.
    """
    require(by, document.act, root_unit(), day=today(now))
    built = document.built_texts().get(place)
    if built is None:
        raise WordingError(_("there is no such text"))
    text = LocalText(*(_checked(said, document) for said in (text.vi, text.en)))
    said = document.texts()[place]
    if text == said:
        return None
    refuse_clash(edition, {"vi": said.vi, "en": said.en})
    saved = Wording.objects.create(
        document=document.key, place=place, of=digest_of(built), vi=text.vi, en=text.en, by=by, at=now
    )
    detail = {"place": place, "version": saved.pk}
    log_append(by=by, act="wording-save", subject=f"wording:{document.key}", unit=root_unit(), detail=detail, now=now)
    return saved


def _checked(said: str, document: Document) -> str:
    said = said.replace("\r\n", "\n").strip()
    lines = said.split("\n")
    if not said or len(said) > LONGEST or not all(line.isprintable() or "\u00a0" in line for line in lines):
        raise WordingError(_("a text has 1 to %(most)s characters, in both languages") % {"most": LONGEST})
    if len(lines) > 1 and not document.has_lines:
        raise WordingError(_("this text is one paragraph: it must not have line breaks"))
    if odd := places_left_open(said) - document.places:
        raise WordingError(
            _("nothing fills {%(place)s}") % {"place": min(odd)},
            hint=_("known are: %(places)s") % {"places": ", ".join(f"{{{name}}}" for name in sorted(document.places))},
        )
    return said
