"""Errors that every app of the office raises."""

from quetsach.core.errors import QuetsachError


class AccessError(QuetsachError):
    """A person may not do this. ``is_hidden``: may not even know that the unit has such a thing (shown as 404)."""

    def __init__(self, what: str, *, is_hidden: bool) -> None:
        super().__init__(what)
        self.is_hidden = is_hidden
