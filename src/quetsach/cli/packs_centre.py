"""What publishing owes the centre that a repository belongs to: that two people agree, and an entry of its log."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.web.office.packs.selectors import Waiting

_NAMES_TOLD = 12
_ADDRESS = "http://127.0.0.1:8000"


@dataclass(slots=True)
class Publishing:
    """One publication of a centre's repository, or of one that no centre serves (``now`` is ``None``)."""

    now: datetime | None = None
    is_closed: bool = False
    held: str = ""
    """Why packs had to wait; empty if none had."""

    def objection(self, packs: Mapping[str, bytes]) -> str:
        """Say what packs for everybody wait for, and lay them out in the office; empty if for nothing."""
        if self.is_closed:
            self.held = "the centre's database cannot be asked whether two people agreed"
        elif self.now is not None:
            from quetsach.web.office.packs.services import packs_hold  # noqa: PLC0415

            waiting = packs_hold(packs=packs, now=self.now)
            self.held = _told(waiting) if waiting else ""
        return self.held

    def note(self, act: str, label: str, **detail: Any) -> None:
        """Write a withdrawal, or its end, into the centre's log; it has been published already."""
        if self.now is not None:
            from quetsach.web.office.packs.services import packs_note_withdrawal  # noqa: PLC0415

            packs_note_withdrawal(act=act, label=label, detail=detail, now=self.now)


@contextmanager
def publishing(out: Path, *, is_urgent: bool = False) -> Iterator[Publishing]:
    """Open the centre whose repository this is, and note in its log which packs everybody gets afterwards.

    Args:
        out: folder of the repository. A centre serves the one named ``repository`` in its data folder.
        is_urgent: go on without the centre's log if that cannot be opened; packs for everybody then stay as they are.

    Raises:
        QuetsachError: it is a centre's, and the centre cannot be opened.
    """
    data = out.resolve().parent
    if out.resolve().name != "repository" or not (data / "secret.key").exists():
        yield Publishing()
        return
    from quetsach.cli.center.entry import enter_data  # noqa: PLC0415
    from quetsach.cli.center.opened import opened_data  # noqa: PLC0415

    enter_data(data)
    if is_urgent and (reason := _why_closed(data)):
        print(f"not in the centre's log: {reason}", file=sys.stderr)
        yield Publishing(is_closed=True)
        return
    with opened_data(data) as now:
        from quetsach.packs.change import changes_of  # noqa: PLC0415
        from quetsach.web.office.packs.services import packs_note  # noqa: PLC0415

        before = _general()
        owed = Publishing(now)
        yield owed
        after = _general()
        if before is not None and after is not None:
            packs_note(changes=changes_of(before, after), now=now)
    if owed.held:
        print(f"packs for everybody wait for a second person\nhint: {owed.held}", file=sys.stderr)


def _why_closed(data: Path) -> str:
    """Say why the centre's database cannot be used; empty if it can."""
    from quetsach.cli.center.opened import opened_data  # noqa: PLC0415

    try:
        with opened_data(data):
            from quetsach.web.office.log.models import LogEntry  # noqa: PLC0415

            LogEntry.objects.exists()
    except QuetsachError as error:
        return str(error)
    return ""


def _general() -> dict[str, bytes] | None:
    """Return the packs that everybody gets; ``None`` where a file is damaged, which publishing it again mends."""
    from quetsach.packs.errors import SigningError  # noqa: PLC0415
    from quetsach.web.office.packs.selectors import general_packs  # noqa: PLC0415

    try:
        return general_packs()
    except SigningError:
        return None


def _told(waiting: "Waiting") -> str:
    """Say what waits, and where two people agree to it."""
    from django.conf import settings  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    names = ", ".join(waiting.names[:_NAMES_TOLD]) + ", …" * (len(waiting.names) > _NAMES_TOLD)
    address = urljoin(settings.CENTER.public_url or _ADDRESS, reverse("office:packs:packs"))
    return (
        f"{names}: one person asks for it and another agrees at {address} (SHA-256 {waiting.digest}); "
        "then run this again"
    )
