"""Shapes that several chapters share."""

from datetime import date

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.not_estimable import NotEstimable
from quetsach.core.number import number_text
from quetsach.core.text import LocalText, Text
from quetsach.web.evaluation.document import Gap

LOW, HIGH = Text("Low"), Text("High")
"""The ends of an interval, as heads of columns."""


def refused(what: LocalText, *refusals: NotEstimable) -> Gap:
    """Say what is not given, and every reason why, each once."""
    return Gap(what, joined(*dict.fromkeys(refusal.text for refusal in refusals)))


def why_not(answer: Answer) -> LocalText | None:
    """Return the reason for a table's cell where a number is not given."""
    return answer.text if isinstance(answer, NotEstimable) else None


def percents(share: Estimate, confidence: float) -> LocalText:
    """Write a share with its interval, and how sure that is, as percentages."""

    def text(language: str) -> str:
        middle, lower, upper = (
            number_text(100 * x, language, decimals=1) for x in (share.value, share.low, share.high)
        )
        sure = number_text(100 * confidence, language)
        if language == "en":
            return f"{middle} % ({sure} % interval {lower} to {upper} %)"
        return f"{middle}% (khoảng tin cậy {sure}%: từ {lower} đến {upper}%)"

    return LocalText(text("vi"), text("en"))


def for_show(title: LocalText, *, is_real: bool) -> LocalText:
    """Return a title that says that its figures are for show, where they are not real."""
    return title if is_real else Text("{title} (for show)", title=title)


def number(value: float) -> LocalText:
    """Write a whole number as each language does."""
    return LocalText(number_text(value, "vi"), number_text(value, "en"))


def day_text(day: date) -> LocalText:
    """Write a day as each language does."""
    return LocalText(f"{day:%d/%m/%Y}", str(day))


def joined(*parts: LocalText) -> LocalText:
    """Put sentences one after the other."""
    return LocalText(" ".join(p.vi for p in parts), " ".join(p.en for p in parts))
