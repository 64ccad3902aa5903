"""What the commands on feeds, families and taking in take."""

import argparse
from pathlib import Path

from quetsach.cli.center import require_queue
from quetsach.cli.center.acts import Act, act, add_centre_command, in_office
from quetsach.cli.parser import Parser, Subcommands, add_command
from quetsach.feeds.layout import FeedError, check_name
from quetsach.feeds.record import Reason


def register_feeds(parser: Parser) -> None:
    """Add ``feeds``: its layouts, sources, schema, quarantine and health."""
    parser.show_examples(
        "quetsach center feeds list\nquetsach center feeds map today.csv --feed watchpost\n"
        "quetsach center feeds quarantine list --json\nquetsach center feeds health"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "list",
        act("feeds:print_list"),
        "the feeds and reports that can be read, with their columns",
        "quetsach center feeds list --json",
    )
    mapping = add_command(
        commands,
        "map",
        summary="a layout that might read a file, by a look at its beginning; to be mended and checked",
        examples="quetsach center feeds map today.csv --feed watchpost --report bots --out watchpost.toml",
    )
    mapping.add_argument("file", type=Path, metavar="FILE", help="as it was delivered, not packed")
    mapping.add_argument("--feed", type=_name, required=True, metavar="NAME", help="what the feed shall be called")
    mapping.add_argument(
        "--report", type=_name, default="sightings", metavar="NAME", help="what the report shall be called (sightings)"
    )
    mapping.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: to the terminal)")
    mapping.set_defaults(run=act("layouts:propose_one"))
    check = add_centre_command(
        commands,
        "check",
        act("layouts:check"),
        "whether a layout can be used, and what a file would come to by it; nothing is kept",
        "quetsach center feeds check watchpost.toml\nquetsach center feeds check watchpost.toml today.csv --json",
    )
    check.add_argument("layout", type=Path, metavar="LAYOUT", help="the file of the layout, TOML")
    check.add_argument("file", type=Path, nargs="?", metavar="FILE", help="as it was delivered, not packed")
    check.add_argument("--report", metavar="NAME", help="which report (default: by the file's name, else its header)")
    schema = add_centre_command(
        commands,
        "schema",
        act("report_schemas:schema"),
        "Shadowserver's schema of its reports: taken in, or what comes of the one in use",
        "quetsach center feeds schema intelmq.json\nquetsach center feeds schema --json",
    )
    schema.add_argument("file", type=Path, nargs="?", metavar="FILE", help="as Shadowserver publishes it, JSON")
    quarantine = add_command(
        commands,
        "quarantine",
        summary="the records that were set aside: all of them, one with its bytes, or as a file",
        examples="quetsach center feeds quarantine list\nquetsach center feeds quarantine show 906c9e5c 1204",
    )
    _register_quarantine(quarantine.add_subparsers(title="commands", metavar="COMMAND", required=True))
    add_centre_command(
        commands,
        "health",
        act("feeds:health"),
        "for each feed: newest day, days without data, share of records set aside",
        "quetsach center feeds health --json",
    )
    add_centre_command(
        commands,
        "sources",
        act("sources:print_list"),
        "where feeds are fetched from: last success, when it is due, last error",
        "quetsach center feeds sources\nquetsach center feeds sources --json",
    )
    pull = add_centre_command(
        commands,
        "pull",
        act("sources:pull_them"),
        "fetch what the sources have and take it in: those that are due, or those that are named",
        "quetsach center feeds pull\nquetsach center feeds pull sinkholes --dry-run\n"
        "quetsach center feeds pull sinkholes --json",
    )
    pull.add_argument("sources", nargs="*", metavar="SOURCE", help="which (default: those that are due)")
    pull.add_argument("--dry-run", action="store_true", help="say what would be fetched; take nothing")
    _register_queue(commands)


def _register_queue(commands: Subcommands) -> None:
    sending = add_centre_command(
        commands,
        "send",
        Act("queue:send_them", is_in_office=False, check=require_queue),
        "send files to the committers of a centre on several machines; each is taken in once",
        "quetsach center feeds send 2020-06-16-event4_sinkhole-vn.csv --feed shadowserver --data /etc/quetsach\n"
        "quetsach center feeds send /srv/feeds/today --feed plain --report honeypot-hn --json",
    )
    sending.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as it came; a folder or a pattern")
    sending.add_argument("--feed", required=True, metavar="NAME", help="where they came from (see `feeds list`)")
    sending.add_argument("--report", metavar="NAME", help="which report (default: by the file's name, else its header)")
    committing = add_centre_command(
        commands,
        "commit",
        Act("queue:commit", is_in_office=False, check=require_queue),
        "take in what collectors send, until it is stopped; as many of these as there is work for",
        "quetsach center feeds commit --data /srv/quetsach\nquetsach center feeds commit --until-empty --json",
    )
    committing.add_argument("--until-empty", action="store_true", help="end when no delivery waits any more")
    add_centre_command(
        commands,
        "queue",
        Act("queue:print_queue", is_in_office=False, check=require_queue),
        "how many deliveries wait to be taken in, by feed and report",
        "quetsach center feeds queue\nquetsach center feeds queue --json",
    )


