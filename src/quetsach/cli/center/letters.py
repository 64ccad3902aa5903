"""``quetsach center letters``: how far letters have come, sending, and the work behind them."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from quetsach.cli.center.people import person_named
from quetsach.cli.confirmation import agrees
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Text, all_in_language
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.selectors.distribution import distribution_of
from quetsach.web.office.letters.selectors.letters import audience_units
from quetsach.web.office.letters.services.remind import reminders_due, reminders_queue
from quetsach.web.office.letters.services.send import letter_send
from quetsach.web.office.letters.signing_credentials import demonstration_credentials_make
from quetsach.web.office.letters.words import mail_state_name, span, standing_name, state_name
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.mail.queue import bounces_read
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.worker import work

_HEADER = (
    Text("id"),
    Text("number", context="letter"),
    Text("day"),
    Text("subject", context="letter"),
    Text("state"),
    Text("sent to"),
    Text("without answer"),
)
_FUNNEL = (Text("state", context="units"), Text("units", context="letter"))
_LEVELS = (
    Text("level"),
    Text("sent to"),
    Text("acknowledged"),
    Text("half within"),
    Text("slowest"),
    Text("slowest unit"),
)


def print_list(arguments: argparse.Namespace) -> int:
    """List all letters."""
    letters = Letter.objects.select_related("unit").order_by("-pk")[:500]
    rows = []
    for letter in letters:
        funnel = distribution_of(letter).funnel
        state = letter.state if arguments.json else state_name(letter.state)
        number, day = letter.number_sign or "–", letter.issued_on or "–"
        rows.append((letter.pk, number, day, letter.subject[:60], state, funnel.total, funnel.waiting))
    if arguments.json:
        names = ("id", "number", "day", "subject", "state", "sent_to", "without_answer")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(all_in_language(_HEADER, chosen_language(arguments)), rows, right=(0, 5, 6))
    return ExitCode.NOTHING_FOUND


def print_one(arguments: argparse.Namespace) -> int:
    """Show one letter."""
    language = chosen_language(arguments)
    letter = letter_numbered(arguments)
    cascade = distribution_of(letter)
    counts = cascade.funnel
    reached = {stage.name.lower(): number for stage, number in counts.reached.items()}
    funnel = reached | {"bounced": counts.bounced, "refused": counts.refused}
    levels = [(p, cascade.names.get(p.slowest_unit, "")) for p in cascade.levels]
    named = [(standing_name(stage), number) for stage, number in funnel.items()]
    paces = [(p.level, p.total, p.acknowledged, span(p.half), span(p.slowest), unit) for p, unit in levels]
    if not arguments.json:
        say(f"{letter.number_sign or letter.pk}: {letter.subject}")
        if letter.signatures is not None:
            signed_by = "; ".join(f"{one['holder']} ({one['authority']})" for one in letter.signatures)
            tell(
                Text("Signed by: {names}.", names=signed_by)
                if signed_by
                else Text("It was issued without a digital signature."),
                language,
            )
        print_table(all_in_language(_FUNNEL, language), named, right=(1,))
        print_table(all_in_language(_LEVELS, language), paces, right=(0, 1, 2, 3, 4))
        return ExitCode.NOTHING_FOUND
    told: dict[str, Any] = {
        "id": letter.pk,
        "number": letter.number_sign,
        "subject": letter.subject,
        "state": letter.state,
        "signatures": letter.signatures,
        "sent_to": counts.total,
        "reached": reached,
        "bounced": counts.bounced,
        "refused": counts.refused,
        "without_answer": counts.waiting,
    }
    names = ("level", "sent_to", "acknowledged", "half_within", "slowest", "slowest_unit")
    rows = [(p.level, p.total, p.acknowledged, p.half or "–", p.slowest or "–", unit) for p, unit in levels]
    print_json({**told, "levels": [dict(zip(names, row, strict=True)) for row in rows]})
    return ExitCode.NOTHING_FOUND


def work_queue(arguments: argparse.Namespace) -> int:
    """Print copies, hand mail over, remind and read bounces, until stopped."""
    stop = threading.Event()
    before = [(number, signal.signal(number, lambda *_: stop.set())) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        work(stop=stop, is_once=arguments.once)
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    states = {state.value: Message.objects.filter(state=state).count() for state in MessageState}
    told = ", ".join(f"{mail_state_name(state)} {count}" for state, count in states.items())
    if arguments.json:
        print_json(states)
    else:
        tell(Text("Mail: {states}.", states=told), chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def reminders(arguments: argparse.Namespace) -> int:
    """List what is to go out today, or put it into the queue."""
    language = chosen_language(arguments)
    now = arguments.now
    due = [
        {
            "number": found.letter.number_sign,
            "reminders": len(found.plan.reminders),
            "digests": len(found.plan.digests),
        }
        for found in reminders_due(now=now)
    ]
    queued = reminders_queue(now=now) if arguments.queue else 0
    if arguments.json:
        print_json({"due": due, "queued": queued})
        return ExitCode.NOTHING_FOUND
    for line in due:
        tell(
            Text(
                "{number}: {reminders} reminders, {digests} lists for units above",
                number=line["number"],
                reminders=line["reminders"],
                digests=line["digests"],
            ),
            language,
        )
    if not due:
        tell(Text("Nothing."), language)
    if arguments.queue:
        tell(Text("Queued: {count}.", count=queued), language)
    return ExitCode.NOTHING_FOUND


def bounces(arguments: argparse.Namespace) -> int:
    """Read what came back by mail."""
    language = chosen_language(arguments)
    now = arguments.now
    if settings.CENTER.bounces is None:
        raise InputError(
            Text("no folder of bounces is set"),
            where="QUETSACH_BOUNCES",
            hint=Text("name the Maildir of the sender's address"),
        )
    count = bounces_read(now=now)
    if arguments.json:
        print_json({"believed": count})
    else:
        tell(Text("Notices about our messages: {count}.", count=count), language)
    return ExitCode.NOTHING_FOUND


def keys(arguments: argparse.Namespace) -> int:
    """Make signing keys for show."""
    language = chosen_language(arguments)
    now = arguments.now
    unit = Unit.objects.filter(key=arguments.unit).first()
    if unit is None:
        raise InputError(Text("no unit has this key"), where=arguments.unit[:40], hint="quetsach center units show KEY")
    folder = demonstration_credentials_make(unit=unit, person=arguments.person, agency=arguments.agency, now=now)
    if arguments.json:
        print_json({"folder": str(folder) if folder else None})
    else:
        tell(
            Text("Signing keys for show are in {folder}. Never use them for a real letter.", folder=folder)
            if folder
            else Text("This unit has keys; nothing was changed."),
            language,
        )
    return ExitCode.NOTHING_FOUND


_NAMED = 3
"""So many units are named in the question, then only counted."""


def letter_numbered(arguments: argparse.Namespace) -> Letter:
    """Return the letter that the arguments name.

    Raises:
        InputError: there is none.
    """
    found: Letter | None = Letter.objects.select_related("unit").filter(pk=arguments.letter).first()
    if found is None:
        raise InputError(
            Text("there is no such letter"), where=str(arguments.letter), hint="quetsach center letters list"
        )
    return found


def send(arguments: argparse.Namespace) -> int:
    """Send an issued letter to units below its own."""
    language = chosen_language(arguments)
    now = arguments.now
    letter = letter_numbered(arguments)
    by = person_named(arguments.by)
    units = audience_units(letter.unit, arguments.to, day=today(now))
    if not units:
        raise InputError(Text("no unit is meant by this"), where="--to", hint=Text("children, level-N or group-N"))
    if not arguments.yes and not _agreed(letter, units, language):
        tell(Text("Nothing was sent."), language)
        return ExitCode.NOTHING_FOUND
    count = letter_send(letter=letter, units=units, by=by, now=now).total
    if arguments.json:
        print_json({"id": letter.pk, "number": letter.number_sign, "sent_to": count})
    else:
        tell(
            Text(
                "{number} is sent to {count} unit. Its mail goes out while letters work or center up runs.",
                many="{number} is sent to {count} units. Their mail goes out while letters work or center up runs.",
                number=letter.number_sign,
                count=count,
            )
            if count
            else Text("All of them have this letter; nobody gets it twice."),
            language,
        )
    return ExitCode.NOTHING_FOUND


def _agreed(letter: Letter, units: Sequence[Unit], language: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError(Text("nobody is at the terminal to agree to the sending"), hint=Text("give --yes"))
    names = ", ".join([unit.name_vi for unit in units[:_NAMED]] + ["…"] * (len(units) > _NAMED))
    question = Text(
        "Send {number} ({subject}) to {count} unit: {names}? What is sent cannot be called back. [yes/NO] ",
        many="Send {number} ({subject}) to {count} units: {names}? What is sent cannot be called back. [yes/NO] ",
        number=letter.number_sign,
        subject=letter.subject[:80],
        count=len(units),
        names=names,
    ).in_language(language)
    return agrees(question)
