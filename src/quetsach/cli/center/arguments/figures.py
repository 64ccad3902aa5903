"""What the questions of ``center assess`` over windows of sightings take."""

import argparse
from pathlib import Path

from quetsach.cli.center.acts import act
from quetsach.cli.parser import Parser

_METHODS = ("bootstrap", "bonferroni")
CASE_DAYS = 180
"""Over so many days cases are followed, unless the question names others."""


def add_window(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the window, the centre and the forms of output."""
    parser.add_argument("--from", dest="first", metavar="DATE", help=f"first day, UTC {default}")
    parser.add_argument("--to", dest="last", metavar="DATE", help="last day, UTC")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON, with basis and definitions")
    form.add_argument("--csv", action="store_true", help="print CSV, one line a row")


def register_cases(question: Parser) -> None:
    """Add ``cases``."""
    question.show_examples(
        "quetsach center assess cases --by isp --started 2020-10-01\n"
        "quetsach center assess cases --sightings subscribers.csv --subjects subscriber --json"
    )
    add_window(question, f"(default: the {CASE_DAYS} days up to the newest)")
    question.add_argument("--by", choices=("family", "isp"), default="family", help="groups (default: family)")
    question.add_argument(
        "--started", metavar="DATE", help="start of the campaign: cases that were there before count from it"
    )
    question.add_argument(
        "--sightings",
        type=Path,
        metavar="FILE",
        help="not from the lake, but a table with the columns subject,seen_at and any of "
        "family,isp,notified_at,treated,static",
    )
    question.add_argument(
        "--subjects",
        choices=("bot-id", "subscriber", "address"),
        default="bot-id",
        help="what the subjects of --sightings are (default: bot-id)",
    )
    question.add_argument("--seed", type=int, default=2020, metavar="N", help="of the bootstrap (default: 2020)")
    question.set_defaults(run=act("assess.cases:run"))


def register_grades(question: Parser) -> None:
    """Add ``grades``."""
    question.show_examples(
        "quetsach center assess grades --subscribers subscribers.csv\n"
        "quetsach center assess grades --subscribers subscribers.csv --from 2020-12-07 --to 2021-01-03 "
        "--against 2020-06-15..2020-07-12 --json"
    )
    add_window(question, "(default: the four weeks up to the newest)")
    question.add_argument(
        "--subscribers",
        type=Path,
        metavar="FILE",
        help="the regulator's figures: CSV isp,subscribers or isp,quarter,subscribers,source (default: those of the "
        "centre)",
    )
    question.add_argument("--against", metavar="D..D", help="tell each one's change from this earlier window")
    question.add_argument(
        "--seed", type=int, default=2020, metavar="N", help="of the draws of own changes (default: 2020)"
    )
    question.set_defaults(run=act("assess.grades:grade"))


def register_hosts(question: Parser) -> None:
    """Add ``hosts``."""
    question.show_examples(
        "quetsach center assess hosts --from 2020-06-15 --to 2020-07-12\n"
        "quetsach center assess hosts --by isp --family mirai --family necurs\n"
        "quetsach center assess hosts --from 2020-12-07 --to 2021-01-03 --against 2020-06-15..2020-07-12 --json"
    )
    add_window(question, "(default: the 28 days up to the newest)")
    groups = ("family", "isp", "province", "sector")
    question.add_argument("--by", choices=groups, default="family", help="default: family")
    question.add_argument("--family", action="append", metavar="NAME", help="only this family; may be repeated")
    question.add_argument(
        "--rate",
        action="append",
        default=[],
        metavar="NAME=N",
        help="how often a machine with this family checks in during an hour on line, by the malware's analysis",
    )
    question.add_argument(
        "--against", metavar="D..D", help="compare with this earlier window of the same length, on what both have"
    )
    question.add_argument(
        "--subscribers",
        type=Path,
        metavar="FILE",
        help="CSV isp,subscribers or province,subscribers, with quarter and source or without: rates per 1,000, small "
        "units drawn toward what all have (default: by provider those of the centre)",
    )
    question.set_defaults(run=act("assess.hosts:run"))


def register_priority(question: Parser) -> None:
    """Add ``priority``."""
    question.show_examples(
        "quetsach center assess priority\n"
        "quetsach center assess priority --from 2020-06-16 --to 2020-07-15 --criteria ours.toml --json"
    )
    add_window(question, "(default: the 28 days up to the newest)")
    question.add_argument("--criteria", type=Path, metavar="FILE", help="other criteria and weights, as TOML")
    question.add_argument("--seed", type=int, default=2020, metavar="N", help="of the random weights (default: 2020)")
    question.set_defaults(run=act("assess.ranking:choose"))


def register_ranking(parser: Parser) -> None:
    """Add the arguments of one of the rankings, that of the last word of its name."""
    parser.show_examples(f"{parser.prog} --from 2020-06-16 --to 2020-07-15\n{parser.prog} --csv")
    add_window(parser, "(default: the 30 days up to the newest)")
    parser.set_defaults(run=act("assess.ranking:rank"), question=parser.prog.split()[-1])


def register_ranks(question: Parser) -> None:
    """Add ``ranks``."""
    question.show_examples(
        "quetsach center assess ranks --csv providers.csv --first lowest\n"
        "quetsach center assess ranks --csv pisa.csv --json"
    )
    question.add_argument(
        "--csv", type=Path, required=True, metavar="FILE", dest="file", help="table with the columns name,estimate,se"
    )
    question.add_argument(
        "--first", choices=("highest", "lowest"), default="highest", help="which value is rank 1 and the best"
    )
    question.add_argument(
        "--method", choices=_METHODS, default=_METHODS[0], help="of the confidence sets of ranks (default: bootstrap)"
    )
    question.add_argument(
        "--confidence", type=float, default=0.95, metavar="SHARE", help="of the confidence sets (default: 0.95)"
    )
    question.add_argument("--json", action="store_true", help="print JSON")
    question.set_defaults(run=act("assess.grades:rank"))


def register_targets(targets: Parser) -> None:
    """Add the targets."""
    targets.show_examples(
        "quetsach center assess targets --campaign viet-nam-2020\n"
        "quetsach center assess targets --campaign viet-nam-2020 --from 2020-11-01 --to 2020-11-30 --json"
    )
    add_window(targets, "(default: the campaign's own windows)")
    targets.add_argument("--campaign", required=True, metavar="ID", help="identifier of the campaign")
    targets.set_defaults(run=act("assess.targets:targets"))
