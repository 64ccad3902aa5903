"""Passing a letter on as it is: what was chosen, and the page that asks once more before anything goes out."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from quetsach.campaign.letters.errors import LetterError
from quetsach.core.day import read_day
from quetsach.web.design.templatetags.words import figure
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.send import MAX_NOTE_LENGTH, Sending
from quetsach.web.office.tree.models import Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose: to whom, with what words, and a day of its own if there is one."""

    units: list[Unit]
    note: str
    due: date | None


def read_choice(request: HttpRequest, offered: list[Unit]) -> Choice:
    """Read the form of passing on.

    Raises:
        LetterError: nobody is chosen, or it cannot be told whom; the day is none.
    """
    ticked, is_all = set(request.POST.getlist("unit")), request.POST.get("to") == "all"
    units = offered if is_all else [unit for unit in offered if unit.key in ticked]
    if is_all and ticked:
        raise LetterError(
            _("single units are ticked, and all are chosen"), hint=_("choose either all, or only the ticked ones")
        )
    if not units:
        raise LetterError(_("no unit is chosen"), hint=_("choose all, or tick at least one"))
    return Choice(units, request.POST.get("note", "").strip()[:MAX_NOTE_LENGTH], _day(request.POST.get("due", "")))


def typed(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed, to be shown again."""
    post = request.POST
    return {
        "to": post.get("to", ""),
        "ticked": set(post.getlist("unit")),
        "note": post.get("note", ""),
        "due": post.get("due", ""),
    }


def confirmation(dispatch: Dispatch, choice: Choice) -> dict[str, Any]:
    """Return what the page shows that asks once more."""
    return {"dispatch": dispatch, "letter": dispatch.letter, "choice": choice, "due": choice.due or dispatch.due}


def tell_sending(request: HttpRequest, made: Sending) -> None:
    """Say above the next page what became of it: mail is queued and not sent yet."""
    if not made.total:
        messages.info(request, _("Nobody new: all of them have the letter already."))
        return
    values = {"mail": figure(made.by_mail), "inbox": figure(made.in_inbox)}
    messages.success(request, _("Queued for mail: %(mail)s. Put into the inbox of the office: %(inbox)s.") % values)


def _day(text: str) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError as error:
        raise LetterError(
            _("the day to answer by is no day"), hint=_("write day/month/year, such as 23/11/2026")
        ) from error
