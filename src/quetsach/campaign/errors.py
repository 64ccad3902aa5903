"""What can be wrong with a campaign and all that belongs to it: one error for each part, under one root."""

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalError, LocalText

# What can be wrong with the description of a campaign.


class CampaignError(LocalError):
    """A campaign's or scenario's file is not of the form it must have; ``where`` is file and field.

    What is wrong is a sentence: the office shows it to people who never see the file.
    """

    def __init__(self, what: LocalText, *, where: str = "", hint: LocalText | None = None) -> None:
        super().__init__(what, where=where, advice=hint)

    @property
    def field(self) -> str:
        """The field within the file, such as ``phases[2].last``; empty where the file as a whole is meant."""
        return self.where.partition(": ")[2]


# Why something cannot be done with a case.


class CaseError(QuetsachError):
    """A case, its code or a ready answer cannot be used so. ``code`` is a word that pages have a sentence for."""

    def __init__(self, what: str, *, code: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.code = code


# What can be wrong with a letter, its register or a notice about its delivery.


class LetterError(QuetsachError):
    """A letter, a dispatch or a notice about one is not of the form it must have."""


class IncompleteError(LetterError):
    """A letter lacks something that must be in it; ``what`` names every place, as its page does anyhow."""

    code = "incomplete"


class PolicyError(LocalError):
    """Days of reminders are not of the form that they must have."""


# Why a partner's declaration or report cannot be used at all. A single bad row is no error: it is set aside.


class PartnerError(QuetsachError):
    """A partner, a declaration or a whole report cannot be taken as it is.

    Args:
        code: a word that programs can rely on.
        status: the HTTP status that says so.
        what, where, hint: as in :class:`~quetsach.core.errors.QuetsachError`.
    """

    def __init__(
        self, what: str | LocalText, *, code: str, status: int = 422, where: str = "", hint: str | LocalText = ""
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.code = code
        self.status = status


# What can be wrong with the publicity of a campaign.


class PublicityError(QuetsachError):
    """A text, a code or a kit is not of the form it must have; ``where`` is the file and field or the code."""


# What can be wrong with a return.


class ReturnError(QuetsachError):
    """A return, or something that is to be done with it, is refused."""


class StateError(ReturnError):
    """The return is not in the state that the act needs."""


class PeriodError(ReturnError):
    """A reporting period is not of the form it must have."""


# What can be wrong with a plan, a decision or the close of a campaign.


class ScheduleError(LocalError):
    """A plan cannot be changed, a gate not opened or a campaign not closed as asked.

    Args:
        text: what happened.
        field: the field of the form, or the step, that it is about.
        advice: what to do next.
    """

    def __init__(self, text: LocalText, *, field: str = "", advice: LocalText | None = None) -> None:
        super().__init__(text, advice=advice)
        self.field = field


# What can be wrong with a tree of units.


class UnitsError(LocalError):
    """The tree cannot be so, a table cannot be read, a figure cannot be carried over.

    ``where`` is the unit's key, or file and row.
    """
