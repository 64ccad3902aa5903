"""What the commands on campaigns, letters, returns and units take."""

import argparse
from pathlib import Path

from quetsach.cli.center.acts import Act, act, add_centre_command, in_office
from quetsach.cli.parser import Parser, Subcommands, add_command
from quetsach.core.errors import InputError
from quetsach.core.text import Text


def register_campaigns(parser: Parser) -> None:
    """Add ``campaigns`` with its commands."""
    parser.show_examples(
        "quetsach center campaigns import viet-nam-2020\n"
        "quetsach center campaigns show viet-nam-2020\n"
        "quetsach center campaigns archive viet-nam-2020 --out archive"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "list",
        in_office("campaigns:print_list"),
        "all campaigns, the newest first",
        "quetsach center campaigns list --json",
    )
    _one(
        commands,
        "show",
        in_office("campaigns:print_one"),
        "how a campaign stands today",
        "quetsach center campaigns show viet-nam-2020",
    )
    _campaigns_import(commands)
    register_freeze(commands)
    _campaigns_close(commands)
    archive = _one(
        commands,
        "archive",
        in_office("campaigns:archive"),
        "write a campaign as a folder of pages that opens from a disk",
        "quetsach center campaigns archive viet-nam-2020 --out archive",
    )
    archive.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder for the pages")
    _campaigns_clone(commands)
    compare = add_centre_command(
        commands,
        "compare",
        in_office("campaigns:side_by_side"),
        "two campaigns side by side, and what of them does not compare",
        "quetsach center campaigns compare viet-nam-2020 viet-nam-2027",
    )
    compare.add_argument("left", metavar="ID", help="one campaign")
    compare.add_argument("right", metavar="ID", help="the other")


def _campaigns_import(commands: Subcommands) -> None:
    command = add_centre_command(
        commands,
        "import",
        in_office("campaigns:take_in"),
        "begin a campaign from its campaign.toml, or change the plan of one that is there",
        "quetsach center campaigns import viet-nam-2020\n"
        'quetsach center campaigns import campaign.toml --reason "launch moved by a storm"',
    )
    command.add_argument("file", metavar="FILE", help="the file, or the name of a campaign of this build")
    command.add_argument("--reason", default="", metavar="TEXT", help="why a plan that is there changes")


def _campaigns_close(commands: Subcommands) -> None:
    command = _one(
        commands,
        "close",
        in_office("campaigns:close"),
        "say what is still open; with --by, ask that the campaign be closed",
        "quetsach center campaigns close viet-nam-2020\n"
        'quetsach center campaigns close viet-nam-2020 --by an@example.vn --reason "ended by order"',
    )
    command.add_argument("--by", metavar="EMAIL", help="who asks; another person agrees in the office")
    command.add_argument("--reason", default="", metavar="TEXT", help="why it is closed although points are open")


def _campaigns_clone(commands: Subcommands) -> None:
    command = _one(
        commands,
        "clone",
        in_office("campaigns:clone"),
        "begin the next campaign on the plan of another",
        "quetsach center campaigns clone viet-nam-2020 viet-nam-2027 --from 2027-03-01 "
        '--name-vi "Chiến dịch năm 2027" --name-en "Campaign 2027"',
    )
    command.add_argument("next", metavar="NEW-ID", help="identifier of the next campaign")
    command.add_argument("--from", dest="first", required=True, metavar="DATE", help="first day of the next campaign")
    command.add_argument("--name-vi", required=True, metavar="TEXT", help="its name in Vietnamese")
    command.add_argument("--name-en", required=True, metavar="TEXT", help="its name in English")


def _one(commands: Subcommands, name: str, run: Act, summary: str, examples: str) -> argparse.ArgumentParser:
    command = add_centre_command(commands, name, run, summary, examples)
    command.add_argument("campaign", metavar="ID", help="identifier of the campaign")
    return command


def register_freeze(commands: Subcommands) -> None:
    """Add ``freeze-baseline``."""
    command = add_centre_command(
        commands,
        "freeze-baseline",
        in_office("campaigns_baseline:freeze", _asked_with_reason),
        "show which feed has which days of the baseline's window; with --reason, freeze it or ask for that",
        "quetsach center campaigns freeze-baseline viet-nam-2027\n"
        "quetsach center campaigns freeze-baseline viet-nam-2027 --feed shadowserver/event4_sinkhole "
        '--reason "all days are in" --by an@example.vn',
    )
    command.add_argument("campaign", metavar="ID", help="identifier of the campaign")
    command.add_argument(
        "--feed",
        dest="feeds",
        action="append",
        default=[],
        metavar="FEED/REPORT",
        help="a feed that the baseline must stand on; each by its own option (default: those that the plan names)",
    )
    command.add_argument(
        "--accept-missing-days",
        action="store_true",
        help="freeze although a feed lacks days; they are kept with the baseline",
    )
    command.add_argument("--reason", default="", metavar="TEXT", help="why it is frozen, or frozen again")
    command.add_argument("--by", metavar="EMAIL", help="who asks; another person agrees in the office")
    command.add_argument(
        "--carry-out", action="store_true", help="freeze what was agreed to and could not be written or recorded then"
    )


