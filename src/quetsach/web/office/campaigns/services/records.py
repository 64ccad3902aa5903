"""Keeping what later decides a verdict: the order, the lot, the signed analysis, the course of the roll-out."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.db import transaction

from quetsach.centre.registered import write_once
from quetsach.web.office.log.services import log_append


class RecordAct(StrEnum):
    """What the log says was done."""

    ANALYSIS = "analysis-register"
    ORDER = "order-draw"
    LOT = "lot-draw"
    COURSE = "roll-out-record"


@transaction.atomic
def record_keep(
    *, act: RecordAct, path: Path, content: bytes, refusal: str, campaign: str, digest: str, by: str, now: datetime
) -> None:
    """Log a file of a campaign and write it once, both or neither.

    Args:
        act: what was done.
        path: where it is kept.
        content: the file.
        refusal: what to say where it is there already.
        campaign: identifier of the campaign or trial.
        digest: the SHA-256 (hex) that is published of it.
        by: who ran the command.
        now: when (UTC).

    Raises:
        DatabaseError: it cannot be logged.
        QuetsachError: it is there already, or cannot be written.
    """
    detail = {"campaign": campaign, "sha256": digest, "by": by}
    log_append(by=None, act=act.value, subject=f"analysis:{campaign}", unit=None, detail=detail, now=now)
    write_once(path, content, refusal)
