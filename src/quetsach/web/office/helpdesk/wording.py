"""What kinds, states and refusals of cases are called on a page, the slip of the check page, and ready answers."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from urllib.parse import urljoin

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from quetsach.campaign.helpdesk import CaseState, ReadyAnswer, read_ready_answers
from quetsach.web.design.words import figure as write_number
from quetsach.web.identity import site
from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.office.helpdesk.models import Case
from quetsach.web.office.wording.selectors import as_worded, newest_version
from quetsach.web.published import selectors
from quetsach.web.published.answer import Answer

# The answers that are kept ready, with the addresses of this centre's pages filled in.

_ROUTES = {
    "check": "check",
    "download": "download",
    "families": "families",
    "family": "families",
    "devices": "devices",
    "verify": "verify",
}
_FORMER = ("steps", "clean", "prevent")
"""Places of earlier versions, which answers that a centre reworded may still have."""
_FILE = "answers.toml"
DOCUMENT = "answers"
"""What the versions of these texts are kept under."""


@cache
def built_answers() -> tuple[ReadyAnswer, ...]:
    """Return those of this build, as nobody has reworded them yet."""
    content = resources.files("quetsach.web.office.helpdesk").joinpath("answers", _FILE).read_bytes()
    return read_ready_answers(content, file=_FILE)


def ready_answers() -> tuple[ReadyAnswer, ...]:
    """Return all of them, as they are worded now."""
    return as_worded(DOCUMENT, built_answers(), version=newest_version(DOCUMENT))


def answers_for(case: Case) -> tuple[ReadyAnswer, ...]:
    """Return the answers, those for the kind of the case first."""
    return tuple(sorted(ready_answers(), key=lambda answer: case.kind not in answer.kinds))


def filled_answer(identifier: str, case: Case) -> str:
    """Return the text of an answer for a case in the case's language; empty if there is no such answer."""
    found = next((answer for answer in ready_answers() if answer.id == identifier), None)
    if found is None:
        return ""
    base = site()
    with override(case.language):
        addresses = {place: urljoin(base, reverse(route)) for place, route in _ROUTES.items()}
        addresses |= dict.fromkeys(_FORMER, addresses["devices"])
        addresses["case"] = urljoin(base, reverse("help-case", args=[case.code]))
        addresses["family"] = urljoin(base, _family_page(case) or reverse("families"))
    return found.filled(case.language, addresses).strip()


def _family_page(case: Case) -> str:
    """Return the page of the first family that the check page had named, if the case says so."""
    asker = getattr(case, "asker", None)
    if asker is None or asker.check_answer is None:
        return ""
    named = {name for name, _ in CheckResult.from_json(asker.check_answer).families}
    for pack in selectors.shelf():
        if named & {pack.family, pack.name.vi, pack.name.en, *pack.aliases}:
            return reverse("family", args=[pack.family])
    return ""


# How kinds and states of cases are called on a page, and what is said when something cannot be done.

KINDS: Mapping[str, str | Promise] = {
    "listed": _("The check page says that my address was seen"),
    "infected": _("A scan or my antivirus reports malware"),
    "tool": _("The tool does not run, or something broke after cleaning"),
    "provider": _("My internet provider sent me a notice"),
    "message": _("I am not sure whether a message or letter is genuine"),
    "account": _("An account or money was stolen"),
    "other": _("Something else"),
}
SHORT_KINDS: Mapping[str, str | Promise] = {
    "listed": _("Address seen"),
    "infected": _("Malware reported"),
    "tool": _("The tool"),
    "provider": _("Notice of a provider"),
    "message": _("Is it genuine?"),
    "account": _("Account or money"),
    "other": _("Other"),
}
STATES: Mapping[str, str | Promise] = {
    CaseState.NEW: _("not taken yet"),
    CaseState.OPEN: _("being worked on"),
    CaseState.WAITING: _("waiting for the person"),
    CaseState.ANSWERED: _("answered"),
    CaseState.CLOSED: _("case closed"),
}
STATES_FOR_THE_PERSON: Mapping[str, str | Promise] = {
    CaseState.NEW: _("We have your message. Nobody has taken it yet."),
    CaseState.OPEN: _("Somebody is working on it."),
    CaseState.WAITING: _("We have a question for you."),
    CaseState.ANSWERED: _("We have answered."),
    CaseState.CLOSED: _("This case is closed. If you write again, it is opened again."),
}
REFUSALS: Mapping[str, str | Promise] = {
    "code": _("This is not the code of a case: a letter is wrong or missing. It looks like HT-K7M-2Q3."),
    "key": _("This is not the key of a case: a letter is wrong or missing. It looks like 7K3M9-F2DXH."),
    "text": _("Please write at least a word, and at most 4,000 characters."),
    "too-many": _("There are many messages in this case already. Please wait for our answer."),
    "erased": _("This case was erased."),
    "step": _("This cannot be done with the case as it stands now. Look at it again."),
    "colleague": _("Choose a colleague who may answer the cases of this unit."),
    "unit": _("Choose another unit that there is today, by its code or key."),
}
"""What a page says about a :class:`~quetsach.campaign.errors.CaseError`, by its code."""


register = template.Library()
_TABLES = {
    "SHORT_KINDS": SHORT_KINDS,
    "STATES": STATES,
    "STATES_FOR_THE_PERSON": STATES_FOR_THE_PERSON,
}


@register.filter
def case_words(value: str, table: str) -> str | Promise:
    """Return the words of a value of one of the tables, such as ``STATES``."""
    return _TABLES[table].get(value, value)


@register.filter
def slip(answer: Answer) -> str:
    """Return the signed slip of an answer."""
    return CheckResult.of(answer).signed()


@register.filter
def case_count(counts: dict[str, int], state: str) -> str:
    """Return how many cases are in a state, as a page writes it."""
    return write_number(counts.get(state, 0))
