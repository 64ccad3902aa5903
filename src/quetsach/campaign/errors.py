"""What can be wrong with the description of a campaign."""

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import LocalText


class LocalError(QuetsachError):
    """An error that is shown to people who work in the office, so it speaks both languages.

    Args:
        text: what happened.
        where: file and field or row, the key of a unit; empty if there is no one place.
        advice: what to do next.
    """

    def __init__(self, text: LocalText, *, where: str = "", advice: LocalText | None = None) -> None:
        super().__init__(text.en, where=where, hint=advice.en if advice else "")
        self.text = text
        self.advice = advice


class CampaignError(LocalError):
    """A campaign's or scenario's file is not of the form it must have; ``where`` is file and field.

    ``text`` says it in both languages where the office shows it to people who never see the file.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "", text: LocalText | None = None) -> None:
        super().__init__(text or LocalText(what, what), where=where)
        self.hint = hint
