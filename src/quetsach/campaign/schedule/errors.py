"""What can be wrong with a plan, a decision or the close of a campaign."""

from quetsach.campaign.errors import CampaignError
from quetsach.core.pack import LocalText


class ScheduleError(CampaignError):
    """A plan cannot be changed, a gate not opened or a campaign not closed as asked.

    The office shows it on the page where somebody works, so it speaks both languages.

    Args:
        text: what happened, as ``LocalText``.
        where: the field or step it is about.
        hint: what to do next, as ``LocalText``.
    """

    def __init__(self, text: LocalText, *, where: str = "", hint: LocalText | None = None) -> None:
        super().__init__(text.en, where=where, hint=hint.en if hint else "", text=text)
        self.advice = hint
