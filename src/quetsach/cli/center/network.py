"""``quetsach center network``: which tables say where an address is, and from which day on."""

import argparse
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from quetsach.centre.address_tables import (
    COUNTRY_FORMS,
    OWN_TABLES,
    Imported,
    compare_tables,
    import_table,
    keep_table,
    stored_tables,
)
from quetsach.centre.ingest import reannotate_sightings
from quetsach.centre.tables import load_network_history
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.core.period import Period, parse_day
from quetsach.core.text import Number, Text, all_in_language, number_text
from quetsach.network.ranges import NO_AS

_FOUND = {
    "address": Text("IP address"),
    "first": Text("first of its range"),
    "last": Text("last of its range"),
    "asn": Text("AS number"),
    "as_name": Text("name of the AS"),
    "isp": Text("provider"),
    "isp_name": Text("name of the provider"),
    "day": Text("provider table of"),
    "network_version": Text("address table of"),
}
_LEFT_OUT = {
    "not announced": Text("ranges that nobody announces"),
    "AS numbers": Text("delegated AS numbers"),
    "not delegated": Text("ranges that are not delegated"),
    "without an AS": Text("networks without an AS"),
    "without a country": Text("networks without a country"),
    "other records": Text("records of other kinds"),
    "default routes": Text("default routes"),
    "IPv6 over IPv4": Text("prefixes of IPv6 that IPv4 would lie in"),
    "paths without an origin": Text("paths that name no origin"),
    "prefixes with several origins": Text("prefixes with several origins"),
    "prefixes whose origin is not decided": Text("prefixes whose origin is not decided"),
}
_TABLES = (Text("valid from"), Text("says"), Text("from where"), Text("stretches"), Text("IPv4 addresses"))
_MOVES = (Text("before"), Text("after"), Text("IPv4 addresses"))
_STAYS = Text("What is in the lake already stays as it is until: quetsach center network reannotate")
_NOBODY = Text("nobody")
_MOST_MOVES = 20


def take_in(arguments: argparse.Namespace) -> int:
    """Take in a table that says which AS announces an address, or of which country it is."""
    language = chosen_language(arguments)
    data: Path = arguments.data or default_data()
    if arguments.form in OWN_TABLES:
        return _keep(arguments, data, language)
    valid_from = parse_day(arguments.valid_from) if arguments.valid_from else None
    with Progress(Text("rows read", context="progress").in_language(language)) as progress:
        imported = import_table(
            data, arguments.files, form=arguments.form, valid_from=valid_from, progress=progress.advance
        )
    if arguments.json:
        print_json(_imported(imported))
    else:
        _tell_imported(imported, language)
    publish_and_tell(data, language, now=datetime.now(UTC))
    return ExitCode.NOTHING_FOUND


def _keep(arguments: argparse.Namespace, data: Path, language: str) -> int:
    """Take in a table that an operator keeps by hand; its lines have their own days."""
    if arguments.valid_from or len(arguments.files) > 1:
        raise InputError(
            Text("a table that is kept by hand is one file, and its lines have their own days"),
            where=", ".join(path.name for path in arguments.files),
            hint=Text("leave --valid-from out and give one file"),
        )
    path, lines = keep_table(data, arguments.files[0], arguments.form)
    if arguments.json:
        print_json({"form": arguments.form, "path": str(path), "lines": lines})
    else:
        tell(Text("{lines} lines are kept in {path}.", lines=Number(lines), path=str(path)), language)
        if arguments.form != "subscribers":
            tell(_STAYS, language)
    publish_and_tell(data, language, now=datetime.now(UTC))
    return ExitCode.NOTHING_FOUND


def _imported(imported: Imported) -> dict[str, object]:
    ranges = imported.published.ranges
    return {
        "form": imported.form,
        "valid_from": str(imported.valid_from),
        "valid_before": str(imported.valid_before) if imported.valid_before else None,
        "stretches": len(ranges.starts),
        "names": len(ranges.names),
        "ipv4_addresses": sum(ranges.announced_ipv4().values()),
        "left_out": {what: count for what, count in imported.published.left_out.items() if count},
    }


def _tell_imported(imported: Imported, language: str) -> None:
    ranges = imported.published.ranges
    what = (
        Text("table of countries of {dated}: {addresses} IPv4 addresses.")
        if imported.form in COUNTRY_FORMS
        else Text("address table of {dated}: {asns} AS numbers, {addresses} announced IPv4 addresses.")
    )
    addresses = Number(sum(ranges.announced_ipv4().values()))
    values = {"dated": str(imported.valid_from), "asns": Number(len(ranges.names)), "addresses": addresses}
    tell(what.with_values(**values), language)
    until = (
        Text("It is used for sightings from that day on, before {day}.", day=str(imported.valid_before))
        if imported.valid_before
        else Text("It is used for sightings from that day on.")
    )
    tell(until, language)
    for name, count in imported.published.left_out.items():
        if count:
            told = _LEFT_OUT[name].in_language(language)
            tell(Text("In the file: {count} {what}.", count=Number(count), what=told), language)
    tell(_STAYS, language)


