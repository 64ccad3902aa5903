"""What the commands on the lake, address tables, published figures and the centre itself take."""

from pathlib import Path

from quetsach.cli.center.acts import act, add_centre_command, in_office
from quetsach.cli.parser import Parser, Subcommands, add_command

_LIFETIME_DAYS = 90
_EXPORT_FORMS = ("csv", "intelmq", "stix", "xarf", "misp")
_TLP_LEVELS = ("clear", "green", "amber", "amber+strict", "red")
_ADDRESS_FORMS = ("csv", "country-csv", "ip2asn", "pyasn", "delegated", "mmdb", "mmdb-country", "mrt")
_OWN_TABLES = ("holders", "isps", "subscribers")


def register_country(parser: Parser) -> None:
    """Add ``country`` with ``check``."""
    parser.show_examples("quetsach center country check data/country")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = add_command(
        commands,
        "check",
        summary="everything that is wrong with the folder of a country, before a centre is made of it",
        examples="quetsach center country check data/country\nquetsach center country check data/country --json",
    )
    check.add_argument("folder", type=Path, metavar="DIR", help="the folder with country.toml")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(run=act("country:check"))


def register_tools(parser: Parser) -> None:
    """Add ``tools`` with ``check``."""
    parser.show_examples("quetsach center tools check --data /srv/quetsach")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = add_centre_command(
        commands,
        "check",
        act("tools:check"),
        "ask every link of the catalogue whether it still leads where it should; changes nothing",
        "quetsach center tools check\nquetsach center tools check --data /srv/quetsach --json",
    )
    check.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        help="authorities to trust in the place of this machine's, where a proxy looks into what passes",
    )


def register_plan(parser: Parser) -> None:
    """Add ``plan``."""
    parser.show_examples(
        "quetsach center plan --sightings 1000000000 --days 28\n"
        "quetsach center plan --sightings 10000000000 --days 90 --reports 4 --cores 32 --json"
    )
    parser.add_argument("--sightings", type=int, required=True, metavar="N", help="of all days together")
    parser.add_argument("--days", type=int, required=True, metavar="D", help="how many days they are of")
    parser.add_argument(
        "--reports", type=int, default=1, metavar="N", help="as how many reports they come, of equal size (default: 1)"
    )
    parser.add_argument("--cores", type=int, default=16, metavar="N", help="cores of a machine (default: 16)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=act("plan:run"))


def register_figures(parser: Parser) -> None:
    """Add ``figures`` with its commands."""
    parser.show_examples("quetsach center figures show\nquetsach center figures publish")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "show",
        in_office("figures:print_one"),
        "what is published and what waits",
        "quetsach center figures show --json",
    )
    add_centre_command(
        commands,
        "publish",
        in_office("figures:publish"),
        "publish what two people agreed to and did not get out; count anew if data, tables, plans or baselines changed",
        "quetsach center figures publish",
    )


