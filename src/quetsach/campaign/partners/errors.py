"""Why a partner's declaration or report cannot be used at all. A single bad row is no error: it is set aside."""

from quetsach.core.errors import QuetsachError


class PartnerError(QuetsachError):
    """A partner, a declaration or a whole report cannot be taken as it is.

    Args:
        code: a word that programs can rely on.
        status: the HTTP status that says so.
        what, where, hint: as in :class:`~quetsach.core.errors.QuetsachError`.
    """

    def __init__(self, what: str, *, code: str, status: int = 422, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.code = code
        self.status = status
