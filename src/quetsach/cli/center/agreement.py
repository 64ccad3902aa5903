"""What publishing owes the centre that a repository belongs to: that two people agree, and an entry of its log.

It works with the tables of the office, so that it is imported once Django points at the data of the centre.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from quetsach.cli.packs_publish import Publishing
from quetsach.core.text import LocalText, Text
from quetsach.packs import SigningError
from quetsach.packs.change import changes_of
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.packs.selectors import Waiting, general_packs
from quetsach.web.office.packs.services import packs_hold, packs_note, packs_note_withdrawal

_NAMES_TOLD = 12
_ADDRESS = "http://127.0.0.1:8000"


@dataclass(slots=True, kw_only=True)
class CentrePublishing(Publishing):
    """One publication of a centre's repository; ``now`` is when it began."""

    now: datetime

    def objection(self, packs: Mapping[str, bytes]) -> LocalText | None:
        """Say what packs for everybody wait for, and lay them out in the office; ``None`` if for nothing."""
        waiting = packs_hold(packs=packs, now=self.now)
        self.held = _told(waiting) if waiting else None
        return self.held

    def note(self, act: str, label: str, **detail: Any) -> None:
        """Write a withdrawal, or its end, into the centre's log; it has been published already."""
        packs_note_withdrawal(act=act, label=label, detail=detail, now=self.now)


@contextmanager
def agreement(now: datetime) -> Iterator[CentrePublishing]:
    """Hold back packs until two people agree, and note in the log which packs everybody gets afterwards."""
    before = _general()
    yield (owed := CentrePublishing(now=now))
    after = _general()
    if before is not None and after is not None:
        packs_note(changes=changes_of(before, after), now=owed.now)


def ask_database() -> None:
    """Ask the tables anything.

    Raises:
        QuetsachError: they do not answer; it is raised where the centre is opened.
    """
    LogEntry.objects.exists()


def _general() -> dict[str, bytes] | None:
    """Return the packs that everybody gets; ``None`` where a file is damaged, which publishing it again mends."""
    try:
        return general_packs()
    except SigningError:
        return None


def _told(waiting: Waiting) -> LocalText:
    """Say what waits, and where two people agree to it."""
    names = ", ".join(waiting.names[:_NAMES_TOLD]) + ", …" * (len(waiting.names) > _NAMES_TOLD)
    address = urljoin(settings.CENTER.public_url or _ADDRESS, reverse("office:packs:packs"))
    return Text(
        "{names}: one person asks for it and another agrees at {address} (SHA-256 {digest}); then run this again",
        names=names,
        address=address,
        digest=waiting.digest,
    )
