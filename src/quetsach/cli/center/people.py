"""``quetsach center people`` and ``helpdesk``: who works in the office, and how many people asked it for help."""

import argparse

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from quetsach.campaign.authority import Role
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Text, all_in_language
from quetsach.web.office.helpdesk.selectors import all_state_counts
from quetsach.web.office.helpdesk.services import cases_purge
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import ROLE_TITLES, Duty, Person
from quetsach.web.office.people.services.account import person_leave, person_vouch
from quetsach.web.office.people.services.invitation import invitation_issue, invitation_renew
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit

_ADDRESS = "http://127.0.0.1:8000"
_VOUCHED = {True: Text("yes"), False: Text("not yet")}
_HEADER = (
    Text("address"),
    Text("name", context="person"),
    Text("role"),
    Text("unit"),
    Text("since"),
    Text("vouched for"),
)


def invite(arguments: argparse.Namespace) -> int:
    """Print a link with which somebody joins."""
    language = chosen_language(arguments)
    now = arguments.now
    try:
        validate_email(arguments.email)
    except ValidationError as error:
        raise InputError(str(error.message), where=arguments.email[:100]) from error
    unit = _unit(arguments.unit)
    _, token = invitation_issue(email=arguments.email, role=Role(arguments.role), unit=unit, by=None, now=now)
    _show_link(arguments.email, token, language)
    return ExitCode.NOTHING_FOUND


def renew(arguments: argparse.Namespace) -> int:
    """Print a link to set password and second factor anew."""
    language = chosen_language(arguments)
    now = arguments.now
    _, token = invitation_renew(person=_person(arguments.email), by=None, now=now)
    _show_link(arguments.email, token, language)
    return ExitCode.NOTHING_FOUND


def print_list(arguments: argparse.Namespace) -> int:
    """List duties that are held today."""
    language = chosen_language(arguments)
    now = arguments.now
    held = Duty.objects.on(today(now)).select_related("person", "unit").order_by("person__email", "role")
    rows = [
        {
            "email": duty.person.email,
            "name": duty.person.name,
            "role": duty.role,
            "unit": duty.unit.key,
            "since": duty.first.isoformat(),
            "vouched": duty.person.is_vouched,
        }
        for duty in held
    ]
    told = [
        (
            *list(row.values())[:2],
            ROLE_TITLES[Role(str(row["role"]))],
            row["unit"],
            row["since"],
            _VOUCHED[bool(row["vouched"])].in_language(language),
        )
        for row in rows
    ]
    if arguments.json:
        print_json(rows)
    elif rows:
        print_table(all_in_language(_HEADER, language), map(list, told))
    else:
        tell(
            Text("Nobody yet. Invite the first one: `quetsach center people invite ADDRESS --role operator`"), language
        )
    return ExitCode.NOTHING_FOUND


def remove(arguments: argparse.Namespace) -> int:
    """End somebody's duties, sessions and links."""
    language = chosen_language(arguments)
    now = arguments.now
    person_leave(person=_person(arguments.email), by=None, now=now)
    tell(Text("{email} has left: duties, sessions and links are ended.", email=arguments.email), language)
    return ExitCode.NOTHING_FOUND


def vouch(arguments: argparse.Namespace) -> int:
    """Say that an account belongs to a person of its own."""
    language = chosen_language(arguments)
    now = arguments.now
    person_vouch(person=_person(arguments.email), by=None, now=now)
    tell(
        Text("{email} is vouched for, and counts as a person of his own in approvals.", email=arguments.email), language
    )
    return ExitCode.NOTHING_FOUND


def purge_cases(arguments: argparse.Namespace) -> int:
    """Close what nobody writes to any more, and erase what was closed long enough ago."""
    now = arguments.now
    closed, erased = cases_purge(now=now)
    if arguments.json:
        print_json({"closed": closed, "erased": erased})
    else:
        tell(
            Text(
                "Closed {closed} cases that nobody writes to, erased {erased} whose time is over.",
                closed=closed,
                erased=erased,
            ),
            chosen_language(arguments),
        )
    return ExitCode.NOTHING_FOUND


def print_cases(arguments: argparse.Namespace) -> int:
    """Tell how many cases are in which state."""
    counts = all_state_counts()
    if arguments.json:
        print_json(counts)
    else:
        header = all_in_language((Text("state"), Text("cases")), chosen_language(arguments))
        print_table(header, list(counts.items()), right=(1,))
    return ExitCode.NOTHING_FOUND


def _show_link(email: str, token: str, language: str) -> None:
    address = settings.CENTER.public_url or _ADDRESS
    tell(Text("Give this link to {email}. It works once, within seven days:", email=email), language)
    print(address + reverse("office:people:accept", args=[token]))
    if not settings.CENTER.public_url:
        tell(
            Text(
                "Where the centre is reached otherwise than at {address}, change the beginning, or set "
                "it: quetsach center settings set public-url.",
                address=_ADDRESS,
            ),
            language,
        )


def _unit(key: str | None) -> Unit:
    try:
        return Unit.objects.get(key=key) if key else root_unit()
    except Unit.DoesNotExist as error:
        if key and Unit.objects.exists():
            raise InputError(Text("there is no such unit"), where=key[:100]) from error
        raise InputError(
            Text("there is no tree of units yet"),
            hint=Text("quetsach center units load takes the tree of this build, units import one of your own"),
        ) from error


def _person(email: str) -> Person:
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise InputError(Text("nobody has this address"), where=email[:100])
    return person


def person_named(email: str) -> Person:
    """Return somebody who works here, by e-mail address.

    Raises:
        InputError: nobody does under this address.
    """
    found: Person | None = Person.objects.filter(email=email.strip().lower(), is_active=True).first()
    if found is None:
        raise InputError(
            Text("nobody works here under this address"), where=email[:100], hint=Text("quetsach center people list")
        )
    return found
