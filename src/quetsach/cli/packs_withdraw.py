"""``quetsach packs withdraw`` and ``packs unwithdraw``: take back what does harm, with the next update of everybody."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from quetsach.cli.exit_code import ExitCode
from quetsach.cli.packs_centre import publishing
from quetsach.cli.parser import Parser
from quetsach.cli.signing_keys import add_key_arguments, add_repository_argument, keys_at_hand, tell_publication
from quetsach.core.pack import LocalText
from quetsach.packs.release import unwithdraw, withdraw
from quetsach.packs.rings import parse_name
from quetsach.packs.withdrawal import Withdrawal

if TYPE_CHECKING:
    pass


def register_withdraw(withdraw: Parser) -> None:
    """Add ``withdraw`` and ``unwithdraw`` below ``packs``."""
    withdraw.show_examples(
        "quetsach packs withdraw mirai-gafgyt/cron-entry --out repository --keys keys \\\n"
        '    --reason-vi "Nhận nhầm tác vụ sao lưu." --reason-en "It matched a backup job."\n'
        "quetsach packs withdraw mirai-gafgyt --up-to 2026.11.25 --out repository --keys keys \\\n"
        '    --reason-vi "Bóc gỡ nhầm trên máy chủ." --reason-en "It removed what is honest from servers."'
    )
    withdraw.add_argument("what", type=_label, metavar="FAMILY[/NAME]", help="a pack, or its traits of that id or rule")
    add_repository_argument(withdraw)
    add_key_arguments(withdraw)
    for language, name in (("vi", "Vietnamese"), ("en", "English")):
        withdraw.add_argument(
            f"--reason-{language}", type=_reason, required=True, metavar="TEXT", help=f"one sentence in {name}"
        )
    withdraw.add_argument(
        "--up-to", type=_version, metavar="VERSION", help="last version concerned (default: the newest)"
    )
    withdraw.add_argument("--json", action="store_true", help="print the result as JSON")
    withdraw.set_defaults(run=_withdraw)


def register_unwithdraw(unwithdraw: Parser) -> None:
    """Add the arguments of ``unwithdraw``."""
    unwithdraw.show_examples("quetsach packs unwithdraw mirai-gafgyt/cron-entry --out repository --keys keys")
    unwithdraw.add_argument("what", type=_label, metavar="FAMILY[/NAME]", help="as it was withdrawn")
    add_repository_argument(unwithdraw)
    add_key_arguments(unwithdraw)
    unwithdraw.add_argument("--json", action="store_true", help="print the result as JSON")
    unwithdraw.set_defaults(run=_unwithdraw)


def _label(text: str) -> str:
    family, slash, name = text.partition("/")
    if not family or (slash and not name) or "/" in name or not text.isprintable() or len(text) > 300:
        raise argparse.ArgumentTypeError("FAMILY, or FAMILY/NAME of a trait or a rule")
    return text


def _reason(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 500:
        raise argparse.ArgumentTypeError("one sentence, at most 500 characters")
    return text.strip()


def _version(text: str) -> str:
    if parse_name(f"packs/a-{text}.qsp") is None:
        raise argparse.ArgumentTypeError("a version such as 2026.11.25")
    return text


def _withdraw(arguments: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    family, _, name = arguments.what.partition("/")
    reason = LocalText(vi=arguments.reason_vi, en=arguments.reason_en)
    with publishing(arguments.out, is_urgent=True) as owed:
        publication, entry = withdraw(
            arguments.out,
            keys=keys_at_hand(arguments),
            entry=Withdrawal(family, name, arguments.up_to or "", reason, now.date()),
            now=now,
            objection=owed.objection,
        )
        owed.note("packs-withdraw", entry.label, up_to=entry.up_to, reason=reason.vi)
    if not arguments.json:
        print(f"{entry.label} is withdrawn up to version {entry.up_to}; a newer version is armed again.")
    tell_publication(publication, as_json=arguments.json, also={"withdrawn": entry.label, "up_to": entry.up_to})
    return ExitCode.NOTHING_FOUND


def _unwithdraw(arguments: argparse.Namespace) -> int:
    with publishing(arguments.out) as owed:
        publication = unwithdraw(
            arguments.out,
            keys=keys_at_hand(arguments),
            label=arguments.what,
            now=datetime.now(UTC),
            objection=owed.objection,
        )
        owed.note("packs-unwithdraw", arguments.what)
    if not arguments.json:
        print(f"{arguments.what} is used again.")
    tell_publication(publication, as_json=arguments.json, also={"unwithdrawn": arguments.what})
    return ExitCode.NOTHING_FOUND