def print_tables(arguments: argparse.Namespace) -> int:
    """List the address tables and from which day on each is valid."""
    tables = list(stored_tables(arguments.data or default_data()))
    if arguments.json:
        print_json({"tables": [asdict(table) | {"valid_from": str(table.valid_from)} for table in tables]})
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    country, announced = Text("country").in_language(language), Text("AS").in_language(language)
    own, bundled = Text("imported").in_language(language), Text("came with the country").in_language(language)
    print_table(
        all_in_language(_TABLES, language),
        [
            (
                str(table.valid_from),
                country if table.is_of_countries else announced,
                own if table.is_own else bundled,
                number_text(table.stretches, language),
                number_text(table.ipv4_addresses, language),
            )
            for table in tables
        ],
    )
    return ExitCode.NOTHING_FOUND


def compare(arguments: argparse.Namespace) -> int:
    """Say which IPv4 addresses another AS announces in a second table."""
    before, after = parse_day(arguments.before), parse_day(arguments.after)
    found, names = compare_tables(arguments.data or default_data(), before, after)
    if arguments.json:
        moves = [asdict(move) for move in found.moves]
        counts = {"same": found.same, "announced": found.announced, "withdrawn": found.withdrawn, "moved": found.moved}
        print_json({"before": str(before), "after": str(after), **counts, "moves": moves})
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    told = Text(
        "Of {before} to {after}: {same} IPv4 addresses are of the same AS, {moved} of another, {announced} are newly "
        "announced, {withdrawn} not any more.",
        before=str(before),
        after=str(after),
        same=Number(found.same),
        moved=Number(found.moved),
        announced=Number(found.announced),
        withdrawn=Number(found.withdrawn),
    )
    tell(told, language)
    nobody = _NOBODY.in_language(language)

    def named(asn: int) -> str:
        return nobody if asn == NO_AS else f"AS{asn} {names.get(asn, '')}".strip()

    rows = [(named(m.before), named(m.after), number_text(m.addresses, language)) for m in found.moves[:_MOST_MOVES]]
    if rows:
        print_table(all_in_language(_MOVES, language), rows)
    return ExitCode.NOTHING_FOUND


def reannotate(arguments: argparse.Namespace) -> int:
    """Annotate committed sightings again by the tables that are valid on their days."""
    centre, language = centre_with_lake(arguments), chosen_language(arguments)
    period = _period(arguments)
    label = Text("days of reports", context="progress").in_language(language)
    with Progress(label, len(centre.lake.view().catalog.sets())) as progress:
        done = reannotate_sightings(centre, period=period, is_dry_run=arguments.dry_run, progress=progress.advance)
    if arguments.json:
        print_json(asdict(done))
    else:
        what = (
            Text(
                "{sightings} sightings of {sets} days of reports were annotated again: {moved} have another AS, "
                "provider or province now, {renamed} only the name of another table."
            )
            if done.is_written
            else Text(
                "Of {sightings} sightings of {sets} days of reports, {moved} would have another AS, provider or "
                "province, {renamed} only the name of another table."
            )
        )
        counts = {"sightings": done.sightings, "sets": done.sets, "moved": done.moved, "renamed": done.renamed}
        tell(what.with_values(**{name: Number(count) for name, count in counts.items()}), language)
        if done.expired_sets:
            expired = Number(done.expired_sets)
            tell(
                Text("The sightings of {expired} of them have expired: their figures stay.", expired=expired), language
            )
    if done.is_written and done.revised_sets:
        publish_and_tell(centre.data, language, now=datetime.now(UTC))
    return ExitCode.NOTHING_FOUND


def _period(arguments: argparse.Namespace) -> Period | None:
    if not arguments.first and not arguments.last:
        return None
    first = parse_day(arguments.first) if arguments.first else date.min
    last = parse_day(arguments.last) if arguments.last else date.max
    if last < first:
        raise InputError(Text("a period ends before it begins"), where=f"{first} … {last}")
    return Period(first, last)


def look_up(arguments: argparse.Namespace) -> int:
    """Tell which AS and provider an address belongs to."""
    language = chosen_language(arguments)
    address = Address.parse(arguments.address)
    day = parse_day(arguments.day) if arguments.day else datetime.now(UTC).date()
    tables = load_network_history(arguments.data or default_data()).on(day)
    found = tables.look_up(address, day)
    result = {
        "address": str(found.address),
        "first": str(found.first),
        "last": str(found.last),
        "asn": found.asn,
        "as_name": found.as_name,
        "isp": found.isp,
        "isp_name": tables.isp_name(found.isp, "en"),
        "day": str(day),
        "network_version": tables.version,
    }
    if arguments.json:
        print_json(result)
    else:
        shown = result | {"isp_name": tables.isp_name(found.isp, language)}
        print_table(("", ""), [(_FOUND[name].in_language(language), value) for name, value in shown.items()])
    return ExitCode.NOTHING_FOUND
