"""Exit codes of the command (DESIGN: after Microsoft's malicious software removal tool)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script can rely on. 0 also means success of commands that do not scan."""

    NOTHING_FOUND = 0
    USAGE = 1
    NOT_CONCLUSIVE = 2
    """Nothing was found, and not everything could be looked at.

    For ``clean`` also: rights are missing to begin, or it was ended before it changed anything.
    """
    PACKS_INVALID = 3
    FOUND = 10
    CLEANED = 11
    CLEANED_RESTART = 12
    PARTLY_CLEANED = 13
    FAILED = 14
    MASS_BRAKE = 20

    NOT_ELEVATED = NOT_CONCLUSIVE
