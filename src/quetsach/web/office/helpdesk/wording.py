"""How kinds and states of cases are called on a page, and what is said when something cannot be done."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.helpdesk.case_state import CaseState

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
"""What a page says about a :class:`~quetsach.campaign.helpdesk.errors.CaseError`, by its code."""
