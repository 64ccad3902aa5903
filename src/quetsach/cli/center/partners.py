"""``quetsach center partners``: vendors that report in bulk, how they count, and what they sent."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.opened import add_centre_command, opened_centre
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
from quetsach.cli.parser import ExitCode, Parser, Subcommands, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import Period

if TYPE_CHECKING:
    from quetsach.web.office.partners.models import Partner

_CHUNK_BYTES = 1 << 18


def register(parser: Parser) -> None:
    """Add ``partners`` with its commands."""
    parser.show_examples(
        "quetsach center partners add bkav --name Bkav\n"
        "quetsach center partners declare bkav method.toml\n"
        "quetsach center partners import bkav 2020-10.csv.gz"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for register_one in (_register_add, _register_token, _register_declare, _register_import, _register_reads):
        register_one(commands)


def _register_add(commands: Subcommands) -> None:
    add = add_centre_command(commands, "add", _add, "add a partner", 'quetsach center partners add bkav --name "Bkav"')
    add.add_argument("partner", metavar="PARTNER", help="its key: lower-case letters, digits, hyphens")
    add.add_argument("--name", required=True, help="name as people know it")
    add.add_argument("--contact", default="", help="whom to ask about the figures")


def _register_token(commands: Subcommands) -> None:
    token = add_centre_command(
        commands,
        "token",
        _token,
        "make a token for a partner's program, or revoke one by its label",
        "quetsach center partners token bkav --label server-2\n"
        "quetsach center partners token bkav --label server-2 --revoke",
    )
    token.add_argument("partner", metavar="PARTNER", help="key of the partner")
    token.add_argument("--label", default="API", help="what the token is for (default: API)")
    token.add_argument("--revoke", action="store_true", help="end the tokens of this label at once")


def _register_declare(commands: Subcommands) -> None:
    declare = add_centre_command(
        commands,
        "declare",
        _declare,
        "add the next version of how a partner counts",
        "quetsach center partners declare bkav method.toml",
    )
    declare.add_argument("partner", metavar="PARTNER", help="key of the partner")
    declare.add_argument("file", type=Path, metavar="FILE", help="the declaration, TOML")


def _register_import(commands: Subcommands) -> None:
    take_in = add_centre_command(
        commands,
        "import",
        _import,
        "take in a report: CSV or JSON lines, may be gzip; the same again changes nothing",
        "quetsach center partners import bkav 2020-10.csv.gz",
    )
    take_in.add_argument("partner", metavar="PARTNER", help="key of the partner")
    take_in.add_argument("file", type=Path, metavar="FILE", help="the report")
    add_centre_command(
        commands,
        "work",
        _work,
        "work off what arrived and was not finished",
        "quetsach center partners work",
    )


def _register_reads(commands: Subcommands) -> None:
    add_centre_command(commands, "list", _list, "the partners", "quetsach center partners list --json")
    sums = add_centre_command(
        commands,
        "totals",
        _totals,
        "what partners reported, each apart; over all of them bounds only",
        "quetsach center partners totals --from 2020-09-18 --to 2020-10-18",
    )
    sums.add_argument("--from", dest="first", required=True, metavar="DAY", help="first day")
    sums.add_argument("--to", dest="last", required=True, metavar="DAY", help="last day")


def _partner(key: str) -> "Partner":
    from quetsach.web.office.partners.models import Partner as StoredPartner  # noqa: PLC0415

    found = StoredPartner.objects.filter(key=key).first()
    if found is None:
        known = ", ".join(StoredPartner.objects.order_by("key").values_list("key", flat=True))
        raise InputError(f"there is no partner {key[:40]!r}", hint=f"known: {known or 'none'}")
    return found


def _add(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.partners.services.partner import partner_add  # noqa: PLC0415

        made = partner_add(key=arguments.partner, name=arguments.name, contact=arguments.contact, by=None, now=now)
    if arguments.json:
        print_json({"partner": made.key, "name": made.name})
    else:
        say(words_of(arguments)["added"].format(key=made.key))
    return ExitCode.NOTHING_FOUND


def _token(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.partners.services.partner import token_make, token_revoke  # noqa: PLC0415

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


def _declare(arguments: argparse.Namespace) -> int:
    content = _content(arguments.file)
    with opened_centre(arguments) as now:
        from quetsach.web.office.partners.services.partner import declaration_add  # noqa: PLC0415

        made = declaration_add(partner=_partner(arguments.partner), content=content, by=None, now=now)
    if arguments.json:
        print_json({"partner": arguments.partner, "version": made.version, "first": made.first})
    else:
        told = {"version": made.version, "key": arguments.partner, "first": made.first}
        say(words_of(arguments)["declared"].format(**told))
    return ExitCode.NOTHING_FOUND


def _content(path: Path) -> bytes:
    from quetsach.campaign.section import MAX_BYTES  # noqa: PLC0415

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


def _import(arguments: argparse.Namespace) -> int:
    words = words_of(arguments)
    with opened_centre(arguments) as now:
        from quetsach.web.office.partners.services.intake import delivery_receive, delivery_take_in  # noqa: PLC0415

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


def _work(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.partners.services.intake import deliveries_work  # noqa: PLC0415

        finished = deliveries_work(now=now)
    if arguments.json:
        print_json({"finished": finished})
    else:
        say(words_of(arguments)["worked"].format(number=finished))
    return ExitCode.NOTHING_FOUND


def _list(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments):
        from quetsach.web.office.partners.selectors import partner_states  # noqa: PLC0415

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


def _totals(arguments: argparse.Namespace) -> int:
    period = Period.parse(f"{arguments.first}..{arguments.last}")
    with opened_centre(arguments):
        from quetsach.web.office.partners.selectors import all_totals  # noqa: PLC0415

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
