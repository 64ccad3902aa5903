"""Reading what came back: notices of delivery in a Maildir folder, into which anybody can send anything."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quetsach import storage
from quetsach.campaign.letters.delivery_notice import MAX_BYTES, DeliveryNotice, Fate, read_delivery_notices
from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.mail.services.outcome import DeliveryStatus, Outcome, tell
from quetsach.web.office.mail.services.queue import message_failed, message_sent

MAX_MAILS = 1000
"""How many are read in one turn."""
_logger = logging.getLogger("quetsach.office.letters")


def bounces_read(*, now: datetime) -> int:
    """Read the mails that lie in ``new`` and move each to ``cur``, read or not.

    Returns:
        How many notices were about our messages.
    """
    folder: Path | None = settings.CENTER.bounces
    if folder is None or not (folder / "new").is_dir():
        return 0
    storage.make_folder(folder / "cur")
    believed = 0
    for path in sorted((folder / "new").iterdir())[:MAX_MAILS]:
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
        try:
            believed += sum(_believe(notice, now) for notice in read_delivery_notices(content))
        except LetterError as error:
            _logger.info("a mail that came back was set aside: %s", error)
        storage.publish([(path, folder / "cur" / f"{path.name}:2,S")])
    return believed


@transaction.atomic
def _believe(notice: DeliveryNotice, now: datetime) -> bool:
    """Act on a notice about a message of ours to the very address that it names; return whether there is one."""
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("dispatch__to_unit", "dispatch__letter")
        .filter(message_id=notice.message_id, recipient__iexact=notice.recipient)
        .exclude(state=MessageState.QUEUED)
        .first()
    )
    if message is None:
        return False
    if notice.fate is Fate.FAILED and message.state != MessageState.FAILED:
        reason = f"{notice.status} {notice.reason}".strip()
        is_address = notice.status.startswith("5.1")
        message_failed(message=message, reason=reason, is_address=is_address, at=now, is_notice=True)
    elif notice.fate in (Fate.DELIVERED, Fate.RELAYED, Fate.EXPANDED):
        if message.state != MessageState.SENT:
            message_sent(message=message, at=now)
        if notice.fate is Fate.DELIVERED:
            tell(Outcome(message, DeliveryStatus.DELIVERED, now, is_notice=True))
    return True