def _asked_with_reason(arguments: argparse.Namespace) -> None:
    if arguments.by and not arguments.reason.strip():
        raise InputError(Text("asking to freeze a baseline needs a reason"), hint=Text('add --reason "…"'))


def register_letters(parser: Parser) -> None:
    """Add ``letters`` with its commands."""
    parser.show_examples(
        "quetsach center letters list\nquetsach center letters show 12\nquetsach center letters work --once"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "list",
        in_office("letters:print_list"),
        "all letters, the newest first",
        "quetsach center letters list --json",
    )
    show = add_centre_command(
        commands,
        "show",
        in_office("letters:print_one"),
        "one letter: its funnel and the times of each level",
        "quetsach center letters show 12",
    )
    show.add_argument("letter", type=int, metavar="ID", help="number in the list")
    register_send(commands)
    register_verify(commands)
    register_chain(commands)
    work = add_centre_command(
        commands,
        "work",
        in_office("letters:work_queue"),
        "print copies, hand mail over, remind, read bounces, until stopped; center up does this too",
        "quetsach center letters work\nquetsach center letters work --once",
    )
    work.add_argument("--once", action="store_true", help="stop when nothing is left to do now")
    reminders = add_centre_command(
        commands,
        "reminders",
        in_office("letters:reminders"),
        "what is to go out today",
        "quetsach center letters reminders --queue",
    )
    reminders.add_argument("--queue", action="store_true", help="put it into the queue")
    add_centre_command(
        commands,
        "bounces",
        in_office("letters:bounces"),
        "read what came back by mail",
        "quetsach center letters bounces",
    )
    keys = add_centre_command(
        commands,
        "keys",
        in_office("letters:keys"),
        "make signing keys for show; real ones are put in their place by hand",
        'quetsach center letters keys tw --person "Nguyễn Văn A" --agency "Cục An toàn thông tin"',
    )
    keys.add_argument("unit", metavar="KEY", help="key of the unit")
    keys.add_argument("--person", required=True, metavar="NAME", help="name of the signer")
    keys.add_argument("--agency", required=True, metavar="NAME", help="name of the agency")


def register_send(commands: Subcommands) -> None:
    """Add ``send`` to the commands about letters."""
    send = add_centre_command(
        commands,
        "send",
        in_office("letters:send"),
        "send an issued letter to units below its own",
        "quetsach center letters send 12 --to children --by an@example.vn\n"
        "quetsach center letters send 12 --to level-1 --to level-2 --by an@example.vn --yes",
    )
    send.add_argument("letter", type=int, metavar="ID", help="number in the list")
    send.add_argument(
        "--to", action="append", required=True, metavar="WHOM", help="children, level-N or group-N; may be repeated"
    )
    send.add_argument("--by", required=True, metavar="EMAIL", help="who sends it")
    send.add_argument("--yes", action="store_true", help="agree beforehand; needed where nobody is at the terminal")


def register_verify(commands: Subcommands) -> None:
    """Add ``verify`` to the commands about letters."""
    command = add_command(
        commands,
        "verify",
        summary="whether a file is a letter with both its signatures, unchanged",
        examples="quetsach center letters verify 2049-STTTT-CNTT.pdf --root letters/keys/31-2020/root.pem",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the PDF")
    command.add_argument(
        "--root",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="certificate of the authority to trust (PEM or DER); may be repeated",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=act("letter_files:check_letter"))


def register_chain(commands: Subcommands) -> None:
    """Add ``chain`` to the commands about letters."""
    command = add_command(
        commands,
        "chain",
        summary="published letters replayed: who passed one on, after how many days, on each level",
        examples="quetsach center letters chain\nquetsach center letters chain letters.toml --json",
    )
    command.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="letters as TOML (default: those of the campaign that the country's demonstration plays)",
    )
    command.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=act("letter_files:chain"))


_LEVELS = ("country", "province", "district", "commune")