def register_lake(parser: Parser) -> None:
    """Add ``lake``: what keeps it, copies it, hands sightings on, and says who read."""
    parser.show_examples("quetsach center lake expire --days 90 --dry-run\nquetsach center lake rebuild")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    expire = add_centre_command(
        commands,
        "expire",
        act("lake:expire"),
        "delete sightings and delivered files that are older than their lifetime; roll-ups and counts stay",
        "quetsach center lake expire\nquetsach center lake expire --days 30 --dry-run --json",
    )
    expire.add_argument(
        "--days",
        type=int,
        default=_LIFETIME_DAYS,
        metavar="N",
        help=f"how many days to keep (default: {_LIFETIME_DAYS})",
    )
    expire.add_argument("--dry-run", action="store_true", help="say what would be deleted")
    add_centre_command(
        commands,
        "rebuild",
        act("lake:rebuild"),
        "make every roll-up again from its sightings; exit code 1 if one had to be mended",
        "quetsach center lake rebuild --json",
    )
    compact = add_centre_command(
        commands,
        "compact",
        act("lake:compact"),
        "put together a day's sightings that came in many files, divide large days; nothing that is counted changes",
        "quetsach center lake compact\nquetsach center lake compact --files 2 --json",
    )
    compact.add_argument("--files", type=int, default=4, metavar="N", help="from how many files on (default: 4)")
    verify = add_centre_command(
        commands,
        "verify",
        act("lake:verify"),
        "whether every file that the records list is there and says what they say; exit code 1 if not",
        "quetsach center lake verify\nquetsach center lake verify --deep --json",
    )
    verify.add_argument(
        "--deep", action="store_true", help="read all delivered bytes and sightings instead of a sample of each"
    )
    backup = add_centre_command(
        commands,
        "backup",
        act("lake:back_up"),
        "a copy of the lake as of one moment, without stopping it; later only what is new is copied",
        "quetsach center lake backup /backup/lake\nquetsach center lake backup /backup/lake --verify --json",
    )
    ways = backup.add_mutually_exclusive_group()
    ways.add_argument("--verify", action="store_true", help="copy nothing: read the copy whole, without the lake")
    ways.add_argument("--deep", action="store_true", help="read again what is there; without it, sizes are trusted")
    backup.add_argument("folder", type=Path, metavar="FOLDER", help="the backup, outside of the lake; made if missing")
    restore = add_centre_command(
        commands,
        "restore",
        act("lake:restore"),
        "make the lake of a backup; every file is held against its digest, and nothing is overwritten",
        "quetsach center lake restore /backup/lake --data /srv/quetsach",
    )
    restore.add_argument("folder", type=Path, metavar="FOLDER", help="what `center lake backup` made")
    share = add_centre_command(
        commands,
        "share",
        act("lake:take_over"),
        "put a lake that lies in a folder into the object store that store.toml names",
        "mv /srv/quetsach/lake /srv/quetsach/lake.before\nquetsach center lake share /srv/quetsach/lake.before",
    )
    share.add_argument("folder", type=Path, metavar="FOLDER", help="the lake; it stays as it is")
    _add_lake_export(commands)
    add_centre_command(
        commands,
        "access",
        act("lake:print_access"),
        "who read raw sightings, when and with which command; exit code 1 if the log was changed",
        "quetsach center lake access\nquetsach center lake access --json",
    )


def _add_lake_export(commands: Subcommands) -> None:
    export = add_centre_command(
        commands,
        "export",
        act("export:run"),
        "sightings of a period as a file for others, whole or not at all; logged with the reason before it is read",
        "quetsach center lake export --form csv --from 2026-11-01 --to 2026-11-07 --isp vnpt "
        '--reason "weekly notice to the provider" --out vnpt.csv\n'
        "quetsach center lake export --form stix --from 2026-11-01 --to 2026-11-01 --tlp green "
        '--sender "National centre <reports@centre.example>" --reason "exchange of data" --out day.zip\n'
        "quetsach center lake export --form intelmq --from 2026-11-01 --to 2026-11-01 "
        '--reason "own analysis" --out - | zstd > day.jsonl.zst',
    )
    export.add_argument(
        "--form", required=True, choices=_EXPORT_FORMS, help="in which form; which field each carries is in the manual"
    )
    export.add_argument("--from", dest="first", required=True, metavar="DATE", help="first day (UTC)")
    export.add_argument("--to", dest="last", required=True, metavar="DATE", help="last day (UTC)")
    export.add_argument("--feed", metavar="NAME", help="of this feed alone")
    export.add_argument("--report", metavar="NAME", help="of this report alone")
    export.add_argument("--family", metavar="ID", help="of this family alone")
    export.add_argument("--isp", metavar="ID", help="at this provider alone")
    export.add_argument("--place", metavar="CODE", help="in this province or city alone")
    export.add_argument(
        "--tlp",
        choices=_TLP_LEVELS,
        default="amber",
        help="how widely it may be shared at most; a sighting marked narrower stays so, and one marked red is left out "
        "unless this is red (default: amber)",
    )
    export.add_argument("--sender", metavar='"NAME <MAIL>"', help="who hands on; needed for stix, misp and xarf")
    export.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the access log")
    export.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="a new file, packed by its ending (.gz, .bz2, .xz, .zst, .zip); - for standard output",
    )


