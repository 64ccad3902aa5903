"""Consent to a plan: to all of it, to more than the tool does by itself, or to single families and steps."""

import argparse
import re
import sys
from collections.abc import Collection, Iterable, Sequence

from quetsach.cli.confirmation import agreed, answer_to
from quetsach.cli.output import say
from quetsach.cli.parser import ExitCode
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint import MassBrakeError
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.plan.plan import Plan, check_brake, left_to

_CHOOSE = frozenset({"chọn", "chon", "choose"})
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_MOST_TRIES = 3


class ChoiceError(QuetsachError):
    """What was chosen is not in the plan."""

    exit_code = ExitCode.USAGE


def add_choice_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which part of a plan is carried out, and that it may be a large one."""
    parser.add_argument(
        "--allow-many",
        action="store_true",
        help="carry out also a plan that the mass brake would stop; look at it with --dry-run first",
    )
    parser.add_argument(
        "--family", action="append", default=[], metavar="NAME", help="act on this family only; may be repeated"
    )
    items = parser.add_mutually_exclusive_group()
    items.add_argument(
        "--item", type=int, action="append", default=[], metavar="N", help="take this step only; may be repeated"
    )
    items.add_argument(
        "--skip", type=int, action="append", default=[], metavar="N", help="leave this step out; may be repeated"
    )


def add_archive_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument that agrees to sealing archives as a whole."""
    parser.add_argument(
        "--archives",
        action="store_true",
        help="seal also archives, as a whole, in which malware lies; without it a person is asked",
    )


def check_choice(arguments: argparse.Namespace) -> None:
    """Refuse numbers of steps where nobody sees the plan that they are of.

    Raises:
        ChoiceError: there are such numbers beside ``--yes``.
    """
    if arguments.yes and (arguments.item or arguments.skip):
        raise ChoiceError(
            Text(
                "--item and --skip need somebody who looks at the plan: numbers of steps hold for "
                "the plan that is shown"
            ),
            hint=Text("leave --yes away, or use --family NAME instead of numbers"),
        )


def of_families(findings: Sequence[Finding], families: Collection[str], language: str) -> tuple[Finding, ...]:
    """Return the findings of the chosen families, all when none is named.

    Raises:
        ChoiceError: nothing of a named family was found.
    """
    found = {finding.family for finding in findings}
    for family in families:
        if found and family not in found:
            hint = Text("families that were found: {families}", families=", ".join(sorted(found))).in_language(language)
            raise ChoiceError(Text("This scan found nothing of that family"), where=family, hint=hint)
    return tuple(finding for finding in findings if not families or finding.family in families)


def of_steps(plan: Plan, arguments: argparse.Namespace, findings: Iterable[Finding]) -> Plan:
    """Return the plan with the steps that the command line chose.

    Raises:
        ChoiceError: the plan has no step of that number.
    """
    numbers = {step.number for step in plan.steps}
    for number in (*arguments.item, *arguments.skip):
        if number not in numbers:
            raise ChoiceError(
                Text("The plan has no such step"),
                where=str(number),
                hint=Text("see the numbers of the steps: quetsach clean --dry-run"),
            )
    if not arguments.item and not arguments.skip:
        return plan
    return left_to(plan, set(arguments.item) or numbers - set(arguments.skip), findings)


def excess_of(plan: Plan, findings: Iterable[Finding]) -> MassBrakeError | None:
    """Return why the mass brake would stop a plan; ``None`` if it would not."""
    try:
        check_brake(plan, findings)
    except MassBrakeError as error:
        return error
    return None


def agreed_part(plan: Plan, findings: Sequence[Finding], language: str, *, allow_many: bool) -> Plan | None:
    """Ask what of a plan that was shown is to be done; ``None`` for nothing.

    More than the tool does by itself is agreed to by typing how many steps it is: nobody does that unread.
    """
    while True:
        is_many = not allow_many and excess_of(plan, findings) is not None
        answer = answer_to(
            (
                Text(
                    "You have looked at each item and still want all {steps} steps? Type the number "
                    '{steps}. Type "choose" to choose items, anything else to stop: '
                )
                if is_many
                else Text('Carry out this plan? Type "yes" to agree, "choose" to choose items: ')
            )
            .with_values(steps=len(plan.steps))
            .in_language(language)
        )
        if answer not in _CHOOSE:
            return plan if (answer == str(len(plan.steps)) if is_many else agreed(answer)) else None
        numbers = _chosen_numbers(plan, language)
        if not numbers:
            return None
        plan = left_to(plan, numbers, findings)
        told = ", ".join(str(step.number) for step in plan.steps)
        say(
            Text(
                "CHOSEN: {steps} steps: {numbers}. Everything else is left alone.", steps=len(plan.steps), numbers=told
            ).in_language(language),
            sys.stderr,
        )


def _chosen_numbers(plan: Plan, language: str) -> frozenset[int]:
    """Ask for numbers of steps until they are some of the plan; empty when nothing is typed."""
    known = frozenset(step.number for step in plan.steps)
    for _ in range(_MOST_TRIES):
        answer = answer_to(
            Text("Type the numbers of the steps to take, such as 1,3-5; nothing to stop: ").in_language(language)
        )
        numbers = numbers_of(answer, known)
        if numbers is not None:
            return numbers
        say(Text("The plan has no such step: {text}", text=ascii(answer[:40])).in_language(language), sys.stderr)
    return frozenset()


def numbers_of(text: str, known: Collection[int]) -> frozenset[int] | None:
    """Return the numbers that a text such as ``1,3-5 8`` names; ``None`` when one of them is not known."""
    numbers: set[int] = set()
    for part in text.replace(",", " ").split():
        found = _RANGE.fullmatch(part)
        if found is None:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if first > last or not {first, last} <= set(known):
            return None
        numbers.update(number for number in known if first <= number <= last)
    return frozenset(numbers)
