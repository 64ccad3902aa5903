"""The root of every error that Quét Sạch raises on purpose."""


class QuetsachError(Exception):
    """Something went wrong that a person can understand and act on.

    Each package has one family of subclasses. Untrusted input must surface as one of these and never as a bare
    ``ValueError`` or ``KeyError``.

    Args:
        what: one sentence without a full stop: what happened.
        where: file, line, field or address it happened at; empty if there is no one place.
        hint: what to do next; empty if there is nothing useful to say.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    def explain(self) -> str:
        """Return the text for a person: what happened, where, and what to do next (one or two lines)."""
        return f"{self}\nhint: {self.hint}" if self.hint else str(self)


class InputError(QuetsachError):
    """A value that a person or a file gave is not of the form it must have."""
