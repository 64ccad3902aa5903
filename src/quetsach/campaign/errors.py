"""What can be wrong with the description of a campaign."""

from quetsach.core.local_error import LocalError
from quetsach.core.pack import LocalText


class CampaignError(LocalError):
    """A campaign's or scenario's file is not of the form it must have; ``where`` is file and field.

    ``text`` says it in both languages where the office shows it to people who never see the file.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "", text: LocalText | None = None) -> None:
        super().__init__(text or LocalText(what, what), where=where)
        self.hint = hint

    @property
    def field(self) -> str:
        """The field within the file, such as ``phases[2].last``; empty where the file as a whole is meant."""
        return self.where.partition(": ")[2]
