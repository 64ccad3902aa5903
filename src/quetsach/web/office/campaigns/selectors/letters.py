"""What a campaign's letters came to, as far as anyone may know it."""

from django.db.models import Count, Exists, OuterRef

from quetsach.campaign.letters.course import Happening
from quetsach.campaign.schedule.outcome import ChainFact, LetterFact, LevelFact
from quetsach.web.office.letters.models import Dispatch, DispatchEvent, Letter, LetterState
from quetsach.web.office.letters.selectors.distribution import levels_of
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.tree.models import UnitKind

_ISSUED = (LetterState.ISSUED, LetterState.REPLACED)
_READ = (Happening.ACKNOWLEDGED, Happening.FORWARDED, Happening.REPORTED)
MOST_LETTERS = 1000
"""Letters that an archive lists; covering letters of communes are beyond counting and say nothing new."""


def issued_by_the_centre(key: str) -> int:
    """Return how many letters of a campaign the centre itself has issued and not taken back."""
    return _issued_by_the_centre().get(key, 0)


@kept_while_read
def _issued_by_the_centre() -> dict[str, int]:
    issued = Letter.objects.filter(state__in=_ISSUED, unit__kind=UnitKind.CENTRE)
    return dict(issued.values_list("campaign").annotate(Count("pk")).order_by())


@kept_while_read
def letters_of(key: str) -> tuple[LetterFact, ...]:
    """Return a campaign's issued letters with how many units they went to and how many of these have read them."""
    letters = Letter.objects.filter(campaign=key, state__in=_ISSUED).order_by("issued_on", "pk")[:MOST_LETTERS]
    read = DispatchEvent.objects.filter(dispatch=OuterRef("pk"), kind__in=_READ)
    dispatches = Dispatch.objects.filter(letter__in=[letter.pk for letter in letters])
    sent = dict(dispatches.values_list("letter").annotate(Count("pk")))
    seen = dict(dispatches.filter(Exists(read)).values_list("letter").annotate(Count("pk")))
    return tuple(
        LetterFact(
            number=letter.number_sign,
            issued_on=letter.issued_on,
            issuer=letter.agency,
            subject=letter.subject,
            addressed=sent.get(letter.pk, 0),
            acknowledged=seen.get(letter.pk, 0),
        )
        for letter in letters
        if letter.issued_on
    )


def chains_of(key: str) -> tuple[ChainFact, ...]:
    """Return how the centre's letters of a campaign went down the tree; what was sent to nobody is left out."""
    letters = Letter.objects.filter(campaign=key, state__in=_ISSUED, unit__kind=UnitKind.CENTRE)
    sent = list(letters.filter(dispatches__isnull=False).distinct().order_by("issued_on", "pk"))
    levels = levels_of(sent)
    return tuple(
        ChainFact(
            number=letter.number_sign,
            issued_on=letter.issued_on,
            issuer=letter.agency,
            levels=tuple(
                LevelFact(pace.level, pace.total, pace.acknowledged, pace.half, pace.slowest)
                for pace in levels[letter.pk]
            ),
        )
        for letter in sent
        if letter.issued_on
    )
