"""Placing names of malware: the decision stands in the office's log and in the centre's table, or in neither."""

from datetime import datetime

from django.db import transaction

from quetsach.centre.centre import Centre
from quetsach.centre.placing import keep_placing
from quetsach.core.family import Placing
from quetsach.web.office.log.services import log_append


@transaction.atomic
def spelling_place(*, centre: Centre, placing: Placing, now: datetime) -> None:
    """Log a placing and write it into the table, both or neither.

    Raises:
        DatabaseError: it cannot be logged.
        QuetsachError: it cannot be written.
    """
    log_append(
        by=None,
        act="family-place",
        subject=f"family:{placing.family}",
        unit=None,
        detail={"spelling": placing.spelling, "by": placing.by, "reason": placing.reason},
        now=now,
    )
    keep_placing(centre, placing)
