"""Shapes that several chapters share."""

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.not_estimable import NotEstimable
from quetsach.core.text import Joined, LocalText, Number, Text
from quetsach.web.evaluation.document import Gap

LOW, HIGH = Text("Low"), Text("High")
"""The ends of an interval, as heads of columns."""


def refused(what: LocalText, *refusals: NotEstimable) -> Gap:
    """Say what is not given, and every reason why, each once."""
    return Gap(what, sentences(*dict.fromkeys(refusal.text for refusal in refusals)))


def why_not(answer: Answer) -> LocalText | None:
    """Return the reason for a table's cell where a number is not given."""
    return answer.text if isinstance(answer, NotEstimable) else None


def percents(share: Estimate, confidence: float) -> LocalText:
    """Write a share with its interval, and how sure that is, as percentages."""
    middle, lower, upper = (Number(100 * x, decimals=1) for x in (share.value, share.low, share.high))
    return Text(
        "{middle} % ({sure} % interval {lower} to {upper} %)",
        middle=middle,
        sure=Number(100 * confidence),
        lower=lower,
        upper=upper,
    )


def for_show(title: LocalText, *, is_real: bool) -> LocalText:
    """Return a title that says that its figures are for show, where they are not real."""
    return title if is_real else Text("{title} (for show)", title=title)


def sentences(*parts: LocalText) -> Joined:
    """Put sentences one after the other."""
    return Joined(parts, " ")
