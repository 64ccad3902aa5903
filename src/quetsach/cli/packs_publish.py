"""``quetsach packs publish``, ``promote``, ``withdraw`` and ``unwithdraw``, and that two people of a centre agree."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quetsach.cli.center.acts import found
from quetsach.cli.center.entry import enter_data
from quetsach.cli.output import tell
from quetsach.cli.packs_keys import add_key_arguments, add_repository_argument, keys_at_hand, tell_publication
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text
from quetsach.packs.installed import Ring, parse_name
from quetsach.packs.repository import promote, publish, unwithdraw, withdraw
from quetsach.packs.withdrawal import Withdrawal

# What publishing owes the centre that a repository belongs to, where it belongs to one.


@dataclass(slots=True)
class Publishing:
    """One publication of a repository that no centre serves, or one whose database cannot be asked."""

    held: LocalText | None = None
    """Why packs for everybody have to wait; ``None`` if they need not."""

    def objection(self, packs: Mapping[str, bytes]) -> LocalText | None:  # noqa: ARG002  (a centre's two people look at them)
        """Say what packs for everybody wait for; ``None`` if for nothing."""
        return self.held

    def note(self, act: str, label: str, **detail: Any) -> None:
        """Note a withdrawal, or its end, where there is a log."""


@contextmanager
def publishing(out: Path, *, language: str, is_urgent: bool = False) -> Iterator[Publishing]:
    """Open the centre whose repository this is, and note in its log which packs everybody gets afterwards.

    Args:
        out: folder of the repository. A centre serves the one named ``repository`` in its data folder.
        language: of whoever publishes, who is told what had to wait.
        is_urgent: go on without the centre's log if that cannot be opened; packs for everybody then stay as they are.

    Raises:
        QuetsachError: it is a centre's, and the centre cannot be opened.
    """
    data = out.resolve().parent
    if out.resolve().name != "repository" or not (data / "secret.key").exists():
        yield Publishing()
        return
    enter_data(data)
    if is_urgent and (reason := _why_closed(data)):
        told = Text("this does not stand in the centre's log: {reason}", reason=reason)
        tell(told, language, sys.stderr)
        yield Publishing(Text("the centre's database cannot be asked whether two people agreed"))
        return
    with found("opened:opened_data")(data) as now, found("agreement:agreement")(now) as owed:
        yield owed
    if owed.held:
        tell(Text("packs for everybody wait for a second person\nhint: {hint}", hint=owed.held), language, sys.stderr)


def _why_closed(data: Path) -> QuetsachError | None:
    """Say why the centre's database cannot be used; ``None`` if it can."""
    try:
        with found("opened:opened_data")(data):
            found("agreement:ask_database")()
    except QuetsachError as error:
        return error
    return None


# ``quetsach packs publish`` and ``packs promote``: the signed repository of a centre and its rings.


def register(publish: Parser) -> None:
    """Add ``publish`` and ``promote`` below ``packs``."""
    publish.show_examples(
        "quetsach packs publish --out repository --keys keys --packs packs\n"
        "quetsach packs publish --out repository --keys keys --packs packs --ring canary\n"
        "quetsach packs publish --out repository --keys keys --tool dist/quetsach-0.1.0-py3-none-any.whl\n"
        "quetsach packs publish --out repository --keys keys"
    )
    add_repository_argument(publish)
    add_key_arguments(publish)
    publish.add_argument("--packs", type=Path, metavar="DIR", help="shelf to publish (default: keep what is published)")
    publish.add_argument("--ring", choices=("general", "canary"), default="general", help="who gets the packs")
    publish.add_argument(
        "--untried", action="store_true", help="in an emergency: also packs that were not in the canary ring"
    )
    publish.add_argument(
        "--offline",
        action="store_true",
        help="sign without the keys of snapshot and timestamp; the server adds these to what is carried there",
    )
    publish.add_argument(
        "--tool", type=Path, action="append", metavar="WHEEL", help="tool to offer (default: keep what is published)"
    )
    publish.add_argument(
        "--keep", type=_versions, default=10, metavar="N", help="old versions of metadata to keep (default: 10)"
    )
    publish.add_argument("--json", action="store_true", help="print the result as JSON")
    publish.set_defaults(run=_publish)


