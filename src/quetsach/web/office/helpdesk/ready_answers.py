"""The answers that are kept ready, with the addresses of this centre's pages filled in."""

from functools import cache
from importlib import resources
from urllib.parse import urljoin

from django.urls import reverse
from django.utils.translation import override

from quetsach.campaign.helpdesk.ready_answer import ReadyAnswer, read_ready_answers
from quetsach.web.office.helpdesk.models import Case
from quetsach.web.office.helpdesk.slip import Slip
from quetsach.web.office.wording.selectors import as_worded, newest_version
from quetsach.web.portal import selectors
from quetsach.web.public_address import site

_ROUTES = {
    "check": "check",
    "download": "download",
    "families": "families",
    "family": "families",
    "steps": "steps",
    "clean": "steps-clean",
    "prevent": "steps-prevent",
    "verify": "verify",
}
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
        addresses["case"] = urljoin(base, reverse("help-case", args=[case.code]))
        addresses["family"] = urljoin(base, _family_page(case) or reverse("families"))
    return found.filled(case.language, addresses).strip()


def _family_page(case: Case) -> str:
    """Return the page of the first family that the check page had named, if the case says so."""
    asker = getattr(case, "asker", None)
    if asker is None or asker.check_answer is None:
        return ""
    named = {name for name, _ in Slip.from_json(asker.check_answer).families}
    for pack in selectors.shelf():
        if named & {pack.family, pack.name.vi, pack.name.en, *pack.aliases}:
            return reverse("family", args=[pack.family])
    return ""
