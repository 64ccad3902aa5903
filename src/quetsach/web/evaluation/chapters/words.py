"""Shapes that several chapters share."""

from datetime import date

from quetsach.assess.estimate import Answer
from quetsach.assess.refusal import Refusal
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import Statement, Tone

LOW, HIGH = LocalText("Thấp nhất", "Low"), LocalText("Cao nhất", "High")
"""The ends of an interval, as heads of columns."""


def refused(title: LocalText, refusal: Refusal) -> Statement:
    """Say that a number is not given, and why."""
    return Statement(Tone.REFUSED, title, refusal.text)


def why_not(answer: Answer) -> LocalText | None:
    """Return the reason for a table's cell where a number is not given."""
    return answer.text if isinstance(answer, Refusal) else None


def percents(value: float, low: float, high: float) -> LocalText:
    """Write a share with its interval as percentages."""

    def text(language: str) -> str:
        middle, lower, upper = (number_text(100 * x, language, decimals=1) for x in (value, low, high))
        if language == "en":
            return f"{middle} % (95 % interval {lower} to {upper} %)"
        return f"{middle}% (khoảng tin cậy 95%: từ {lower} đến {upper}%)"

    return LocalText(text("vi"), text("en"))


def day_text(day: date) -> LocalText:
    """Write a day as each language does."""
    return LocalText(f"{day:%d/%m/%Y}", str(day))


def joined(*parts: LocalText) -> LocalText:
    """Put sentences one after the other."""
    return LocalText(" ".join(p.vi for p in parts), " ".join(p.en for p in parts))