def register_promote(promote: Parser) -> None:
    """Add the arguments of ``promote``."""
    promote.show_examples(
        "quetsach packs promote --out repository --keys keys\n"
        "quetsach packs promote mirai-gafgyt phorpiex --out repository --keys keys"
    )
    promote.add_argument("family", nargs="*", metavar="FAMILY", help="which packs (default: all of the ring)")
    add_repository_argument(promote)
    add_key_arguments(promote)
    promote.add_argument("--json", action="store_true", help="print the result as JSON")
    promote.set_defaults(run=_promote)


def _versions(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= 10_000:
        raise argparse.ArgumentTypeError(Text("a number from 1 to 10000"))
    return int(text)


def _publish(arguments: argparse.Namespace) -> int:
    with publishing(arguments.out, language=chosen_language(arguments)) as owed:
        publication = publish(
            out=arguments.out,
            keys=keys_at_hand(arguments),
            packs=arguments.packs,
            tools=arguments.tool,
            ring=Ring(arguments.ring),
            untried=arguments.untried,
            online=not arguments.offline,
            keep=arguments.keep,
            now=datetime.now(UTC),
            objection=owed.objection,
        )
    tell_publication(publication, language=chosen_language(arguments), as_json=arguments.json)
    return ExitCode.NOTHING_FOUND


def _promote(arguments: argparse.Namespace) -> int:
    with publishing(arguments.out, language=chosen_language(arguments)) as owed:
        publication, names = promote(
            arguments.out,
            keys=keys_at_hand(arguments),
            families=arguments.family,
            now=datetime.now(UTC),
            objection=owed.objection,
        )
    if not arguments.json:
        tell(Text("Everybody gets from now on: {names}", names=", ".join(names)), chosen_language(arguments))
    tell_publication(
        publication, language=chosen_language(arguments), as_json=arguments.json, also={"promoted": list(names)}
    )
    return ExitCode.NOTHING_FOUND


# ``quetsach packs withdraw`` and ``packs unwithdraw``: take back what does harm, with the next update of everybody.


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
        raise argparse.ArgumentTypeError(Text("FAMILY, or FAMILY/NAME of a trait or a rule"))
    return text


def _reason(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 500:
        raise argparse.ArgumentTypeError(Text("one sentence, at most 500 characters"))
    return text.strip()


def _version(text: str) -> str:
    if parse_name(f"packs/a-{text}.qsp") is None:
        raise argparse.ArgumentTypeError(Text("a version such as 2026.11.25"))
    return text


def _withdraw(arguments: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    family, _, name = arguments.what.partition("/")
    reason = LocalText(vi=arguments.reason_vi, en=arguments.reason_en)
    with publishing(arguments.out, language=chosen_language(arguments), is_urgent=True) as owed:
        publication, entry = withdraw(
            arguments.out,
            keys=keys_at_hand(arguments),
            entry=Withdrawal(family, name, arguments.up_to or "", reason, now.date()),
            now=now,
            objection=owed.objection,
        )
        owed.note("packs-withdraw", entry.label, up_to=entry.up_to, reason=reason.vi)
    if not arguments.json:
        told = Text(
            "{name} is withdrawn up to version {version}; a newer version is armed again.",
            name=entry.label,
            version=entry.up_to,
        )
        tell(told, chosen_language(arguments))
    tell_publication(
        publication,
        language=chosen_language(arguments),
        as_json=arguments.json,
        also={"withdrawn": entry.label, "up_to": entry.up_to},
    )
    return ExitCode.NOTHING_FOUND


def _unwithdraw(arguments: argparse.Namespace) -> int:
    with publishing(arguments.out, language=chosen_language(arguments)) as owed:
        publication = unwithdraw(
            arguments.out,
            keys=keys_at_hand(arguments),
            label=arguments.what,
            now=datetime.now(UTC),
            objection=owed.objection,
        )
        owed.note("packs-unwithdraw", arguments.what)
    if not arguments.json:
        tell(Text("{name} is used again.", name=arguments.what), chosen_language(arguments))
    tell_publication(
        publication, language=chosen_language(arguments), as_json=arguments.json, also={"unwithdrawn": arguments.what}
    )
    return ExitCode.NOTHING_FOUND