def register_returns(parser: Parser) -> None:
    """Add ``returns`` with its commands."""
    parser.show_examples(
        "quetsach center returns totals --campaign viet-nam-2020 --by province\n"
        "quetsach center returns overdue --campaign viet-nam-2020\n"
        "quetsach center returns export --campaign viet-nam-2020 --csv"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    load = add_centre_command(
        commands,
        "load",
        in_office("returns:load"),
        "take in the forms of this build, or one of yours",
        "quetsach center returns load",
    )
    load.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="forms as TOML (default: those of this build)"
    )
    totals = _of_campaign(commands, "totals", in_office("returns:totals"), "what the returns of a period add up to")
    totals.add_argument("--by", choices=_LEVELS, default="province", help="rows of the table (default: province)")
    totals.add_argument("--provisional", action="store_true", help="count returns that are not approved, too")
    totals.add_argument("--csv", action="store_true", help="print CSV, one line a unit")
    overdue = _of_campaign(
        commands, "overdue", in_office("returns:overdue"), "returns that should be there and are not"
    )
    overdue.add_argument("--csv", action="store_true", help="print CSV, one line a return")
    export = _of_campaign(
        commands,
        "export",
        in_office("returns:export"),
        "every return that was expected, as data without texts or contacts",
    )
    export.add_argument("--csv", action="store_true", help="print CSV instead of JSON; figures are one cell of JSON")


def _of_campaign(commands: Subcommands, name: str, run: Act, summary: str) -> argparse.ArgumentParser:
    command = add_centre_command(
        commands, name, run, summary, f"quetsach center returns {name} --campaign viet-nam-2020"
    )
    command.add_argument("--campaign", required=True, metavar="ID", help="identifier of the campaign")
    if name != "export":
        command.add_argument("--period", metavar="KEY", help="such as 2020-W41 (default: the last one that is over)")
    return command


def _files_or_bundled(arguments: argparse.Namespace) -> None:
    if bool(arguments.files) == arguments.bundled:
        raise InputError(Text("give files, or --bundled for the tables of this build"))


def register_units(parser: Parser) -> None:
    """Add ``units`` with ``import``, ``export``, ``show``, ``recast`` and ``load``."""
    parser.show_examples(
        "quetsach center units show 31 --on 2020-10-06\nquetsach center units export units.xlsx\n"
        "quetsach center units import units.xlsx --dry-run"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    bring = add_centre_command(
        commands,
        "import",
        in_office("units:take_in", _files_or_bundled),
        "take tables of units (CSV or XLSX); all of them, or nothing where one cell is wrong",
        "quetsach center units import units.csv successions.csv\nquetsach center units import units.xlsx --dry-run",
    )
    bring.add_argument("files", nargs="*", type=Path, metavar="FILE", help="CSV or XLSX, together one import")
    bring.add_argument(
        "--bundled", action="store_true", help="the tables of this build, over what is there: corrections of yours too"
    )
    bring.add_argument("--dry-run", action="store_true", help="only say what would change")
    export = add_centre_command(
        commands,
        "export",
        in_office("units:export"),
        "write all units, successions, contacts and groups: a workbook, or a folder of CSV files",
        "quetsach center units export units.xlsx\nquetsach center units export tables/",
        has_json=False,
    )
    export.add_argument("path", type=Path, metavar="PATH", help="a file ending in .xlsx, else a folder")
    show = add_centre_command(
        commands,
        "show",
        in_office("units:print_one"),
        "show a unit on a day: what is above and below it, what it came from",
        "quetsach center units show 31-2025\nquetsach center units show 303 --on 2020-10-06 --json",
    )
    show.add_argument("unit", metavar="KEY", help="key, or official code on that day")
    show.add_argument("--on", metavar="DAY", help="day of the tree (default: today)")
    carry = add_centre_command(
        commands,
        "recast",
        in_office("units:recast"),
        "carry figures of former units over to the units of a day: whole numbers, the same sum",
        "quetsach center units recast infected-2020.csv --on 2025-07-01\n"
        "quetsach center units recast infected-2020.csv --level 1 --json",
    )
    carry.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX with the columns unit (key) and figure")
    carry.add_argument("--on", metavar="DAY", help="day of the tree (default: today)")
    carry.add_argument("--level", type=int, choices=(0, 1, 2, 3), help="add up to this level: 1 is provinces")
    add_centre_command(
        commands,
        "load",
        in_office("units:load"),
        "add the units of this build that are missing; what is there stays as it is",
        "quetsach center units load",
    )
