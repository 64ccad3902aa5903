"""Words of cases, and the slip that carries an answer of the check page to the form."""

from django import template
from django.utils.functional import Promise

from quetsach.web.design.templatetags.words import figure as write_number
from quetsach.web.office.helpdesk import wording
from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.published.answer import Answer

register = template.Library()


@register.filter
def case_words(value: str, table: str) -> str | Promise:
    """Return the words of a value of one of the tables of ``wording``, such as ``KINDS``."""
    words: dict[str, str | Promise] = getattr(wording, table)
    return words.get(value, value)


@register.filter
def slip(answer: Answer) -> str:
    """Return the signed slip of an answer."""
    return CheckResult.of(answer).signed()


@register.filter
def case_count(counts: dict[str, int], state: str) -> str:
    """Return how many cases are in a state, as a page writes it."""
    return write_number(counts.get(state, 0))
