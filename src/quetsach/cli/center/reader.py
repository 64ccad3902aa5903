"""Who runs this command, for the log of readings."""

import os
import pwd
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quetsach.lake.access import Access


def reader(command: str) -> "Access":
    """Return who reads raw sightings now: the account, and before it the one that became it by sudo."""
    from quetsach.lake.access import Access  # noqa: PLC0415

    number = os.getuid()
    try:
        account = pwd.getpwuid(number).pw_name
    except KeyError:
        account = str(number)
    behind = os.environ.get("SUDO_USER", "")
    return Access(f"{behind} as {account}" if behind and behind != account else account, command, datetime.now(UTC))
