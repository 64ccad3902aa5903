"""``quetsach center partners``: vendors that report in bulk, how they count, and what they sent."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from quetsach.campaign.section import MAX_BYTES
from quetsach.cli.center.partners_told import (
    MOST_FAULTS,
    SHOWN_FAULTS,
    figure_json,
    figure_row,
    receipt,
    tell_delivery,
    words_of,
)
from quetsach.cli.output import Progress, print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.web.office.partners.models import Partner
from quetsach.web.office.partners.selectors import all_totals, partner_states
from quetsach.web.office.partners.services.intake import deliveries_work, delivery_receive, delivery_take_in
from quetsach.web.office.partners.services.partner import declaration_add, partner_add, token_make, token_revoke

_CHUNK_BYTES = 1 << 18


def _partner(key: str) -> Partner:
    found: Partner | None = Partner.objects.filter(key=key).first()
    if found is None:
        known = ", ".join(Partner.objects.order_by("key").values_list("key", flat=True))
        raise InputError(f"there is no partner {key[:40]!r}", hint=f"known: {known or 'none'}")
    return found


def add(arguments: argparse.Namespace) -> int:
    """Add a partner."""
    now = arguments.now
    made = partner_add(key=arguments.partner, name=arguments.name, contact=arguments.contact, by=None, now=now)
    if arguments.json:
        print_json({"partner": made.key, "name": made.name})
    else:
        say(words_of(arguments)["added"].format(key=made.key))
    return ExitCode.NOTHING_FOUND


def token(arguments: argparse.Namespace) -> int:
    """Make a token for a partner's program, or revoke those of a label."""
    now = arguments.now
    partner = _partner(arguments.partner)
    if arguments.revoke:
        ended = list(partner.tokens.filter(label=arguments.label, revoked_at=None))
        for token in ended:
            token_revoke(token=token, by=None, now=now)
        if arguments.json:
            print_json({"partner": partner.key, "revoked": len(ended)})
        else:
            say(words_of(arguments)["revoked"].format(number=len(ended)))
        return ExitCode.NOTHING_FOUND
    secret = token_make(partner=partner, label=arguments.label, by=None, now=now)
    if arguments.json:
        print_json({"partner": partner.key, "label": arguments.label, "token": secret})
    else:
        say(words_of(arguments)["token"].format(key=partner.key))
        print(secret)
    return ExitCode.NOTHING_FOUND


def declare(arguments: argparse.Namespace) -> int:
    """Add the next version of how a partner counts."""
    content = _content(arguments.file)
    now = arguments.now
    made = declaration_add(partner=_partner(arguments.partner), content=content, by=None, now=now)
    if arguments.json:
        print_json({"partner": arguments.partner, "version": made.version, "first": made.first})
    else:
        told = {"version": made.version, "key": arguments.partner, "first": made.first}
        say(words_of(arguments)["declared"].format(**told))
    return ExitCode.NOTHING_FOUND


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def take_in(arguments: argparse.Namespace) -> int:
    """Take in a report."""
    words = words_of(arguments)
    now = arguments.now
    delivery, is_new = delivery_receive(
        partner=_partner(arguments.partner),
        name=arguments.file.name,
        chunks=_chunks(arguments.file),
        channel="command",
        by=None,
        now=now,
    )
    with Progress(words["taking"], delivery.records - delivery.looked_at) as progress:
        delivery = delivery_take_in(delivery=delivery, now=now, progress=progress.advance)
    faults = delivery.faults.order_by("line").values("line", "reason", "column", "excerpt")
    if arguments.json:
        print_json({**receipt(delivery), "is_new": is_new, "faults": list(faults[:MOST_FAULTS])})
    else:
        tell_delivery(delivery, [dict(fault) for fault in faults[:SHOWN_FAULTS]], words, is_new=is_new)
    return ExitCode.NOTHING_FOUND


def work(arguments: argparse.Namespace) -> int:
    """Work off what arrived and was not finished."""
    now = arguments.now
    finished = deliveries_work(now=now)
    if arguments.json:
        print_json({"finished": finished})
    else:
        say(words_of(arguments)["worked"].format(number=finished))
    return ExitCode.NOTHING_FOUND


def print_list(arguments: argparse.Namespace) -> int:
    """List the partners."""
    states = partner_states()
    words = words_of(arguments)
    if arguments.json:
        print_json(
            [
                {
                    "partner": state.partner.key,
                    "name": state.partner.name,
                    "declarations": state.declarations,
                    "deliveries": state.deliveries,
                    "newest_day": state.newest_day,
                }
                for state in states
            ]
        )
    elif states:
        rows = [(s.partner.key, s.partner.name, s.declarations, s.deliveries, s.newest_day or "—") for s in states]
        print_table(words["list"], rows, right=(2, 3))
    else:
        say(words["none"])
    return ExitCode.NOTHING_FOUND


def totals(arguments: argparse.Namespace) -> int:
    """Tell what partners reported."""
    period = Period.parse(f"{arguments.first}..{arguments.last}")
    each, over_all = all_totals(period)
    if arguments.json:
        print_json(
            {
                "first": period.first,
                "last": period.last,
                "partners": [
                    {
                        "partner": one.partner.key,
                        "figures": [figure_json(figure) for figure in one.figures],
                        "families": [{"family": name, **figure_json(figure)} for name, figure in one.families],
                    }
                    for one in each
                ],
                "all_partners": {"overlap": "unknown", "figures": [figure_json(figure) for figure in over_all]},
            }
        )
        return ExitCode.NOTHING_FOUND
    words, language = words_of(arguments), chosen_language(arguments)
    named = [(one.partner.name, figure) for one in each for figure in one.figures]
    named += [(words["all"], figure) for figure in over_all if len(each) > 1]
    print_table(words["totals"], [figure_row(name, figure, words, language) for name, figure in named], right=(3, 4))
    return ExitCode.NOTHING_FOUND
