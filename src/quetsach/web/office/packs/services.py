"""Holding packs back until two people agree, asking for them, and noting what went out."""

import shutil
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from quetsach import storage
from quetsach.campaign.authority import Permission
from quetsach.packs import SigningError
from quetsach.packs.change import PackChange, changes_of
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approvals_void, is_approved
from quetsach.web.office.log.services import log_append
from quetsach.web.office.packs.selectors import (
    KIND,
    SUBJECT,
    Waiting,
    general_packs,
    waiting_folder,
    waiting_of,
    waiting_packs,
)
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.selectors import root_unit


def packs_hold(*, packs: Mapping[str, bytes], now: datetime) -> Waiting | None:
    """Return what packs for everybody wait for, and lay them out in the office; ``None`` if they may go out.

    They may where the centre is not set to two people, where they replace nothing, or where a second person has agreed
    to exactly this change. A question about other packs is taken back.

    Args:
        packs: content by file name, as everybody would get it.
        now: the time (UTC).

    Raises:
        PackError: a pack or the repository is damaged.
    """
    general = general_packs()
    waiting = waiting_of(changes_of(general, packs))
    if settings.CENTER.publication != "two-people" or not general or waiting is None:
        return None
    if is_approved(kind=KIND, subject=SUBJECT, digest=waiting.digest):
        return None
    if waiting.approval is None or waiting.approval.is_granted is not None:
        approvals_void(kind=KIND, subject=SUBJECT, by=None, now=now)
    _lay(packs)
    return waiting


def packs_ask(*, digest: str, by: Person, now: datetime) -> Approval:
    """Ask a second person to agree to exactly the packs of ``digest``.

    Raises:
        SigningError: what waits has changed since it was looked at.
        AccessError: not this person's to ask.
    """
    centre = root_unit()
    require(by, Permission.PUBLISH_PACKS, centre, day=today(now))
    waiting = waiting_packs()
    if waiting is None or waiting.digest != digest:
        raise SigningError(_("The packs have changed since you looked. Look at them again."))
    title = _("Packs: %(names)s") % {"names": ", ".join(waiting.names)}
    return approval_ask(kind=KIND, subject=SUBJECT, digest=digest, title=title[:300], by=by, unit=centre, now=now)


def packs_note(*, changes: tuple[PackChange, ...], now: datetime) -> None:
    """Write into the log what everybody gets from now on, and clear away what waited for it."""
    waiting = waiting_of(changes)
    if waiting is None:
        return
    detail = {"packs": list(waiting.names), "digest": waiting.digest}
    log_append(by=None, act="packs-publish", subject=SUBJECT, unit=None, detail=detail, now=now)
    if waiting_packs() is None:
        shutil.rmtree(waiting_folder(), ignore_errors=True)


def packs_note_withdrawal(*, act: str, label: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Write into the log what was taken back, or given free again (``packs-withdraw``, ``packs-unwithdraw``)."""
    log_append(by=None, act=act, subject=f"packs:{label}"[:100], unit=None, detail=detail, now=now)


def _lay(packs: Mapping[str, bytes]) -> None:
    """Replace what lies there as a whole, so that nobody ever looks at a half of it."""
    folder = waiting_folder()
    new = folder.with_name(f".{folder.name}.{uuid4().hex}")
    storage.make_folder(new)
    for name, content in packs.items():
        storage.write(new / name, content)
    shutil.rmtree(folder, ignore_errors=True)
    storage.publish([(new, folder)])
