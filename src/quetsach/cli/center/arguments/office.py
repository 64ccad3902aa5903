"""What the commands on people, reports, partners and settings of an office take."""

import argparse
import re
from pathlib import Path
from uuid import UUID

from quetsach.campaign.authority import Role
from quetsach.cli.center.acts import act, add_centre_command, in_office
from quetsach.cli.parser import Parser, Subcommands
from quetsach.core.period import parse_day
from quetsach.core.text import Text

_DIGEST_LENGTH = 64
_SOURCE = re.compile(r"[0-9a-f]{16}")
_LONGEST_PATTERN = 100
_MOST_STARS = 3


def register_people(parser: Parser) -> None:
    """Add ``people`` with ``invite``, ``renew``, ``list``, ``remove`` and ``vouch``."""
    parser.show_examples(
        "quetsach center people invite van.hanh@centre.example --role operator\nquetsach center people list"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    invite = add_centre_command(
        commands,
        "invite",
        in_office("people:invite"),
        "print a link with which somebody joins; the first operator comes in this way",
        "quetsach center people invite van.hanh@centre.example --role operator\n"
        "quetsach center people invite lan@haiphong.example --role approver --unit 31-2025",
        has_json=False,
    )
    invite.add_argument("email", metavar="ADDRESS", help="e-mail address, which becomes the login")
    roles = [role.value for role in Role]
    invite.add_argument("--role", choices=roles, required=True, metavar="ROLE", help=f"what for: {', '.join(roles)}")
    invite.add_argument("--unit", metavar="KEY", help="over which unit and all below it (default: the whole country)")
    renew = add_centre_command(
        commands,
        "renew",
        in_office("people:renew"),
        "print a link to set password and second factor anew",
        "quetsach center people renew van.hanh@centre.example",
        has_json=False,
    )
    renew.add_argument("email", metavar="ADDRESS", help="whose")
    add_centre_command(
        commands,
        "list",
        in_office("people:print_list"),
        "duties that are held today",
        "quetsach center people list --json",
    )
    remove = add_centre_command(
        commands,
        "remove",
        in_office("people:remove"),
        "end somebody's duties, sessions and links in one step",
        "quetsach center people remove lan@haiphong.example",
        has_json=False,
    )
    remove.add_argument("email", metavar="ADDRESS", help="who leaves")
    vouch = add_centre_command(
        commands,
        "vouch",
        in_office("people:vouch"),
        "say that an account belongs to a person of its own, so that it counts in approvals",
        "quetsach center people vouch lan@haiphong.example",
        has_json=False,
    )
    vouch.add_argument("email", metavar="ADDRESS", help="whose account")


def register_audit(parser: Parser) -> None:
    """Add ``audit`` with ``verify`` and ``export``."""
    parser.show_examples("quetsach center audit verify\nquetsach center audit export log.jsonl")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    verify = add_centre_command(
        commands,
        "verify",
        in_office("audit:check_chain"),
        "follow the chain of digests; exit 1 and the first entry that is not as it was written",
        "quetsach center audit verify --data /srv/quetsach\n"
        "quetsach center audit verify --head "
        "412:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )
    verify.add_argument(
        "--head", type=_head, action="append", default=[], metavar="N:DIGEST", help="a head noted elsewhere"
    )
    export = add_centre_command(
        commands,
        "export",
        in_office("audit:export"),
        "write the log as JSON lines, with the digests",
        "quetsach center audit export log.jsonl\nquetsach center audit export | sha256sum",
        has_json=False,
    )
    export.add_argument("file", type=Path, nargs="?", metavar="FILE", help="where to; standard output if left out")


def _head(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not (number.isascii() and number.isdigit() and len(digest) == _DIGEST_LENGTH):
        raise argparse.ArgumentTypeError(
            Text("not a head: {text}; write it as verify printed it", text=repr(text[:80]))
        )
    return int(number), digest.lower()


def register_helpdesk(parser: Parser) -> None:
    """Add ``helpdesk`` with ``purge`` and ``list``."""
    parser.show_examples("quetsach center helpdesk list\nquetsach center helpdesk purge")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "purge",
        in_office("people:purge_cases"),
        "close what nobody writes to any more, erase what was closed 30 days ago; run it every day",
        "quetsach center helpdesk purge --data /srv/quetsach",
    )
    add_centre_command(
        commands,
        "list",
        in_office("people:print_cases"),
        "how many cases are in which state",
        "quetsach center helpdesk list --json",
    )


def register_reports(parser: Parser) -> None:
    """Add ``reports`` with its commands."""
    parser.show_examples(
        "quetsach center reports list\n"
        "quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77\n"
        'quetsach center reports withdraw --day 2026-11-27 --source 9f86d081884c7d65 --reason "invented" --dry-run'
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shown = add_centre_command(
        commands,
        "list",
        in_office("reports:print_list"),
        "how many reports arrived on which day, which days are held back, what was withdrawn; counts anew",
        "quetsach center reports list\nquetsach center reports list --day 2026-11-27",
    )
    shown.add_argument("--day", type=parse_day, metavar="DATE", help="the sources of this day (UTC) that sent most")
    shown.add_argument("--most", type=_count, default=30, metavar="N", help="how many days to show (30)")
    erase = add_centre_command(
        commands,
        "erase",
        in_office("reports:erase"),
        "erase one report for good, as its sender asked; the centre may be running",
        "quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77 --data /srv/quetsach",
    )
    erase.add_argument("report_id", type=UUID, metavar="REPORT_ID", help="code of the report, as the sender gives it")
    _report_decisions(commands)


def _report_decisions(commands: Subcommands) -> None:
    withdraw = add_centre_command(
        commands,
        "withdraw",
        in_office("reports:withdraw"),
        "take reports that cannot be true out of every figure; they are kept, and can be restored",
        "quetsach center reports withdraw --pattern 'hay-tai-*' --reason \"invented families\" --dry-run\n"
        'quetsach center reports withdraw --day 2026-11-27 --source 9f86d081884c7d65 --reason "one sender" --yes',
    )
    withdraw.add_argument("--day", type=parse_day, metavar="DATE", help="day of arrival (UTC)")
    withdraw.add_argument("--source", type=_source, metavar="NAME", help="a source, as list --day names it")
    withdraw.add_argument(
        "--pattern",
        type=_pattern,
        metavar="TEXT",
        help="family, campaign, unit or version of the tool; * stands for anything",
    )
    withdraw.add_argument("--dry-run", action="store_true", help="only say how much it is")
    withdraw.add_argument("--yes", action="store_true", help="agree beforehand; needed where nobody is at the terminal")
    restore = add_centre_command(
        commands,
        "restore",
        in_office("reports:restore"),
        "let withdrawn reports count again",
        'quetsach center reports restore 3 --reason "a school that had one address"',
    )
    restore.add_argument("number", type=int, metavar="NUMBER", help="number of the withdrawal in the list")
    release = add_centre_command(
        commands,
        "release",
        in_office("reports:release"),
        "let days count that stood out and are held back",
        'quetsach center reports release 2026-11-27 2026-11-28 --reason "first days of the campaign"',
    )
    release.add_argument("day", type=parse_day, nargs="+", metavar="DATE", help="a day (UTC), as list shows it")
    for command in (withdraw, restore, release):
        command.add_argument("--reason", default="", metavar="TEXT", help="why; it stands in the office's log")
        command.add_argument("--by", default="", metavar="EMAIL", help="who decides, if they work in the office")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise ValueError(text)
    return number


def _source(text: str) -> str:
    if not _SOURCE.fullmatch(text):
        raise argparse.ArgumentTypeError(Text("not the name of a source; list --day shows them"))
    return text


def _pattern(text: str) -> str:
    if not text.strip("* ") or len(text) > _LONGEST_PATTERN or text.count("*") > _MOST_STARS:
        raise argparse.ArgumentTypeError(Text("write the beginning or end of a word, such as 'hay-tai-*'"))
    return text


def register_publicity(parser: Parser) -> None:
    """Add ``publicity`` with ``kit`` and ``reach``."""
    parser.show_examples("quetsach center publicity kit 31-2025 --campaign viet-nam-2020 --out kits")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    kit = add_centre_command(
        commands,
        "kit",
        in_office("publicity:kit"),
        "make the kit of a unit: posters, leaflet, pictures, banners, texts, announcement, QR codes",
        "quetsach center publicity kit 31-2025 --campaign viet-nam-2020 --out kits",
    )
    kit.add_argument("unit", metavar="UNIT", help="key of the unit, such as 31-2025")
    kit.add_argument("--campaign", metavar="ID", required=True, help="campaign of the office")
    kit.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder that gets the ZIP file")
    reach = add_centre_command(
        commands,
        "reach",
        in_office("publicity:reach"),
        "visits through QR codes by unit and, apart from them, what returns say of other channels",
        "quetsach center publicity reach\n"
        "quetsach center publicity reach 31-2025 --from 2026-11-01 --to 2026-11-30 --json",
    )
    reach.add_argument("unit", metavar="UNIT", nargs="?", help="key of the unit (default: the whole country)")
    reach.add_argument("--from", dest="first", metavar="DAY", help="first day, UTC (default: 30 days back)")
    reach.add_argument("--to", dest="last", metavar="DAY", help="last day, UTC (default: today)")


def register_settings(parser: Parser) -> None:
    """Add ``settings`` and its commands."""
    parser.show_examples(
        "quetsach center settings list --data /srv/quetsach\n"
        "quetsach center settings set publication two-people --data /srv/quetsach\n"
        'quetsach center settings set publication automatic --reason "decision 12 of 1 March" --data /srv/quetsach'
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "list",
        act("settings:print_list"),
        "every setting and what it decides",
        "quetsach center settings list",
    )
    show = add_centre_command(
        commands,
        "show",
        act("settings:print_one"),
        "one setting with its explanation",
        "quetsach center settings show publication",
    )
    show.add_argument("name", metavar="NAME", help="the setting, as `list` names it")
    change = add_centre_command(
        commands,
        "set",
        act("settings:set_value"),
        "change a setting; what takes a guard away needs a reason",
        "quetsach center settings set public-url https://centre.example\nquetsach center settings set https yes",
    )
    change.add_argument("name", metavar="NAME", help="the setting, as `list` names it")
    change.add_argument("value", metavar="VALUE", help="the new value")
    change.add_argument("--reason", default="", metavar="TEXT", help="why; goes into the office's log")
    unset = add_centre_command(
        commands, "unset", act("settings:set_value"), "go back to the default", "quetsach center settings unset contact"
    )
    unset.add_argument("name", metavar="NAME", help="the setting, as `list` names it")
    unset.add_argument("--reason", default="", metavar="TEXT", help="why; goes into the office's log")
    unset.set_defaults(value="")


def register_partners(parser: Parser) -> None:
    """Add ``partners`` with its commands."""
    parser.show_examples(
        "quetsach center partners add bkav --name Bkav\n"
        "quetsach center partners declare bkav method.toml\n"
        "quetsach center partners import bkav 2020-10.csv.gz"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for register_one in (_partners_add, _partners_token, _partners_declare, _partners_import, _partners_reads):
        register_one(commands)


def _partners_add(commands: Subcommands) -> None:
    add = add_centre_command(
        commands, "add", in_office("partners:add"), "add a partner", 'quetsach center partners add bkav --name "Bkav"'
    )
    add.add_argument("partner", metavar="PARTNER", help="its key: lower-case letters, digits, hyphens")
    add.add_argument("--name", required=True, metavar="NAME", help="name as people know it")
    add.add_argument("--contact", default="", metavar="CONTACT", help="whom to ask about the figures")


def _partners_token(commands: Subcommands) -> None:
    token = add_centre_command(
        commands,
        "token",
        in_office("partners:token"),
        "make a token for a partner's program, or revoke one by its label",
        "quetsach center partners token bkav --label server-2\n"
        "quetsach center partners token bkav --label server-2 --revoke",
    )
    token.add_argument("partner", metavar="PARTNER", help="key of the partner")
    token.add_argument("--label", default="API", metavar="LABEL", help="what the token is for (default: API)")
    token.add_argument("--revoke", action="store_true", help="end the tokens of this label at once")


def _partners_declare(commands: Subcommands) -> None:
    declare = add_centre_command(
        commands,
        "declare",
        in_office("partners:declare"),
        "add the next version of how a partner counts",
        "quetsach center partners declare bkav method.toml",
    )
    declare.add_argument("partner", metavar="PARTNER", help="key of the partner")
    declare.add_argument("file", type=Path, metavar="FILE", help="the declaration, TOML")


def _partners_import(commands: Subcommands) -> None:
    take_in = add_centre_command(
        commands,
        "import",
        in_office("partners:take_in"),
        "take in a report: CSV or JSON lines, may be gzip; the same again changes nothing",
        "quetsach center partners import bkav 2020-10.csv.gz",
    )
    take_in.add_argument("partner", metavar="PARTNER", help="key of the partner")
    take_in.add_argument("file", type=Path, metavar="FILE", help="the report")
    add_centre_command(
        commands,
        "work",
        in_office("partners:work"),
        "work off what arrived and was not finished",
        "quetsach center partners work",
    )


def _partners_reads(commands: Subcommands) -> None:
    add_centre_command(
        commands, "list", in_office("partners:print_list"), "the partners", "quetsach center partners list --json"
    )
    sums = add_centre_command(
        commands,
        "totals",
        in_office("partners:totals"),
        "what partners reported, each apart; over all of them bounds only",
        "quetsach center partners totals --from 2020-09-18 --to 2020-10-18",
    )
    sums.add_argument("--from", dest="first", required=True, metavar="DAY", help="first day")
    sums.add_argument("--to", dest="last", required=True, metavar="DAY", help="last day")
