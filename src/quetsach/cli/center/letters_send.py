"""``quetsach center letters send``: an issued letter to units below its own, once whoever sends it has agreed."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from quetsach.cli.center.campaigns_found import person_named
from quetsach.cli.confirmation import agrees
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.selectors.letters import audience_units
from quetsach.web.office.letters.services.send import letter_send
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Unit

_NAMED = 3
"""So many units are named in the question, then only counted."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "ask": "Gửi {number} ({subject}) đến {count} đơn vị: {names}? Thư đã gửi không lấy lại được. [có/KHÔNG] ",
        "declined": "Chưa gửi gì.",
        "unattended": "không có ai ở màn hình để đồng ý gửi",
        "unattended-hint": "ghi thêm --yes",
        "sent": "Đã gửi {number} đến {count} đơn vị. Thư được gửi đi khi lệnh letters work hoặc center up chạy.",
        "again": "Tất cả đã có công văn này; không gửi lần thứ hai.",
        "no-audience": "không có đơn vị nào phù hợp",
        "no-audience-hint": "ghi children, level-N hoặc group-N",
        "no-letter": "không có công văn này",
    },
    "en": {
        "ask": "Send {number} ({subject}) to {count} units: {names}? What is sent cannot be called back. [yes/NO] ",
        "declined": "Nothing was sent.",
        "unattended": "nobody is at the terminal to agree to the sending",
        "unattended-hint": "give --yes",
        "sent": "{number} is sent to {count} units. Their mail goes out while letters work or center up runs.",
        "again": "All of them have this letter; nobody gets it twice.",
        "no-audience": "no unit is meant by this",
        "no-audience-hint": "children, level-N or group-N",
        "no-letter": "there is no such letter",
    },
}


def letter_numbered(arguments: argparse.Namespace) -> Letter:
    """Return the letter that the arguments name.

    Raises:
        InputError: there is none.
    """
    found: Letter | None = Letter.objects.select_related("unit").filter(pk=arguments.letter).first()
    if found is None:
        what = _WORDS[chosen_language(arguments)]["no-letter"]
        raise InputError(what, where=str(arguments.letter), hint="quetsach center letters list")
    return found


def send(arguments: argparse.Namespace) -> int:
    """Send an issued letter to units below its own."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    letter = letter_numbered(arguments)
    by = person_named(arguments.by)
    units = audience_units(letter.unit, arguments.to, day=today(now))
    if not units:
        raise InputError(words["no-audience"], where="--to", hint=words["no-audience-hint"])
    if not arguments.yes and not _agreed(letter, units, words):
        say(words["declined"])
        return ExitCode.NOTHING_FOUND
    count = letter_send(letter=letter, units=units, by=by, now=now).total
    if arguments.json:
        print_json({"id": letter.pk, "number": letter.number_sign, "sent_to": count})
    else:
        say(words["sent" if count else "again"].format(number=letter.number_sign, count=count))
    return ExitCode.NOTHING_FOUND


def _agreed(letter: Letter, units: Sequence[Unit], words: Mapping[str, str]) -> bool:
    if not sys.stdin.isatty():
        raise InputError(words["unattended"], hint=words["unattended-hint"])
    names = ", ".join([unit.name_vi for unit in units[:_NAMED]] + ["…"] * (len(units) > _NAMED))
    question = words["ask"].format(
        number=letter.number_sign, subject=letter.subject[:80], count=len(units), names=names
    )
    return agrees(question)
