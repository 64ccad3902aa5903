"""The root of every error that Quét Sạch raises on purpose."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quetsach.core.text import LocalText


class QuetsachError(Exception):
    """Something went wrong that a person can understand and act on.

    Each package has one family of subclasses. Untrusted input must surface as one of these and never as a bare
    ``ValueError`` or ``KeyError``.

    Args:
        what: one sentence without a full stop: what happened. A text is told in the language of whoever reads it.
        where: file, line, field or address it happened at; empty if there is no one place.
        hint: what to do next; empty if there is nothing useful to say.

    Attributes:
        what: what happened, in English.
        hint: what to do next, in English.
        text: what happened, where that is a text.
        advice: what to do next, where that is a text.
    """

    def __init__(self, what: "str | LocalText", *, where: str = "", hint: "str | LocalText" = "") -> None:
        self.text = None if isinstance(what, str) else what
        self.advice = None if isinstance(hint, str) else hint
        self.what = what if isinstance(what, str) else what.en
        self.where = where
        self.hint = hint if isinstance(hint, str) else hint.en
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    def in_language(self, language: str) -> str:
        """Return what happened and where, in a language as far as that is known; a text can hold an error so."""
        what = self.text.in_language(language) if self.text else self.what
        return f"{self.where}: {what}" if self.where else what

    def explain(self) -> str:
        """Return the text for a person: what happened, where, and what to do next (one or two lines)."""
        return f"{self}\nhint: {self.hint}" if self.hint else str(self)


class InputError(QuetsachError):
    """A value that a person or a file gave is not of the form it must have."""
