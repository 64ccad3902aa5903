"""``quetsach packs publish`` and ``packs promote``: the signed repository of a centre and its rings."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.exit_code import ExitCode
from quetsach.cli.packs_centre import publishing
from quetsach.cli.parser import Parser
from quetsach.cli.signing_keys import add_key_arguments, add_repository_argument, keys_at_hand, tell_publication
from quetsach.packs.release import promote
from quetsach.packs.repository import publish
from quetsach.packs.rings import Ring

if TYPE_CHECKING:
    pass


def register(publish: Parser) -> None:
    """Add ``publish`` and ``promote`` below ``packs``."""
    publish.show_examples(
        "quetsach packs publish --out repository --keys keys --packs packs\n"
        "quetsach packs publish --out repository --keys keys --packs packs --ring canary\n"
        "quetsach packs publish --out repository --keys keys --tool dist/quetsach-0.1.0-py3-none-any.whl\n"
        "quetsach packs publish --out repository --keys keys   (only renews what expires)"
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
        raise argparse.ArgumentTypeError("a number from 1 to 10000")
    return int(text)


def _publish(arguments: argparse.Namespace) -> int:
    with publishing(arguments.out) as owed:
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
    tell_publication(publication, as_json=arguments.json)
    return ExitCode.NOTHING_FOUND


def _promote(arguments: argparse.Namespace) -> int:
    with publishing(arguments.out) as owed:
        publication, names = promote(
            arguments.out,
            keys=keys_at_hand(arguments),
            families=arguments.family,
            now=datetime.now(UTC),
            objection=owed.objection,
        )
    if not arguments.json:
        print(f"Everybody gets from now on: {', '.join(names)}")
    tell_publication(publication, as_json=arguments.json, also={"promoted": list(names)})
    return ExitCode.NOTHING_FOUND
