"""Why something cannot be done with a case."""

from quetsach.core.errors import QuetsachError


class CaseError(QuetsachError):
    """A case, its code or a ready answer cannot be used so. ``code`` is a word that pages have a sentence for."""

    def __init__(self, what: str, *, code: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.code = code