def _register_quarantine(commands: Subcommands) -> None:
    listing = add_centre_command(
        commands,
        "list",
        act("set_aside:print_list"),
        "every record that was set aside: file, line, byte offset, reason",
        "quetsach center feeds quarantine list\nquetsach center feeds quarantine list --delivery 906c9e5c --json",
    )
    show = add_centre_command(
        commands,
        "show",
        act("set_aside:show"),
        "one record: its bytes as they were delivered, why it was set aside, what was expected",
        "quetsach center feeds quarantine show 906c9e5c 1204",
    )
    show.add_argument("delivery", metavar="ID", help="at least the first 8 characters of the SHA-256 of the file")
    show.add_argument("offset", type=int, metavar="OFFSET", help="where it begins, see: quarantine list")
    export = add_centre_command(
        commands,
        "export",
        act("set_aside:export"),
        "the records with their bytes as a file, to be sent back to whoever delivered them",
        "quetsach center feeds quarantine export --feed shadowserver --out set-aside.csv\n"
        "quetsach center feeds quarantine export --delivery 906c9e5c --form jsonl",
        has_json=False,
    )
    export.add_argument("--form", choices=("csv", "jsonl"), default="csv", help="CSV (default) or lines of JSON")
    export.add_argument("--feed", metavar="NAME", help="only of this feed")
    export.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: to the terminal)")
    retry = add_centre_command(
        commands,
        "retry",
        act("set_aside:retry"),
        "read the records again by the layouts and tables of today; what is understood now is taken in",
        "quetsach center feeds quarantine retry 906c9e5c --check\nquetsach center feeds quarantine retry --all\n"
        "quetsach center feeds quarantine retry --reason bad_timestamp --json",
    )
    retry.add_argument(
        "deliveries", nargs="*", metavar="ID", help="at least the first 8 characters of the SHA-256 of the file"
    )
    retry.add_argument("--all", action="store_true", help="all deliveries of which something is set aside")
    retry.add_argument(
        "--reason", choices=tuple(Reason), metavar="REASON", help="those of which a record was set aside for it"
    )
    retry.add_argument("--check", action="store_true", help="say what would be taken in; change nothing")
    for command in (listing, export):
        command.add_argument(
            "--delivery", metavar="ID", help="only of this delivery (at least the first 8 characters of its SHA-256)"
        )


def _name(text: str) -> str:
    try:
        return check_name(text)
    except FeedError as error:
        raise argparse.ArgumentTypeError(error.text) from None


def register_families(parser: Parser) -> None:
    """Add ``families`` with ``list``, ``place``, ``undo`` and ``import``."""
    parser.show_examples(
        "quetsach center families list --unplaced\n"
        'quetsach center families place "emotet-new" emotet --reason "same loader, analysis 12"'
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_centre_command(
        commands,
        "list",
        act("feeds:print_families"),
        "the families, or the names that no analyst has placed yet with what was seen of them",
        "quetsach center families list\nquetsach center families list --unplaced --json",
    )
    which = listing.add_mutually_exclusive_group()
    which.add_argument("--placed", action="store_true", help="what analysts decided, with who, when and why")
    which.add_argument("--unplaced", action="store_true", help="the names that wait, from most addresses to fewest")
    place = add_centre_command(
        commands,
        "place",
        in_office("figures:place"),
        "say which family a name is of; what is in the lake counts with it from the next publication on",
        'quetsach center families place "emotet-new" emotet --reason "same loader, analysis 12"\n'
        'quetsach center families place "newbot" newbot --name "NewBot" --platform linux --reason "own family"',
    )
    place.add_argument("spelling", metavar="SPELLING", help="a name as feeds write it")
    place.add_argument("family", metavar="FAMILY", help="identifier of the family")
    place.add_argument("--name", metavar="NAME", help="name of a family that is not in the table yet")
    place.add_argument("--platform", metavar="NAME", help="platform of a family that is not in the table yet")
    place.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the log")
    undo = add_centre_command(
        commands,
        "undo",
        in_office("families:undo"),
        "take back what was said of a name; it counts as the table has it, else it waits again",
        'quetsach center families undo "emotet-new" --reason "another loader after all, analysis 14"',
    )
    undo.add_argument("spelling", metavar="SPELLING", help="a name as feeds write it")
    undo.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the log")
    _register_import(commands)


def _register_import(commands: Subcommands) -> None:
    importing = add_centre_command(
        commands,
        "import",
        in_office("families:import_list"),
        "show which families a list of others proposes for the names that wait; place those that you accept",
        "quetsach center families import mapping.csv --form certtools\n"
        "quetsach center families import botnet.json --form misp-galaxy --accept\n"
        'quetsach center families import mapping.csv --form certtools --accept "worm_dorkbot" "b75-s3"',
    )
    importing.add_argument("file", type=Path, metavar="FILE", help="the list as its makers publish it")
    importing.add_argument(
        "--form",
        required=True,
        choices=("certtools", "misp-galaxy"),
        help="certtools: rows of an expression and a name; misp-galaxy: a cluster in JSON",
    )
    importing.add_argument(
        "--accept", nargs="*", metavar="SPELLING", help="place what is proposed: these names, or all without any"
    )


def register_ingest(parser: Parser) -> None:
    """Add ``ingest``."""
    parser.show_examples(
        "quetsach center ingest 2020-06-16-event4_sinkhole-vn.csv --feed shadowserver\n"
        "quetsach center ingest sightings.csv --feed plain --report honeypot-hn --json\n"
        "quetsach center ingest /srv/feeds/2020 --feed shadowserver\n"
        "zcat sightings.gz | quetsach center ingest - --feed plain --report honeypot-hn\n"
        "quetsach center feeds list"
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="as it came: plain, compressed, .zip or .eml; a folder, a pattern, or - for standard input",
    )
    parser.add_argument("--name", metavar="NAME", help="what that of standard input is called (default: stdin)")
    parser.add_argument("--feed", required=True, metavar="NAME", help="where they came from (see `feeds list`)")
    parser.add_argument("--report", metavar="NAME", help="which report (default: by the file's name, else its header)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=act("ingest:run"))
