"""Each unit's own copy of a letter, with a QR code that opens its own page, and the mail that carries it.

Copies are made in groups: the files of a group are on disk before one transaction notes them and queues their mail.
Killed anywhere, the next run makes what is not noted yet; the key of each message keeps it from being queued twice.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.utils.translation import override

from quetsach.core.errors import QuetsachError
from quetsach.web.office.letters.document.letter import Personal, Verification
from quetsach.web.office.letters.document.printing import print_groups
from quetsach.web.office.letters.links import link_of
from quetsach.web.office.letters.models import Dispatch, Letter, LetterState
from quetsach.web.office.letters.models.dispatch import Channel
from quetsach.web.office.letters.signing_credentials import seals_of
from quetsach.web.office.letters.wording import text_of, verification_of
from quetsach.web.office.mail.models import Message, MessageKind
from quetsach.web.office.mail.services.compose import message_of, reachable_address
from quetsach.web.office.people.access import today
from quetsach.web.office.shelf import LETTERS
from quetsach.web.office.tree.models import Position

GROUP = 50
_logger = logging.getLogger("quetsach.office.letters")


def copies_make(*, now: Callable[[], datetime], is_over: Callable[[], bool] = lambda: False) -> int:
    """Make what copies are still to be made of all letters, and queue their mail.

    Args:
        now: the time (UTC).
        is_over: asked between two groups; ``True`` ends the work, which the next call takes up.

    Returns:
        How many were made.
    """
    made = 0
    for letter in Letter.objects.filter(state=LetterState.ISSUED, dispatches__copy_sha256="").distinct():
        for group, contents in _printed(letter, now()):
            _keep(group, contents, now())
            made += len(group)
            if is_over():
                return made
    return made


def _printed(letter: Letter, moment: datetime) -> Iterator[tuple[list[Dispatch], list[bytes]]]:
    """Print what is still to be printed of a letter, group by group."""
    waiting = Dispatch.objects.filter(letter=letter, copy_sha256="").order_by("pk")
    chosen = list(waiting.select_related("to_unit", "from_unit").prefetch_related("to_unit__contacts"))
    for dispatch in chosen:
        dispatch.letter = letter  # one object for all: nothing is read again
    seals = seals_of(letter, now=moment) if letter.signatures != [] else None  # a copy is signed as its original is
    if letter.signatures and seals is None:
        _logger.warning("letters: no key in force signs copies of %s; they wait for one", letter.number_sign)
        return
    groups = [list(group) for group in batched(chosen, GROUP, strict=False)]
    personal = [[_personal(dispatch) for dispatch in group] for group in groups]
    yield from zip(groups, print_groups(text_of(letter), seals, personal), strict=False)


def _personal(dispatch: Dispatch) -> Personal:
    with override(dispatch.letter.language):
        return Personal(Verification(link_of(dispatch), dispatch.letter.code), dispatch.to_unit.name)


def _keep(group: list[Dispatch], contents: list[bytes], moment: datetime) -> None:
    """Write the copies of a group, then note them and queue their mail in one transaction."""
    messages = []
    below = Position.objects.on(today(moment)).filter(parent__in=[dispatch.to_unit_id for dispatch in group])
    parents = set(below.values_list("parent", flat=True))
    for dispatch, sha256 in zip(group, LETTERS.put(contents), strict=True):
        dispatch.copy_sha256 = sha256
        if message := _message(dispatch, moment, has_units=dispatch.to_unit_id in parents):
            messages.append(message)
    with transaction.atomic():
        Dispatch.objects.bulk_update(group, ["copy_sha256"], batch_size=GROUP)
        Message.objects.bulk_create(messages, batch_size=GROUP, ignore_conflicts=True)


def _message(dispatch: Dispatch, moment: datetime, *, has_units: bool) -> Message | None:
    """Return the mail that carries a copy; ``None`` where no address is known.

    ``has_units``: there are units below the receiver, to which it can pass the letter on.
    """
    letter = dispatch.letter
    address = reachable_address(dispatch.to_unit.contacts.all())
    if dispatch.channel != Channel.MAIL or not address:
        return None
    values = {
        "letter": letter,
        "dispatch": dispatch,
        "link": link_of(dispatch),
        "has_units": has_units,
        "check": verification_of(letter).url,
    }
    message = message_of(
        "letter",
        values,
        app="letters",
        key=f"letter:{dispatch.pk}.{dispatch.link_number}",
        kind=MessageKind.LETTER,
        to=address,
        language=letter.language,
        at=moment,
    )
    message.dispatch = dispatch
    message.copy_sha256, message.copy_name = dispatch.copy_sha256, f"{letter.number_sign.replace('/', '-')}.pdf"
    return message


def own_copy(dispatch: Dispatch) -> bytes:
    """Return the PDF of a unit's own copy, or the original while it is not made yet.

    Raises:
        QuetsachError: the letter was not issued yet.
        ShelfError: the file is lost.
    """
    sha256 = dispatch.copy_sha256 or dispatch.letter.sha256
    if not sha256:
        raise QuetsachError("this letter was not issued yet")
    return LETTERS.read(sha256)
