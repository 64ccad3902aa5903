"""Detection and removal content: load, check, build, sign, publish, update (TUF); and what can go wrong with it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from quetsach.core.errors import QuetsachError

# The errors of packs. They end the command with exit code 3, packs invalid or expired, unless they say otherwise.


class PackError(QuetsachError):
    """A pack cannot be used: a file is missing, malformed or does not fit the others."""

    exit_code: ClassVar[int] = 3


class ContainerError(PackError):
    """The bytes are not a packed ``.qsp`` file, or were damaged."""


class SigningError(PackError):
    """The repository cannot be made or signed as asked. It is the centre's to mend, not a pack that is bad."""

    exit_code: ClassVar[int] = 1


class HeldBackError(SigningError):
    """What would be published has first to be agreed to by a second person of the centre."""


# Why an update was refused, or could not be made at all.


class Refusal(StrEnum):
    """Why a repository was refused."""

    EXPIRED = "expired"
    ROLLED_BACK = "rolled-back"
    NOT_SIGNED = "not-signed"
    ALTERED = "altered"
    TOO_LONG = "too-long"
    TOO_SLOW = "too-slow"
    DAMAGED = "damaged"
    BAD_NAME = "bad-name"
    BAD_PACK = "bad-pack"
    BAD_LIST = "bad-list"


NEEDS_A_NEWER_TOOL = frozenset({Refusal.BAD_PACK, Refusal.BAD_LIST})
"""What a newer version of the tool may understand, so that it is looked for all the same."""

_WORDS: Mapping[Refusal, tuple[str, str]] = {
    Refusal.EXPIRED: (
        "the repository has expired",
        "look at the date of this machine first; if it is right, the centre has to publish again",
    ),
    Refusal.ROLLED_BACK: (
        "the repository is older than what was seen before",
        "somebody may be holding updates back; try another network and tell the centre",
    ),
    Refusal.NOT_SIGNED: (
        "the repository is not signed by enough of the trusted keys",
        "this is another centre's repository, or a false one; a root of trust is named with --trust-root",
    ),
    Refusal.ALTERED: ("the content differs from what was signed", "try another network and tell the centre"),
    Refusal.TOO_LONG: ("the repository sends more than was signed", "try another network and tell the centre"),
    Refusal.TOO_SLOW: ("the repository answers too slowly", "try again later or on another network"),
    Refusal.DAMAGED: ("the repository's metadata is damaged", "try again later and tell the centre"),
    Refusal.BAD_NAME: ("the repository lists a name that a pack cannot have", "tell the centre"),
    Refusal.BAD_LIST: (
        "the list of what the centre has taken back cannot be used by this version",
        "a newer tool may be needed",
    ),
    Refusal.BAD_PACK: ("a pack of the repository cannot be used by this version", "a newer tool may be needed"),
}


class RefusedError(PackError):
    """The repository was refused, and the installed packs stay. ``reason`` says why in one word for programs."""

    def __init__(self, reason: Refusal, *, where: str, detail: str = "") -> None:
        what, hint = _WORDS[reason]
        super().__init__(
            f"{what}; the installed packs stay as they are", where=where, hint=f"{hint} ({detail})" if detail else hint
        )
        self.reason = reason


class UnreachableError(PackError):
    """The repository could not be reached; the installed packs stay."""

    exit_code = 1