def register_network(parser: Parser) -> None:
    """Add ``network`` with ``import``, ``list``, ``compare``, ``lookup`` and ``reannotate``."""
    parser.show_examples(
        "quetsach center network lookup 14.160.0.1\nquetsach center network import asn-2026-11-01.csv.gz --data D"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_network_import(commands)
    add_centre_command(
        commands,
        "list",
        act("network:print_tables"),
        "list the address tables and from which day on each is valid",
        "quetsach center network list --json",
    )
    compare = add_centre_command(
        commands,
        "compare",
        act("network:compare"),
        "say which IPv4 addresses another AS announces in a second table",
        "quetsach center network compare 2026-06-17 2026-11-01",
    )
    compare.add_argument("before", metavar="DATE", help="day of a table, as in `network list`")
    compare.add_argument("after", metavar="DATE", help="day of another")
    look = add_centre_command(
        commands,
        "lookup",
        act("network:look_up"),
        "say which range, AS and provider an address belongs to",
        "quetsach center network lookup 14.160.0.1 --day 2020-06-16 --json",
    )
    look.add_argument("address", metavar="ADDRESS", help="IPv4 or IPv6")
    look.add_argument("--day", metavar="DATE", help="day of the address and provider tables (default: today)")
    again = add_centre_command(
        commands,
        "reannotate",
        act("network:reannotate"),
        "annotate sightings again by the tables valid on their days; what was counted of sightings stays",
        "quetsach center network reannotate --dry-run\n"
        "quetsach center network reannotate --from 2026-10-01 --to 2026-10-31",
    )
    again.add_argument("--from", dest="first", metavar="DATE", help="first day (UTC; default: the first of all)")
    again.add_argument("--to", dest="last", metavar="DATE", help="last day (UTC; default: the last of all)")
    again.add_argument("--dry-run", action="store_true", help="say what would change")


def _add_network_import(commands: Subcommands) -> None:
    bring = add_centre_command(
        commands,
        "import",
        act("network:take_in"),
        "take a published table of addresses; used for sightings from its day on",
        "quetsach center network import asn-ipv4.csv asn-ipv6.csv --valid-from 2026-11-01\n"
        "quetsach center network import GeoLite2-ASN.mmdb --form mmdb\n"
        "quetsach center network import rib.20261101.0000.bz2 --form mrt\n"
        "quetsach center network import delegated-apnic-extended-20261101 --form delegated\n"
        "quetsach center network import holders.csv --form holders",
    )
    bring.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="plain or packed by gzip or bzip2; together one table"
    )
    bring.add_argument(
        "--form",
        choices=(*_ADDRESS_FORMS, *_OWN_TABLES),
        default="csv",
        metavar="FORM",
        help="csv: first,last,asn,name; country-csv: first,last,country; ip2asn: iptoasn.com; pyasn: .dat; delegated: "
        "statistics of a registry; mmdb, mmdb-country: MaxMind DB; mrt: dump of routes; holders: ranges of agencies "
        "and enterprises; isps: providers; subscribers: of providers by quarter (default: csv)",
    )
    bring.add_argument(
        "--valid-from",
        metavar="DATE",
        help="day from which the table is valid (default: what the file says of itself, else the day in its name)",
    )


def register_simulate(parser: Parser) -> None:
    """Add ``simulate``."""
    parser.show_examples(
        "quetsach center simulate viet-nam-2020 --out feeds\n"
        "quetsach center simulate viet-nam-2020 --out feeds --scale 1\n"
        "quetsach center ingest feeds/*.csv --feed shadowserver\n"
        "quetsach center assess targets --campaign viet-nam-2020\n"
        "quetsach center simulate national --out country --scale 10\n"
        "quetsach center ingest country/feeds/sinkhole/*.csv --feed shadowserver"
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario of this build, or the path of a TOML file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.add_argument(
        "--scale", type=int, metavar="N", help="one address or machine stands for N (default: the scenario's)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the random draws (default: the scenario's)")
    parser.add_argument(
        "--leases", action="store_true", help="of a country of machines: also write who had which address"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=act("simulate:run"))


def register_up(parser: Parser) -> None:
    """Add ``up``."""
    parser.show_examples(
        "quetsach center up\n"
        "quetsach center up --data /srv/quetsach --port 8080 --tool build/tool --tool build/release\n"
        "quetsach center up --data /srv/quetsach --prepare-only"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data; made if it does not exist")
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="port to serve on (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to serve on (127.0.0.1)")
    parser.add_argument(
        "--tool",
        type=Path,
        action="append",
        metavar="PATH",
        help="offer a wheel, or a folder with a wheel or a release; may be repeated",
    )
    parser.add_argument("--prepare-only", action="store_true", help="prepare everything and stop")
    parser.add_argument("--no-demonstration", action="store_true", help="begin a real centre in an empty folder")
    parser.add_argument("--json", action="store_true", help="log one JSON object a line")
    parser.set_defaults(run=act("up:run"))


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number
