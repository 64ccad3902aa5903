"""What can be wrong with a letter that is to be printed or signed."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from quetsach.core.errors import QuetsachError


class _LetterError(QuetsachError):
    """What is wrong is said in the language of who is served at that moment."""

    def __init__(self, what: object, *, where: object = "", hint: object = "") -> None:
        super().__init__(str(what), where=str(where), hint=str(hint))


class DocumentError(_LetterError):
    """A letter cannot be printed as it is; ``where`` is the part, for texts with its line."""


class SigningError(_LetterError):
    """A letter cannot be signed, or what should be a signed letter cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a part of the letter; it is put into words only where something is wrong with it."""

    part: object
    number: int

    def __str__(self) -> str:
        return _("%(part)s, line %(number)s") % {"part": self.part, "number": self.number}
