"""One process of several that write the log: ``driver.py DATA append|verify``."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from quetsach.web.configuration import configure_web

ENTRIES = 40


def main(data: Path, task: str) -> None:
    """Do one task on the centre's data."""
    configure_web(data)
    from django.db import transaction

    from quetsach.web.office.log.services import all_entries, head_read, log_append, verify

    if task == "append":
        for number in range(ENTRIES):
            with transaction.atomic():
                now = datetime.now(UTC)
                log_append(
                    by=None, act="begin", subject=f"process:{os.getpid()}", unit=None, detail={"n": number}, now=now
                )
                if number % 7 == 3:
                    transaction.set_rollback(True)
    else:
        head = head_read(data)
        verdict = verify(all_entries(), heads=[head] if head else [])
        print(verdict.entries, head.number if head else 0, verdict.fault or "whole")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
