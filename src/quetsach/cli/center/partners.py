"""``quetsach center partners``: vendors that report in bulk, how they count, and what they sent."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.campaign.partners.declaration import Figure
from quetsach.campaign.section import MAX_BYTES
from quetsach.cli.output import Progress, print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.core.text import SystemText, Text, all_in_language, number_text
from quetsach.web.office.partners.models import Delivery, Partner
from quetsach.web.office.partners.selectors import all_totals, partner_states
from quetsach.web.office.partners.services.intake import deliveries_work, delivery_receive, delivery_take_in
from quetsach.web.office.partners.services.partner import declaration_add, partner_add, token_make, token_revoke

_CHUNK_BYTES = 1 << 18


def _partner(key: str) -> Partner:
    found: Partner | None = Partner.objects.filter(key=key).first()
    if found is None:
        known = ", ".join(Partner.objects.order_by("key").values_list("key", flat=True))
        raise InputError(
            Text("there is no partner {name}", name=repr(key[:40])), hint=Text("known: {names}", names=known or "none")
        )
    return found


def add(arguments: argparse.Namespace) -> int:
    """Add a partner."""
    now = arguments.now
    made = partner_add(key=arguments.partner, name=arguments.name, contact=arguments.contact, by=None, now=now)
    if arguments.json:
        print_json({"partner": made.key, "name": made.name})
    else:
        tell(Text("Added partner {key}.", key=made.key), chosen_language(arguments))
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
            tell(Text("{number} tokens revoked.", number=len(ended)), chosen_language(arguments))
        return ExitCode.NOTHING_FOUND
    secret = token_make(partner=partner, label=arguments.label, by=None, now=now)
    if arguments.json:
        print_json({"partner": partner.key, "label": arguments.label, "token": secret})
    else:
        tell(Text("Token of {key} (shown this once, keep it now):", key=partner.key), chosen_language(arguments))
        print(secret)
    return ExitCode.NOTHING_FOUND


def declare(arguments: argparse.Namespace) -> int:
    """Add the next version of how a partner counts."""
    content = storage.read_input(arguments.file, most_bytes=MAX_BYTES)
    now = arguments.now
    made = declaration_add(partner=_partner(arguments.partner), content=content, by=None, now=now)
    if arguments.json:
        print_json({"partner": arguments.partner, "version": made.version, "first": made.first})
    else:
        version, key, first = made.version, arguments.partner, str(made.first)
        told = Text("Declaration {version} of {key} holds from {first}.", version=version, key=key, first=first)
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise InputError(
            Text("cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error


def take_in(arguments: argparse.Namespace) -> int:
    """Take in a report."""
    language = chosen_language(arguments)
    now = arguments.now
    delivery, is_new = delivery_receive(
        partner=_partner(arguments.partner),
        name=arguments.file.name,
        chunks=_chunks(arguments.file),
        channel="command",
        by=None,
        now=now,
    )
    with Progress(Text("taking in").in_language(language), delivery.records - delivery.looked_at) as progress:
        delivery = delivery_take_in(delivery=delivery, now=now, progress=progress.advance)
    faults = delivery.faults.order_by("line").values("line", "reason", "column", "excerpt")
    if arguments.json:
        print_json({**receipt(delivery), "is_new": is_new, "faults": list(faults[:MOST_FAULTS])})
    else:
        tell_delivery(delivery, [dict(fault) for fault in faults[:SHOWN_FAULTS]], language, is_new=is_new)
    return ExitCode.NOTHING_FOUND


def work(arguments: argparse.Namespace) -> int:
    """Work off what arrived and was not finished."""
    now = arguments.now
    finished = deliveries_work(now=now)
    if arguments.json:
        print_json({"finished": finished})
    else:
        tell(Text("{number} files finished.", number=finished), chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def print_list(arguments: argparse.Namespace) -> int:
    """List the partners."""
    states = partner_states()
    language = chosen_language(arguments)
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
        print_table(all_in_language(_LIST, language), rows, right=(2, 3))
    else:
        tell(Text("No partners yet."), language)
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
    language = chosen_language(arguments)
    named = [(one.partner.name, figure) for one in each for figure in one.figures]
    if len(each) > 1:
        all_of_them = Text("all partners (overlap not known)").in_language(language)
        named += [(all_of_them, figure) for figure in over_all]
    rows = [figure_row(name, figure, language) for name, figure in named]
    print_table(all_in_language(_TOTALS, language), rows, right=(3, 4))
    return ExitCode.NOTHING_FOUND


_COUNTED_AS = {"turns": Text("turns"), "machines": Text("machines")}
_LIST = (Text("partner"), Text("name"), Text("declarations"), Text("files"), Text("data until"))
_TOTALS = (
    Text("partner"),
    Text("measure", context="partners"),
    Text("counted as"),
    Text("at least"),
    Text("at most", context="partners"),
)
_FAULTS = (Text("line"), Text("reason"), Text("column"), Text("excerpt", context="partners"))
_MEASURES = {
    "turns": Text("scan turns"),
    "machines": Text("scanned"),
    "infected": Text("infected"),
    "cleaned": Text("cleaned"),
    "count": Text("by family"),
}
MOST_FAULTS = 10_000
"""Records that were set aside and are shown with ``--json``; the office and the interface page through all."""
SHOWN_FAULTS = 20
"""Records that were set aside and are shown without ``--json``."""


def receipt(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as JSON: its counts add up to its records."""
    counts = ("records", "accepted", "duplicates", "replaced", "set_aside")
    return {
        "delivery": delivery.pk,
        "file": delivery.name,
        "sha256": delivery.sha256,
        "state": delivery.state,
        **{name: getattr(delivery, name) for name in counts},
    }


def tell_delivery(delivery: Delivery, faults: list[dict[str, Any]], language: str, *, is_new: bool) -> None:
    """Tell what became of a file, and the first records that were set aside."""
    if not is_new:
        tell(Text("This file was taken in before; nothing changes."), language)
    tell(
        Text(
            "File {name}: {records} records = {accepted} accepted + {duplicates} duplicates + "
            "{replaced} replaced + {set_aside} set aside.",
            name=delivery.name,
            records=delivery.records,
            accepted=delivery.accepted,
            duplicates=delivery.duplicates,
            replaced=delivery.replaced,
            set_aside=delivery.set_aside,
        )
        if delivery.is_done
        else Text("File {name} is waiting.", name=delivery.name),
        language,
    )
    if faults:
        print_table(all_in_language(_FAULTS, language), [tuple(fault.values()) for fault in faults], right=(0,))
    if delivery.set_aside > len(faults):
        tell(
            Text("… and {number} more; --json or the office shows them.", number=delivery.set_aside - len(faults)),
            language,
        )


def figure_json(figure: Figure) -> dict[str, Any]:
    """Return a figure as JSON."""
    return {
        "measure": figure.measure,
        "counted_as": figure.counted_as,
        "least": figure.least,
        "most": figure.most,
        "rows": figure.rows,
        "rows_with_value": figure.given,
    }


def figure_row(name: str, figure: Figure, language: str) -> tuple[str, ...]:
    """Return a figure as a row of the table of totals."""
    numbers = [number_text(number, language) for number in (figure.least, figure.most)]
    return (
        name,
        _MEASURES[figure.measure].in_language(language),
        _COUNTED_AS[figure.counted_as].in_language(language),
        *numbers,
    )
